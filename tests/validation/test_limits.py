"""Every limit that the pages state holds at its edge: just inside is accepted, just outside is a named violation."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.analytics_limits import ANALYTICS, asking
from tests.support.event_limits import EVENTS_V1, EVENTS_V2, v1
from tests.support.harness import (
    SCALAR,
    SUPALYTICS,
    V1,
    Server,
    marks,
)
from tests.support.ids import plain
from tests.support.limits import Limit, length, many

WRITE_EVENT = [
    Limit(
        SUPALYTICS,
        "name's length",
        lambda: {"name": "a" * 64},
        lambda: {"name": "a" * 65},
        "/name",
        "maxLength",
    ),
    Limit(SUPALYTICS, "name's least length", lambda: {"name": "a"}, lambda: {"name": ""}, "/name", "pattern"),
    *(
        Limit(
            SUPALYTICS,
            f"name's characters, not {plain(name)}",
            lambda: {"name": "az_09-"},
            partial(dict, name=name),
            "/name",
            "pattern",
        )
        for name in ("Aa", "a b", "a.b", "é", "a/b", "٣")
    ),
    Limit(
        SUPALYTICS,
        "10 keys of metadata",
        lambda: {"name": "a", "metadata": many(10)},
        lambda: {"name": "a", "metadata": many(11)},
        "/metadata",
        "maxProperties",
    ),
    length(SUPALYTICS, "a value's length", "/metadata/k", 255, lambda text: {"name": "a", "metadata": {"k": text}}),
    Limit(
        SUPALYTICS,
        "a value's type",
        lambda: {"name": "a", "metadata": {"k": 1.5}},
        lambda: {"name": "a", "metadata": {"k": {}}},
        "/metadata/k",
        "type",
        "assumed",
    ),
]

LIMITS = [
    *EVENTS_V1,
    *EVENTS_V2,
    *ANALYTICS,
    *WRITE_EVENT,
]
each_limit = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.operation.id}: {limit.name}")


@each_limit
def test_just_inside_is_accepted(server: Server, key: str, limit: Limit) -> None:
    response = server.post(limit.operation, key, json=limit.inside())
    assert response.status_code == limit.operation.success, response.text
    assert server.last(limit.operation, key)["violations"] == []


@each_limit
def test_just_outside_is_one_violation_with_its_place_rule_and_evidence(server: Server, key: str, limit: Limit) -> None:
    """By the pages, what is only inferred or assumed is a warning, and the request is accepted."""
    documented = limit.evidence == "documented"
    response = server.post(limit.operation, key, json=limit.outside())
    assert response.status_code == (400 if documented else limit.operation.success), response.text
    exchange = server.last(limit.operation, key)
    findings = exchange["violations" if documented else "warnings"]
    assert marks(findings) == [(limit.pointer, limit.rule)]
    assert documented or exchange["violations"] == []
    assert findings[0]["evidence"]["kind"] == limit.evidence
    assert findings[0]["evidence"]["source"]
    assert findings[0]["message"]


@pytest.mark.parametrize("name", ["a\n", "\na"])
def test_a_line_feed_is_no_character_of_a_name(server: Server, key: str, name: str) -> None:
    assert server.post(SUPALYTICS, key, json={"name": name}).status_code == 400
    assert {pointer for pointer, _ in marks(server.last(SUPALYTICS, key)["violations"])} == {"/name"}


def test_a_scalar_query_ignores_the_interval(server: Server, key: str) -> None:
    assert server.post(SCALAR, key, json=asking(SCALAR, compute={"aggregation": "count"})).status_code == 200
    assert (
        server.post(SCALAR, key, json=asking(SCALAR, compute={"aggregation": "count", "interval": 5})).status_code
        == 200
    )


def test_a_title_of_any_length_is_accepted_by_events_v1(server: Server, key: str) -> None:
    """The page's own example has a title of more than 100 characters."""
    assert server.post(V1, key, json=v1(title="x" * 10_000)).status_code == 202
