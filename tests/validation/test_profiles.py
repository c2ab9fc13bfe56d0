"""Where the live service is stricter or more lenient than the pages, each profile judges as its source does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.event_limits import ATTRIBUTES, SPECIFIC, alert, link, v1, v2
from tests.support.harness import (
    V1,
    V2,
    Server,
)
from tests.support.limits import ago

STRICTER = [
    pytest.param(lambda: v2(colour="red"), f"{ATTRIBUTES}/colour", id="an unknown attribute"),
    pytest.param(lambda: alert(colour="red"), f"{SPECIFIC}/colour", id="an unknown attribute of an alert"),
    pytest.param(lambda: link(colour="red"), f"{SPECIFIC}/links/0/colour", id="an unknown field of a link"),
    pytest.param(lambda: v2(title=""), f"{ATTRIBUTES}/title", id="an empty title"),
    pytest.param(lambda: v2(tags=[]), f"{ATTRIBUTES}/tags", id="no tags"),
    pytest.param(lambda: v2(tags=["x" * 201]), f"{ATTRIBUTES}/tags/0", id="a long tag"),
    pytest.param(lambda: alert(links=[]), f"{SPECIFIC}/links", id="no links"),
]


@pytest.mark.parametrize(("make", "pointer"), STRICTER)
def test_what_only_the_live_service_refuses_is_a_warning_by_the_pages(
    server: Server, key: str, make: Callable[[], Any], pointer: str
) -> None:
    assert server.post(V2, key, json=make()).status_code == 202
    exchange = server.last(V2, key)
    assert exchange["verdict"] == "valid"
    assert [warning["pointer"] for warning in exchange["warnings"]] == [pointer]
    assert exchange["warnings"][0]["evidence"]["kind"] == "inferred"


@pytest.mark.parametrize(("make", "pointer"), STRICTER)
def test_what_the_live_service_refuses_is_refused_when_observed(
    observed: Server, key: str, make: Callable[[], Any], pointer: str
) -> None:
    response = observed.post(V2, key, json=make())
    assert response.status_code == 400
    path = "$" + pointer.replace("/links/0", "/links[0]").replace("/tags/0", "/tags[0]").replace("/", ".")
    (error,) = response.json()["errors"]
    assert error.keys() == {"status", "title", "detail"}
    assert f" {path}:" in error["detail"]


LENIENT = [
    pytest.param({"alert_type": "fatal", "priority": "urgent"}, id="values that are not listed"),
    pytest.param({"tags": "a:b"}, id="tags that are no list"),
    pytest.param({"date_happened": "now"}, id="a date with a fraction"),
]


@pytest.mark.parametrize("fields", LENIENT)
def test_the_live_service_is_lenient_with_events_v1(
    server: Server, observed: Server, key: str, fields: dict[str, Any]
) -> None:
    sent = {name: time.time() if value == "now" else value for name, value in fields.items()}
    assert observed.post(V1, key, json=v1(**sent)).status_code == 202
    assert server.post(V1, key, json=v1(**sent)).status_code == 400
    assert observed.last(V1, key)["verdict"] == "invalid"


def test_an_accepted_event_v1_has_the_recorded_keys_and_headers_when_observed(observed: Server, key: str) -> None:
    response = observed.post(V1, key)
    assert list(response.json()) == ["status", "event"]
    assert list(response.json()["event"]) == [
        *("id", "id_str", "title", "text", "date_happened", "handle"),
        *("priority", "related_event_id", "tags", "url"),
    ]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["strict-transport-security"] == "max-age=15724800;"
    assert response.headers["x-frame-options"] == "SAMEORIGIN"


def test_an_old_event_v1_is_refused_in_the_recorded_words(observed: Server, key: str) -> None:
    response = observed.post(V1, key, json=v1(date_happened=ago(19)))
    assert response.status_code == 400
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.json() == {"errors": ["Event too far in the past"]}
