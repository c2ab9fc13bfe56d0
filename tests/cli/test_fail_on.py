"""`serve --fail-on`: what it prints at its end, and its exit code."""

import signal
from typing import Any

import pytest

from tests.support.harness import PATIENCE, PRODLYTICS, V1, refused, serving

pytestmark = pytest.mark.socket


def ended(*arguments: str, requests: list[dict[str, Any]], claimed: str = "") -> tuple[int, str]:
    """The exit code and the summary of a server that was sent these requests."""
    with serving("--log-level", "error", *arguments) as server:
        if claimed:
            server.control("/events", account=claimed)
        for request in requests:
            server.client.request(**request)
        server.process.send_signal(signal.SIGTERM)
        said, _ = server.process.communicate(timeout=PATIENCE)
        return server.process.returncode, said


def good(key: str = "right") -> dict[str, Any]:
    return {"method": "POST", "url": V1.path, "json": V1.body, "headers": V1.headers(key)}


def test_a_right_client_ends_it_with_0() -> None:
    every = "violation,conduct,unclaimed,unfired,advisory"
    another = {**good(), "json": {**V1.body, "title": "Another"}}
    code, said = ended("--fail-on", every, requests=[good(), another], claimed="right")
    assert code == 0
    assert said.startswith("mockserver received 2 requests\nACCOUNT")
    assert said.endswith("\nviolation: 0, conduct: 0, unclaimed: 0, unfired: 0, advisory: 0\n")


@pytest.mark.parametrize("kind", ["violation", "conduct", "unclaimed", "unfired", "advisory"])
def test_each_kind_of_finding_can_fail_alone(kind: str, tmp_path: Any) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("faults: [{status: 503, times: 2, match: {event: {name: never}}}]\n")
    misspelt = {**good(), "json": {**V1.body, "agregation_key": "k"}}
    missing = {"method": "POST", "url": PRODLYTICS.path, "json": {}, "headers": PRODLYTICS.headers("right")}
    refused = {**good(), "headers": {**V1.headers("right"), "Prefer": "code=400"}}
    wrong = {"violation": [missing], "unclaimed": [good("wrong")], "advisory": [misspelt], "conduct": [refused] * 2}
    requests = wrong.get(kind, [good()])
    arguments = ("--scenario", str(script)) if kind == "unfired" else ()
    code, said = ended(*arguments, "--fail-on", kind, requests=requests, claimed="right")
    assert code == 1
    assert f"{kind}: 1" in said.splitlines()[-1]
    assert ("  datadog: /agregation_key unknown field" in said) == (kind == "advisory")
    code, _ = ended(*arguments, requests=requests, claimed="right")
    assert code == 0


def test_the_summary_shows_what_was_wrong_and_no_credential() -> None:
    requests = [
        {"method": "POST", "url": PRODLYTICS.path, "json": {}, "headers": PRODLYTICS.headers("right-0123456789")},
        {"method": "POST", "url": "/api/v2/prodlytic", "json": {}},
    ]
    _, said = ended("--fail-on", "violation", requests=requests)
    assert "/application is missing (rule: required)" in said
    assert "1 request came that no account claims" in said
    assert "endpoint    POST /api/v2/prodlytics (datadog SubmitProductAnalyticsEvent)" in said
    assert "allow_" not in said
    assert "right-0123456789" not in said


def test_an_unknown_finding_is_refused() -> None:
    assert "--fail-on: unknown finding 'violations'; did you mean 'violation'?" in refused(
        "serve", "--fail-on", "unfired,violations"
    )
    assert "MOCKSERVER_FAIL_ON: unknown finding 'x'" in refused("serve", MOCKSERVER_FAIL_ON="x")
