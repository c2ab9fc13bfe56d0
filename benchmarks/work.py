"""The requests that every server receives: documented examples, invalid bodies, and batches of Satori events."""

from __future__ import annotations

import base64
import functools
import itertools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

KEY = "benchmark"
DATADOG_HEADERS = {"Content-Type": "application/json", "DD-API-KEY": KEY}
SATORI_HEADERS = {
    "Content-Type": "application/json",
    "Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode("ascii"),
}
SUPALYTICS_HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer sly_{KEY}"}
EVENTS_IN_BATCH = 1000
NUMBER = "########"
"""A placeholder in a body; each request replaces it by its own number, as 8 hexadecimal digits."""


@dataclass(frozen=True)
class Work:
    """Requests that differ only in their bodies, which take turns, and the status that each must get."""

    name: str
    path: str
    headers: dict[str, str]
    bodies: tuple[bytes, ...]
    status: int

    @functools.cached_property
    def numbered(self) -> bool:
        return any(NUMBER.encode() in body for body in self.bodies)

    def body(self, number: int) -> bytes:
        """The body of the request with this number."""
        body = self.bodies[number % len(self.bodies)]
        return body.replace(NUMBER.encode(), b"%08x" % number) if self.numbered else body

    def raw(self, number: int, host: str = "127.0.0.1", more: str = "") -> bytes:
        """The bytes of the request with this number; `more` are further header lines."""
        body = self.body(number)
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {len(body)}\r\n{more}\r\n"
        return head.encode("latin-1") + body

    def of_account(self, key: str) -> Work:
        """The same work with another Datadog credential."""
        return Work(self.name, self.path, {**self.headers, "DD-API-KEY": key}, self.bodies, self.status)


@functools.cache
def examples(vendor: str, operation: str) -> list[Any]:
    """The documented example requests of an operation."""
    folder = files("mockserver").joinpath("fixtures", vendor, operation)
    found = sorted((file for file in folder.iterdir() if file.name.startswith("request.")), key=lambda file: file.name)
    return [json.loads(file.read_text("utf-8")) for file in found]


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def analytics_event() -> dict[str, Any]:
    """The documented Product Analytics event that has a user, a session and an account."""
    found: dict[str, Any] = max(examples("datadog", "SubmitProductAnalyticsEvent"), key=len)
    return found


@functools.cache
def valid() -> Work:
    """One documented Product Analytics event."""
    return Work("valid", "/api/v2/prodlytics", DATADOG_HEADERS, (dump(analytics_event()),), 202)


@functools.cache
def invalid() -> Work:
    """Bodies with mistakes that clients make; each gets a documented 400."""
    event = analytics_event()
    broken = (
        {name: value for name, value in event.items() if name != "event"},
        {name: value for name, value in event.items() if name != "application"},
        {**event, "type": "client"},
        {**event, "event": {"name": 7}},
        {**event, "usr": {"id": 12345}, "session": "session-abcdef"},
        {**event, "application": {}},
    )
    return Work("invalid", "/api/v2/prodlytics", DATADOG_HEADERS, tuple(map(dump, broken)), 400)


@functools.cache
def batch(size: int = EVENTS_IN_BATCH) -> Work:
    """A batch of documented Satori events, each with a unique id."""
    documented = {event["name"]: event for body in examples("satori", "ServerEvent") for event in body["events"]}
    taken = itertools.islice(itertools.cycle(documented.values()), size)
    events = [{**event, "id": f"{NUMBER}-0000-4000-8000-{index:012x}"} for index, event in enumerate(taken)]
    return Work("batch", "/v1/server-event", SATORI_HEADERS, (dump({"events": events}),), 200)


@functools.cache
def subscription() -> Work:
    """The documented Supalytics event."""
    bodies = tuple(map(dump, examples("supalytics", "WriteEvent")))
    return Work("subscription", "/v1/events", SUPALYTICS_HEADERS, bodies, 200)


@functools.cache
def large(size: int) -> Work:
    """A valid Product Analytics event of about this many bytes, in values of 1,000 characters."""
    event = {**analytics_event(), "customer": {"notes": ["x" * 1000] * ((size - 1000) // 1003)}}
    return Work("large", "/api/v2/prodlytics", DATADOG_HEADERS, (dump(event),), 202)
