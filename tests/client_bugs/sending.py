"""What the clients share: right bodies, and one call that sends."""

from __future__ import annotations

import datetime as dt
from typing import Any

import requests

PRODLYTICS = "/api/v2/prodlytics"
EVENTS_V1 = "/api/v1/events"
EVENTS_V2 = "/api/v2/events"
SERVER_EVENT = "/v1/server-event"
WRITE_EVENT = "/v1/events"
SCALAR = "/api/v2/product-analytics/analytics/scalar"
TIMESERIES = "/api/v2/product-analytics/analytics/timeseries"


def paid(**more: Any) -> dict[str, Any]:
    """An event for Datadog's Product Analytics."""
    base = {"type": "server", "application": {"id": "shop"}, "event": {"name": "paid"}, "usr": {"id": "u1"}}
    return {**base, **more}


def deployed(**more: Any) -> dict[str, Any]:
    """An event for Datadog's first endpoint."""
    return {"title": "Deployed", "text": "Version 7 runs", **more}


def alert(**more: Any) -> dict[str, Any]:
    """An event for Datadog's second endpoint."""
    attributes = {"category": "alert", "title": "Disk full", "attributes": {"status": "error"}, **more}
    return {"data": {"type": "event", "attributes": attributes}}


def query(compute: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A query of Datadog's Product Analytics."""
    asked = {"compute": compute, "query": {"data_source": "product_analytics", "search": {"query": "@type:view"}}}
    attributes = {"from": 1771232048460, "to": 1771836848262, "query": asked, **more}
    return {"data": {"type": "formula_analytics_extended_request", "attributes": attributes}}


def level_up(**more: Any) -> dict[str, Any]:
    """An event for Satori."""
    return {"name": "levelUp", "timestamp": "2025-07-15T12:00:00Z", **more}


def batch(*events: dict[str, Any]) -> dict[str, Any]:
    """A request's body for Satori."""
    return {"events": list(events or [level_up()])}


def signup(**more: Any) -> dict[str, Any]:
    """An event for Supalytics."""
    return {"name": "signup", "visitor_id": "v1", **more}


def ago(**span: float) -> dt.datetime:
    """The time so long ago, in UTC."""
    return dt.datetime.now(dt.UTC) - dt.timedelta(**span)


def post(url: str, body: Any, headers: dict[str, str], **more: Any) -> int:
    """Sends a body as JSON, as most clients do, and looks at nothing but the status."""
    return requests.post(url, json=body, headers=headers, timeout=10, **more).status_code


def post_raw(url: str, body: bytes | str, headers: dict[str, str], content_type: str = "application/json") -> int:
    """Sends the bytes of a body."""
    content = {"Content-Type": content_type}
    return requests.post(url, data=body, headers={**headers, **content}, timeout=10).status_code
