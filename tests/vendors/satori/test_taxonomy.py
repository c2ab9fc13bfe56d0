"""Satori throws away what a project's taxonomy does not allow; and its control calls refuse what makes no sense."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fact_finding import call, outcomes
from tests.support.harness import SATORI, Server, run, serving
from tests.support.satori import ACCEPTED, event, send

pytestmark = pytest.mark.socket


TAXONOMY = {
    "events": {
        "purchase": {"metadata": ["plan", "note"], "value": "integer"},
        "login": None,
        "silent": {"value": "none"},
        "rate": {"value": "number"},
    },
    "max_value_length": 8,
    "max_metadata_bytes": 20,
    "uuid_ids": True,
}
JUDGED = [
    (event(name="login"), None),
    (event(name="purchase", value="5", metadata={"plan": "pro"}), None),
    (event(name="purchase"), None),
    (event(name="rate", value="-1.5e3"), None),
    (event(name="login", id="8b4f3c1e-2a53-4c0e-9d3e-5a7a1d7e9b10"), None),
    (event(name="logout"), "INVALID_NAME"),
    (event(name="LOGIN"), "INVALID_NAME"),
    (event(name="purchase", value="five"), "INVALID_VALUE"),
    (event(name="silent", value="x"), "INVALID_VALUE"),
    (event(name="rate", value="1,5"), "INVALID_VALUE"),
    (event(name="purchase", metadata={"colour": "red"}), "INVALID_METADATA"),
    (event(name="login", value="x" * 9), "VALUE_LENGTH_EXCEEDED"),
    (event(name="purchase", metadata={"note": "ü" * 9}), "METADATA_SIZE_EXCEEDED"),
    (event(name="login", id="one"), "INVALID_ID"),
]


def judged() -> Iterator[tuple[str, str | None]]:
    return (("accepted" if reason is None else "dropped", reason) for _, reason in JUDGED)


def test_a_taxonomy_throws_away_with_the_debuggers_reasons(either: Server, key: str) -> None:
    response = call(either, "PUT", "/satori/taxonomy", key, TAXONOMY)
    assert (response.status_code, response.json()) == (200, TAXONOMY)
    send(either, key, *(sent for sent, _ in JUDGED))
    assert outcomes(either, SATORI, key) == list(judged())
    send(either, f"{key}-other", event(name="logout"))
    assert outcomes(either, SATORI, f"{key}-other") == [ACCEPTED]


def test_a_taxonomy_of_names(either: Server, key: str) -> None:
    call(either, "PUT", "/satori/taxonomy", key, {"events": ["login"]})
    send(either, key, event(name="login", value="anything"), event(name="logout"))
    call(either, "PUT", "/satori/taxonomy", key, {})
    send(either, key, event(name="logout"))
    assert [outcome for outcome, _ in outcomes(either, SATORI, key)] == ["accepted", "dropped", "accepted"]


def test_a_settings_file_gives_every_project_a_taxonomy(tmp_path: Path, key: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps({"satori_taxonomy": TAXONOMY}), "utf-8")
    with serving("--config", str(file)) as server:
        send(server, key, *(sent for sent, _ in JUDGED))
        assert outcomes(server, SATORI, key) == list(judged())


BAD_TAXONOMIES = [
    pytest.param({"event": []}, "event", id="an unknown member"),
    pytest.param({"events": "login"}, "events", id="names as text"),
    pytest.param({"events": [1]}, "events", id="a name that is a number"),
    pytest.param({"events": {"a": False}}, "events.a", id="a rule that is none"),
    pytest.param({"events": {"a": {"colour": 1}}}, "events.a", id="an unknown rule"),
    pytest.param({"events": {"a": {"metadata": "plan"}}}, "events.a.metadata", id="keys as text"),
    pytest.param({"events": {"a": {"value": "float"}}}, "events.a.value", id="an unknown kind"),
    pytest.param({"events": {"a": {"value": []}}}, "events.a.value", id="a kind that is a list"),
    pytest.param({"max_value_length": -1}, "max_value_length", id="a negative length"),
    pytest.param({"max_metadata_bytes": True}, "max_metadata_bytes", id="a boolean size"),
    pytest.param({"uuid_ids": "yes"}, "uuid_ids", id="text for a truth"),
]


@pytest.mark.parametrize(("taxonomy", "place"), BAD_TAXONOMIES)
def test_a_bad_taxonomy_is_refused_by_the_control_call(server: Server, key: str, taxonomy: Any, place: str) -> None:
    response = call(server, "PUT", "/satori/taxonomy", key, taxonomy)
    assert response.status_code == 400
    assert re.match(rf"{re.escape(place)}\b", response.json()["detail"])


@pytest.mark.parametrize(("taxonomy", "place"), BAD_TAXONOMIES[::5])
def test_a_bad_taxonomy_stops_the_server_with_exit_code_2(tmp_path: Path, taxonomy: Any, place: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps({"satori_taxonomy": taxonomy}), "utf-8")
    done = run("serve", "--port", "0", "--config", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mockserver: {file}: satori_taxonomy: {place}:")


@pytest.mark.parametrize(
    ("method", "path", "account", "query"),
    [
        ("PUT", "/satori/taxonomy", None, {}),
        ("PUT", "/satori/taxonomy", "k", {"vendor": "datadog"}),
        ("PUT", "/satori/taxonomy", "k", {"acount": "k"}),
        ("GET", "/satori/identities", "k", {"vendor": "supalytics"}),
        ("GET", "/satori/identities", "k", {"vendor": "nobody"}),
        ("GET", "/satori/identities/i", "k", {"name": "x"}),
    ],
)
def test_a_wrong_control_call_is_a_problem(
    server: Server, method: str, path: str, account: str | None, query: dict[str, str]
) -> None:
    response = call(server, method, path, account, {} if method == "PUT" else None, **query)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


def test_a_taxonomy_that_is_too_long_to_show_is_cut(server: Server, key: str) -> None:
    response = call(server, "PUT", "/satori/taxonomy", key, {"events": "x" * 100_000})
    assert response.status_code == 400
    assert len(response.content) < 1000
