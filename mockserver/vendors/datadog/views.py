"""Datadog's alerts as its dashboard would show them, and the calls that steer Product Analytics queries."""

import uuid
from pathlib import Path
from typing import Any

from mockserver.analytics import QueryError
from mockserver.analytics.audience import Segment
from mockserver.analytics.search_syntax import parse_search
from mockserver.model import Event, Json
from mockserver.vendors.datadog.product_analytics import ProductAnalytics, product_analytics_of
from mockserver.vendors.views import View, ViewCall, ViewError, Views

MAX_SEGMENTS = 1_000


def alerts(call: ViewCall) -> Json:
    """The alert events (v2), those with one aggregation key as one alert, with its latest status."""
    found: dict[tuple[str, str | None, str | None], list[Event]] = {}
    for event in call.events():
        attributes = event.attributes["data"]["attributes"] if event.operation == "CreateEventV2" else {}
        if attributes.get("category") == "alert":
            key = attributes.get("aggregation_key")
            found.setdefault((event.account, key, None if key else event.id), []).append(event)
    return {"alerts": [_alert(events) for events in found.values()]}


def segments(call: ViewCall) -> Json:
    return {"segments": {name: _shown(segment) for name, segment in _segments(call).items()}}


def segment(call: ViewCall) -> Json:
    name = _segment_id(call)
    found = _segments(call).get(name)
    if found is None:
        raise ViewError(f"there is no segment {name}", status=404)
    return _shown(found)


def put_segment(call: ViewCall) -> Json:
    """Defines a segment: the users by id, or those that a search over users finds, or those in both."""
    users, query = call.body.get("users"), call.body.get("query")
    try:
        parse_search(query or "", "/query")
    except QueryError as error:
        raise ViewError(f"query: {error.message}", ((error.pointer, error.message),)) from None
    name, kept = _segment_id(call), product_analytics_of(call.account()).segments
    if name not in kept and len(kept) >= MAX_SEGMENTS:
        raise ViewError(f"an account has at most {MAX_SEGMENTS} segments")
    kept[name] = Segment(None if users is None else frozenset(users), query)
    return _shown(kept[name])


def delete_segment(call: ViewCall) -> Json:
    return {"deleted": _segments(call).pop(_segment_id(call), None) is not None}


def queries(call: ViewCall) -> Json:
    """What new queries do, how many events they count, and how many had to give way."""
    account = call.existing_account()
    analytics = product_analytics_of(account) if account else ProductAnalytics()
    return {**_scripted(analytics), "events": len(analytics), "evicted": analytics.evicted}


def put_queries(call: ViewCall) -> Json:
    """From now on new queries answer `running` so many times before they are done, or `timeout`."""
    analytics = product_analytics_of(call.account())
    analytics.running, analytics.timeout = call.body["running"], call.body["timeout"]
    return _scripted(analytics)


def _scripted(analytics: ProductAnalytics) -> dict[str, Json]:
    return {"running": analytics.running, "timeout": analytics.timeout}


def _segments(call: ViewCall) -> dict[str, Segment]:
    """The segments of an account that may never have been used."""
    account = call.existing_account()
    return product_analytics_of(account).segments if account else {}


def _segment_id(call: ViewCall) -> str:
    """The segment's id in the path, in lower case. Raises ViewError for one that is no UUID as requests write it."""
    text = call.path_values["id"]
    try:
        known = str(uuid.UUID(text))
    except ValueError:
        known = ""
    if known != text.lower():
        raise ViewError(f"expected the UUID of a segment, found {text[:40]!r}")
    return known


def _shown(segment: Segment) -> dict[str, object]:
    return {"users": None if segment.users is None else sorted(segment.users), "query": segment.query}


def _alert(events: list[Event]) -> dict[str, Any]:
    latest = events[-1].attributes["data"]["attributes"]
    return {
        "aggregation_key": latest.get("aggregation_key"),
        "title": latest["title"],
        "status": latest["attributes"]["status"],
        "priority": latest["attributes"].get("priority", "5"),
        "events": [event.id for event in events],
    }


VIEWS = Views(
    (
        View("GET", "/alerts", alerts),
        View("GET", "/queries", queries),
        View("PUT", "/queries", put_queries),
        View("GET", "/segments", segments),
        View("GET", "/segments/{id}", segment),
        View("PUT", "/segments/{id}", put_segment),
        View("DELETE", "/segments/{id}", delete_segment),
    ),
    Path(__file__).with_name("control.yaml"),
)
