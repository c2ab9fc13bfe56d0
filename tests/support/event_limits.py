"""The limits that the pages of Datadog's two event endpoints state, and bodies of such events."""

from __future__ import annotations

from typing import Any

from tests.support.harness import (
    V1,
    V2,
)
from tests.support.limits import SLACK, Limit, ago, count, iso, length, lists, many, nested

ATTRIBUTES = "/data/attributes"
SPECIFIC = "/data/attributes/attributes"


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
