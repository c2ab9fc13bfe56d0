"""Every limit that the pages state holds at its edge: just inside is accepted, just outside is a named violation."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.support.harness import (
    PRODLYTICS,
    SCALAR,
    SUPALYTICS,
    TIMESERIES,
    V1,
    V2,
    Operation,
    Server,
    marks,
)

HOUR = 3600
SLACK = 60
"""Seconds between the edge of a time window and the test's request, so that a slow machine does not decide it."""


@dataclass(frozen=True)
class Limit:
    """One edge of one limit: a body just inside, one just outside, and what is then said where."""

    operation: Operation
    name: str
    inside: Callable[[], Any]
    outside: Callable[[], Any]
    pointer: str
    rule: str
    evidence: str = "documented"


def v1(**fields: Any) -> dict[str, Any]:
    return {**V1.body, **fields}


def v2(**attributes: Any) -> dict[str, Any]:
    """An event of version 2 with further attributes."""
    body = V2.body
    body["data"]["attributes"].update(attributes)
    return body


def alert(**specific: Any) -> dict[str, Any]:
    return v2(attributes={"status": "error", **specific})


def change(**specific: Any) -> dict[str, Any]:
    resource = {"name": "payments", "type": "feature_flag"}
    return v2(category="change", attributes={"changed_resource": resource, **specific})


def resource(name: str, type: str = "feature_flag") -> dict[str, Any]:  # noqa: A002
    return change(changed_resource={"name": name, "type": type})


def link(**fields: str) -> dict[str, Any]:
    return alert(links=[{"category": "runbook", "url": "https://example.com", **fields}])


def query(operation: Operation, **attributes: Any) -> dict[str, Any]:
    body = operation.body
    body["data"]["attributes"].update(attributes)
    return body


def asking(operation: Operation, **parts: Any) -> dict[str, Any]:
    """A query with other parts: compute, group_by, indexes …"""
    body = operation.body
    body["data"]["attributes"]["query"].update(parts)
    return body


def occurrences(operation: Operation, **parts: str) -> dict[str, Any]:
    threshold = {"operator": ">=", "value": "3", **parts}
    return asking(
        operation, query={"data_source": "product_analytics_occurrence", "search": {"occurrences": threshold}}
    )


def segment(operation: Operation, identifier: str) -> dict[str, Any]:
    return asking(operation, audience_filters={"segments": [{"name": "s", "segment_id": identifier}]})


def prodlytics(**fields: Any) -> dict[str, Any]:
    return {**PRODLYTICS.body, **fields}


def anonymous(**identities: Any) -> dict[str, Any]:
    """A server-side event of exactly these identities."""
    body = prodlytics(**identities)
    if "usr" not in identities:
        del body["usr"]
    return body


def nested(levels: int) -> dict[str, Any]:
    """Objects inside each other, `levels` of them in all."""
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"deeper": value}
    return value


def lists(levels: int) -> dict[str, Any]:
    """An object that holds lists inside each other, `levels` containers in all."""
    value: list[Any] = []
    for _ in range(levels - 2):
        value = [value]
    return {"list": value}


def many(count: int) -> dict[str, int]:
    return {f"p{number}": number for number in range(count)}


def ago(hours: float, seconds: float = 0) -> int:
    """POSIX seconds of a time in the past, `seconds` further from now (towards now, where negative)."""
    return int(time.time() - hours * HOUR - seconds)


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def length(operation: Operation, name: str, pointer: str, most: int, make: Callable[[str], Any]) -> Limit:
    """A limit in characters, which are code points and not bytes."""
    return Limit(operation, name, lambda: make("é" * most), lambda: make("é" * (most + 1)), pointer, "maxLength")


def count(operation: Operation, name: str, pointer: str, most: int, make: Callable[[int], Any]) -> Limit:
    return Limit(operation, name, lambda: make(most), lambda: make(most + 1), pointer, "maxItems")


ATTRIBUTES = "/data/attributes"
SPECIFIC = "/data/attributes/attributes"

EVENTS_V1 = [
    length(V1, "text", "/text", 4000, lambda text: v1(text=text)),
    length(V1, "aggregation_key", "/aggregation_key", 100, lambda text: v1(aggregation_key=text)),
    Limit(V1, "priority", lambda: v1(priority="low"), lambda: v1(priority="high"), "/priority", "enum"),
    Limit(V1, "alert_type", lambda: v1(alert_type="snapshot"), lambda: v1(alert_type="fatal"), "/alert_type", "enum"),
    Limit(V1, "title", lambda: v1(title=""), lambda: {"text": "x"}, "/title", "required"),
    Limit(V1, "text present", lambda: v1(text=""), lambda: {"title": "x"}, "/text", "required"),
    Limit(V1, "tags", lambda: v1(tags=["a:b"]), lambda: v1(tags="a:b"), "/tags", "type"),
    Limit(V1, "a tag", lambda: v1(tags=[]), lambda: v1(tags=["a", 3]), "/tags/1", "type"),
    Limit(
        V1,
        "date_happened as text",
        lambda: v1(date_happened=ago(1)),
        lambda: v1(date_happened=str(ago(1))),
        "/date_happened",
        "type",
    ),
    Limit(
        V1,
        "related_event_id",
        lambda: v1(related_event_id=2**63 - 1),
        lambda: v1(related_event_id=2**63),
        "/related_event_id",
        "maximum",
    ),
    Limit(
        V1,
        "18 hours ago",
        lambda: v1(date_happened=ago(18, -SLACK)),
        lambda: v1(date_happened=ago(18, SLACK)),
        "/date_happened",
        "time-window",
    ),
    Limit(
        V1,
        "2 hours ahead",
        lambda: v1(date_happened=ago(-2, SLACK)),
        lambda: v1(date_happened=ago(-2, -SLACK)),
        "/date_happened",
        "time-window",
    ),
]
EVENTS_V2 = [
    length(V2, "title", f"{ATTRIBUTES}/title", 500, lambda text: v2(title=text)),
    length(V2, "message", f"{ATTRIBUTES}/message", 4000, lambda text: v2(message=text)),
    length(V2, "aggregation_key", f"{ATTRIBUTES}/aggregation_key", 100, lambda text: v2(aggregation_key=text)),
    length(V2, "host", f"{ATTRIBUTES}/host", 255, lambda text: v2(host=text)),
    count(V2, "tags", f"{ATTRIBUTES}/tags", 100, lambda number: v2(tags=["a:b"] * number)),
    Limit(
        V2,
        "integration_id",
        lambda: v2(integration_id="custom-events"),
        lambda: v2(integration_id="custom"),
        f"{ATTRIBUTES}/integration_id",
        "enum",
    ),
    Limit(V2, "category", change, lambda: v2(category="incident"), f"{ATTRIBUTES}/category", "enum"),
    Limit(
        V2,
        "category change needs the form of a change",
        change,
        lambda: v2(category="change"),
        f"{SPECIFIC}/changed_resource",
        "required",
    ),
    Limit(
        V2,
        "category alert needs the form of an alert",
        alert,
        lambda: v2(attributes={"changed_resource": {"name": "a", "type": "feature_flag"}}),
        f"{SPECIFIC}/status",
        "required",
    ),
    Limit(
        V2,
        "18 hours ago",
        lambda: v2(timestamp=iso(ago(18, -SLACK))),
        lambda: v2(timestamp=iso(ago(18, SLACK))),
        f"{ATTRIBUTES}/timestamp",
        "time-window",
    ),
    Limit(
        V2,
        "ISO 8601",
        lambda: v2(timestamp=iso(ago(1))),
        lambda: v2(timestamp="an hour ago"),
        f"{ATTRIBUTES}/timestamp",
        "format",
    ),
    length(
        V2, "author", f"{SPECIFIC}/author/name", 128, lambda text: change(author={"name": text, "type": "automation"})
    ),
    Limit(
        V2,
        "author's type",
        lambda: change(author={"name": "a", "type": "api"}),
        lambda: change(author={"name": "a", "type": "robot"}),
        f"{SPECIFIC}/author/type",
        "enum",
    ),
    length(V2, "changed resource", f"{SPECIFIC}/changed_resource/name", 128, resource),
    Limit(
        V2,
        "a character that is no space",
        lambda: resource(" \t. "),
        lambda: resource(" \t\u3000 "),
        f"{SPECIFIC}/changed_resource/name",
        "pattern",
    ),
    Limit(
        V2,
        "changed resource's type",
        lambda: resource("a", "configuration"),
        lambda: resource("a", "service"),
        f"{SPECIFIC}/changed_resource/type",
        "enum",
    ),
    count(
        V2,
        "impacted resources",
        f"{SPECIFIC}/impacted_resources",
        100,
        lambda number: change(impacted_resources=[{"name": "a", "type": "service"}] * number),
    ),
    length(
        V2,
        "impacted resource",
        f"{SPECIFIC}/impacted_resources/0/name",
        128,
        lambda text: change(impacted_resources=[{"name": text, "type": "service"}]),
    ),
    Limit(
        V2,
        "impacted resource's type",
        lambda: change(impacted_resources=[{"name": "a", "type": "service"}]),
        lambda: change(impacted_resources=[{"name": "a", "type": "host"}]),
        f"{SPECIFIC}/impacted_resources/0/type",
        "enum",
    ),
    count(
        V2,
        "links",
        f"{SPECIFIC}/links",
        20,
        lambda number: alert(links=[{"category": "resource", "url": "https://example.com"}] * number),
    ),
    length(V2, "link's title", f"{SPECIFIC}/links/0/title", 300, lambda text: link(title=text)),
    length(V2, "link's url", f"{SPECIFIC}/links/0/url", 2048, lambda text: link(url=text)),
    Limit(
        V2,
        "link's category",
        lambda: link(category="dashboard"),
        lambda: link(category="wiki"),
        f"{SPECIFIC}/links/0/category",
        "enum",
    ),
    Limit(V2, "priority", lambda: alert(priority="5"), lambda: alert(priority="6"), f"{SPECIFIC}/priority", "enum"),
    Limit(V2, "status", lambda: alert(status="warn"), lambda: alert(status="bad"), f"{SPECIFIC}/status", "enum"),
    Limit(
        V2,
        "100 properties",
        lambda: alert(custom=many(100)),
        lambda: alert(custom=many(101)),
        f"{SPECIFIC}/custom",
        "maxProperties",
    ),
    Limit(
        V2,
        "100 properties of an object inside",
        lambda: change(change_metadata={"a": [many(100)]}),
        lambda: change(change_metadata={"a": [many(101)]}),
        f"{SPECIFIC}/change_metadata/a/0",
        "maxProperties",
    ),
    Limit(
        V2,
        "10 levels of objects",
        lambda: alert(custom=nested(10)),
        lambda: alert(custom=nested(11)),
        f"{SPECIFIC}/custom" + "/deeper" * 10,
        "type",
    ),
    Limit(
        V2,
        "10 levels of lists",
        lambda: change(change_metadata=lists(10)),
        lambda: change(change_metadata=lists(11)),
        f"{SPECIFIC}/change_metadata/list" + "/0" * 9,
        "type",
    ),
]
PRODUCT_ANALYTICS = [
    Limit(PRODLYTICS, "type", prodlytics, lambda: prodlytics(type="client"), "/type", "enum"),
    Limit(
        PRODLYTICS,
        "application",
        lambda: prodlytics(application={"id": "a"}),
        lambda: prodlytics(application={}),
        "/application/id",
        "required",
    ),
    Limit(
        PRODLYTICS,
        "application's id",
        lambda: prodlytics(application={"id": "a"}),
        lambda: prodlytics(application={"id": ""}),
        "/application/id",
        "minLength",
        "assumed",
    ),
    Limit(
        PRODLYTICS,
        "event's name",
        lambda: prodlytics(event={"name": "a", "more": [1]}),
        lambda: prodlytics(event={}),
        "/event/name",
        "required",
    ),
    *(
        Limit(
            PRODLYTICS,
            f"one of usr, account and session: {identity}",
            partial(anonymous, **{identity: {"id": "1"}}),
            anonymous,
            "",
            "anyOf",
        )
        for identity in ("usr", "account", "session")
    ),
    *(
        Limit(
            PRODLYTICS,
            f"{identity} with an id",
            partial(anonymous, **{identity: {"id": "1"}}),
            partial(anonymous, **{identity: {"name": "x"}}),
            f"/{identity}/id",
            "required",
        )
        for identity in ("usr", "account", "session")
    ),
    Limit(
        PRODLYTICS,
        "usr's id",
        lambda: anonymous(usr={"id": "1"}),
        lambda: anonymous(usr={"id": ""}),
        "/usr/id",
        "minLength",
        "assumed",
    ),
]
COMPUTE = "/data/attributes/query/compute"


def _queries(operation: Operation) -> list[Limit]:
    """The limits that both analytics queries have."""
    base = {"interval": 3600000} if operation is TIMESERIES else {}

    def compute(**parts: Any) -> dict[str, Any]:
        return asking(operation, compute={"aggregation": "count", **base, **parts})

    def grouped(**parts: Any) -> dict[str, Any]:
        return asking(operation, group_by=[{"facet": "@view.name", **parts}])

    return [
        Limit(
            operation,
            "from before to",
            lambda: query(operation, **{"from": 1, "to": 2}),
            lambda: query(operation, **{"from": 2, "to": 2}),
            "/data/attributes/from",
            "less-than",
        ),
        Limit(
            operation,
            "at most one index",
            lambda: asking(operation, indexes=["a"]),
            lambda: asking(operation, indexes=["a", "b"]),
            "/data/attributes/query/indexes",
            "maxItems",
        ),
        Limit(
            operation,
            "metric unless count",
            lambda: compute(aggregation="avg", metric="@session.time_spent"),
            lambda: compute(aggregation="avg"),
            f"{COMPUTE}/metric",
            "required",
        ),
        Limit(
            operation,
            "aggregation",
            lambda: compute(aggregation="pc95", metric="@a"),
            lambda: compute(aggregation="pc100", metric="@a"),
            f"{COMPUTE}/aggregation",
            "pattern",
            "inferred",
        ),
        Limit(
            operation,
            "groups",
            lambda: grouped(limit=10_000),
            lambda: grouped(limit=10_001),
            "/data/attributes/query/group_by/0/limit",
            "maximum",
            "inferred",
        ),
        Limit(
            operation,
            "order",
            lambda: grouped(sort={"order": "asc"}),
            lambda: grouped(sort={"order": "up"}),
            "/data/attributes/query/group_by/0/sort/order",
            "enum",
        ),
        Limit(
            operation,
            "execution type",
            lambda: query(operation, enforced_execution_type="materialized-view"),
            lambda: query(operation, enforced_execution_type="fast"),
            "/data/attributes/enforced_execution_type",
            "enum",
        ),
        Limit(
            operation,
            "operator",
            lambda: occurrences(operation, operator="<"),
            lambda: occurrences(operation, operator="=="),
            "/data/attributes/query/query/search/occurrences/operator",
            "enum",
        ),
        Limit(
            operation,
            "threshold",
            lambda: occurrences(operation, value="0"),
            lambda: occurrences(operation, value="few"),
            "/data/attributes/query/query/search/occurrences/value",
            "pattern",
        ),
        Limit(
            operation,
            "segment",
            lambda: segment(operation, "6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60"),
            lambda: segment(operation, "6f8f1b1e"),
            "/data/attributes/query/audience_filters/segments/0/segment_id",
            "format",
        ),
        Limit(
            operation,
            "kind of request",
            lambda: operation.body,
            lambda: {"data": {**operation.body["data"], "type": "other"}},
            "/data/type",
            "enum",
        ),
    ]


TIMESERIES_ONLY = [
    Limit(
        TIMESERIES,
        "interval",
        lambda: asking(TIMESERIES, compute={"aggregation": "count", "interval": 1}),
        lambda: asking(TIMESERIES, compute={"aggregation": "count"}),
        f"{COMPUTE}/interval",
        "required",
    ),
    Limit(
        TIMESERIES,
        "least interval",
        lambda: asking(TIMESERIES, compute={"aggregation": "count", "interval": 1}),
        lambda: asking(TIMESERIES, compute={"aggregation": "count", "interval": 0}),
        f"{COMPUTE}/interval",
        "minimum",
        "assumed",
    ),
]
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
            f"name's characters, not {name!r}",
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
    *PRODUCT_ANALYTICS,
    *_queries(SCALAR),
    *_queries(TIMESERIES),
    *TIMESERIES_ONLY,
    *WRITE_EVENT,
]
each_limit = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.operation.id}: {limit.name}")


@each_limit
def test_just_inside_is_accepted(server: Server, key: str, limit: Limit) -> None:
    known = "/__admin/datadog/segments/6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60"
    server.client.put(known, params={"account": key}, json={"users": []})  # an unknown segment is turned down
    response = server.post(limit.operation, key, json=limit.inside())
    assert response.status_code == limit.operation.success, response.text
    assert server.last(limit.operation, key)["violations"] == []


@each_limit
def test_just_outside_is_one_violation_with_its_place_rule_and_evidence(server: Server, key: str, limit: Limit) -> None:
    response = server.post(limit.operation, key, json=limit.outside())
    assert response.status_code == 400, response.text
    violations = server.last(limit.operation, key)["violations"]
    assert marks(violations) == [(limit.pointer, limit.rule)]
    assert violations[0]["evidence"]["kind"] == limit.evidence
    assert violations[0]["evidence"]["source"]
    assert violations[0]["message"]


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
    pytest.param({"priority": None, "tags": None, "host": None, "date_happened": None}, id="nulls"),
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
