"""The seven operations as a user would stub them: path, credentials, success, and where a body holds its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One operation: all are POST. `events` is the way to the list of events, `name` the way to an event's name."""

    id: str
    vendor: str
    path: str
    status: int
    body: object
    credentials: tuple[str, ...]
    events: tuple[str, ...] = ()
    name: tuple[str, ...] = ()

    def events_in(self, body: Any) -> list[tuple[str, Any]]:
        """The events of a body with their names; empty where the body is not built like this operation's."""
        if not self.name:
            return []
        listed = _at(body, self.events) if self.events else [body]
        named = [(_at(event, self.name), event) for event in listed] if isinstance(listed, list) else []
        return [(name, event) for name, event in named if isinstance(name, str)]


KEY = "DD-API-KEY"
KEYS = ("DD-API-KEY", "DD-APPLICATION-KEY")
ANALYTICS = "/api/v2/product-analytics/analytics"
OPERATIONS = (
    Operation("CreateEventV1", "datadog", "/api/v1/events", 202, {"status": "ok"}, (KEY,), name=("title",)),
    Operation(
        "CreateEventV2", "datadog", "/api/v2/events", 202, {"data": {}}, (KEY,), name=("data", "attributes", "title")
    ),
    Operation("SubmitProductAnalyticsEvent", "datadog", "/api/v2/prodlytics", 202, {}, (KEY,), name=("event", "name")),
    Operation("QueryProductAnalyticsScalar", "datadog", f"{ANALYTICS}/scalar", 200, {"data": {}}, KEYS),
    Operation("QueryProductAnalyticsTimeseries", "datadog", f"{ANALYTICS}/timeseries", 200, {"data": {}}, KEYS),
    Operation("ServerEvent", "satori", "/v1/server-event", 200, {}, ("Authorization",), ("events",), ("name",)),
    Operation("WriteEvent", "supalytics", "/v1/events", 200, {"success": True}, ("Authorization",), name=("name",)),
)


def is_subset(expected: Any, found: Any) -> bool:
    """Whether objects have at least the expected members; lists match in order and length."""
    if isinstance(expected, Mapping):
        return isinstance(found, dict) and all(
            key in found and is_subset(value, found[key]) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(is_subset, expected, found))
    return bool(expected == found)


def _at(value: Any, way: tuple[str, ...]) -> Any:
    for name in way:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
