"""Requests that no account claims: which they are, and what the server says that was meant."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mockserver.client.messages import not_received
from mockserver.testing import MockServer
from tests.support.harness import PRODLYTICS, SATORI, V1, Server, basic, serving

pytestmark = pytest.mark.socket
KEY = "0123456789abcdef-claimed"


@pytest.fixture(scope="module")
def claimed() -> Iterator[Server]:
    """A server on which somebody claims one Datadog and one Satori account."""
    with serving() as server:
        for vendor in ("datadog", "satori"):
            assert server.client.post(f"/__admin/accounts?account={KEY}&vendor={vendor}").status_code == 201
        yield server


def told(server: Server, method: str, path: str, **options: Any) -> Any:
    """What is told of the one request that is sent, None if somebody claims it."""
    server.client.post("/__admin/reset")
    server.client.request(method, path, **options)
    listed = server.control("/requests", unclaimed="true")["requests"]
    return listed[0]["unclaimed"] if listed else None


def test_a_claimed_account_is_not_listed(claimed: Server) -> None:
    assert told(claimed, "POST", V1.path, json=V1.body, headers=V1.headers(KEY)) is None
    assert told(claimed, "POST", SATORI.path, json=SATORI.body, headers=SATORI.headers(KEY)) is None


def test_a_key_that_nobody_made(claimed: Server) -> None:
    view = told(claimed, "POST", V1.path, json=V1.body, headers=V1.headers(KEY.replace("claimed", "clamied")))
    (account,) = {each["account"] for each in [view]}
    assert account.startswith("0123…")
    assert view["credential"].startswith("0123…")
    assert view["credential"] != account
    assert view["place"] == "header DD-API-KEY"
    assert view["reason"] == f"nobody claims the credential {view['credential']} (header DD-API-KEY)"


def test_the_key_of_another_vendor(claimed: Server) -> None:
    claimed.client.post("/__admin/accounts?account=only-datadogs&vendor=datadog")
    assert told(claimed, "POST", SATORI.path, headers=SATORI.headers("only-datadogs"))["credential"]


def test_no_key(claimed: Server) -> None:
    view = told(claimed, "POST", PRODLYTICS.path, json=PRODLYTICS.body)
    assert (view["credential"], view["place"]) == (None, None)
    assert view["reason"] == "there is no credential; SubmitProductAnalyticsEvent takes it in header DD-API-KEY"
    assert view["endpoint"] == "POST /api/v2/prodlytics (datadog SubmitProductAnalyticsEvent)"
    assert view["expected"] == "header DD-API-KEY"


@pytest.mark.parametrize(
    ("headers", "place"),
    [
        ({"X-Api-Key": KEY}, "header x-api-key"),
        ({"Authorization": f"Bearer {KEY}"}, "header authorization"),
        ({"Authorization": basic("", KEY)}, "header authorization"),
        ({"Cookie": f"key={KEY}"}, "header cookie"),
    ],
    ids=["another header", "bearer", "password", "cookie"],
)
def test_a_key_in_the_wrong_place(claimed: Server, headers: dict[str, str], place: str) -> None:
    view = told(claimed, "POST", V1.path, json=V1.body, headers=headers)
    assert view["place"] == place
    assert view["account"] in view["reason"]
    assert f"stands in {place}" in view["reason"]
    assert KEY not in str(view)


def test_an_unknown_path_without_a_known_key(claimed: Server) -> None:
    view = told(claimed, "POST", "/api/v2/prodlytic", json={})
    assert view["reason"].startswith("no documented endpoint at this path; the nearest is POST /api/v2/prodlytics")
    assert view["endpoint"] == "POST /api/v2/prodlytics (datadog SubmitProductAnalyticsEvent)"


def test_an_unknown_path_with_a_claimed_key_is_in_its_account(claimed: Server) -> None:
    for path, headers in (("/api/v2/prodlytic", PRODLYTICS.headers(KEY)), ("/nowhere", SATORI.headers(KEY))):
        assert told(claimed, "POST", path, headers=headers) is None
        (request,) = claimed.control("/requests", account=KEY)["requests"]
        assert (request["path"], request["verdict"], request["operation"]) == (path, "invalid", None)


def test_without_claims_any_key_is_as_good_as_another() -> None:
    with serving() as server:
        assert told(server, "POST", V1.path, json=V1.body, headers=V1.headers("anything")) is None
        assert told(server, "POST", V1.path, json=V1.body)["credential"] is None
        assert told(server, "GET", "/favicon.ico")["endpoint"] is None
        assert "unclaimed" not in server.control("/requests")["requests"][0]


def test_the_log_marks_what_nobody_claims() -> None:
    with serving("--log-level", "warning") as server:
        server.post(V1, "somebody")
        assert server.log == ""
        server.client.post(V1.path, json={})
        server.control("/events", account="somebody")
        server.post(V1, "somebody else")
        first, *more = server.log.splitlines()
        assert first.endswith(" unclaimed")
        assert not more  # to read an account does not make those of others suspect
        server.client.post("/__admin/accounts?account=somebody")
        server.post(V1, "nobody")
        assert [line.endswith(" unclaimed") for line in server.log.splitlines()] == [True, True]


def test_accepted_keys_are_claimed(tmp_path: Any) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("accepted_keys: {datadog: [good]}\n")
    with serving("--config", str(settings)) as server:
        assert told(server, "POST", V1.path, json=V1.body, headers=V1.headers("good")) is None
        assert told(server, "POST", V1.path, json=V1.body, headers=V1.headers("gold"))["place"] == "header DD-API-KEY"


def test_a_failed_verification_tells_what_came_instead() -> None:
    with serving() as server:
        server.client.post("/api/v2/prodlytic", json={}, headers=PRODLYTICS.headers(KEY))
        server.client.post("/api/v2/prodlytics", json={})
        refused = server.client.post("/__admin/verify", params={"account": KEY}, json={"name": "paid"})
        report = refused.json()
        assert refused.status_code == 409
        assert [each["path"] for each in report["requests"]] == ["/api/v2/prodlytic"]
        assert [each["path"] for each in report["unclaimed"]] == ["/api/v2/prodlytics"]
        said = not_received("paid", "accepted", None, 0, report)
    assert "1 request came:\n  POST /api/v2/prodlytic (request r1, answered 404): path: no documented endpoint" in said
    assert "requests that no account claims:\n  POST /api/v2/prodlytics (request r2): there is no credential" in said


def test_many_unclaimed_requests_and_claims_are_listed_page_by_page() -> None:
    with MockServer(log_level="error") as server:
        for number in range(300):
            server.account("datadog", f"claimed-{number:04}")
        with httpx2.Client(base_url=server.url, trust_env=False) as client:
            for number in range(450):
                headers = {"X-Key": f"nobody-{number}", "DD-API-KEY": f"clamied-{number}"}
                client.post("/api/v2/prodlytic", headers=headers)
        started = time.process_time()
        pages, query = [], {"unclaimed": "true"}
        while True:
            page = server.control.call("GET", "/requests", query).body
            pages.append([request["id"] for request in page["requests"]])
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert [len(page) for page in pages] == [200, 200, 50]
        assert len({each for page in pages for each in page}) == 450
        assert time.process_time() - started < 3 * 1.5  # less than a second for each page
