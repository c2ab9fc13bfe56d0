"""Sends batches of events to Satori as its clients do, and reads what they are answered."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.support.fact_finding import HOUR, events
from tests.support.harness import SATORI, Server

WHEN = "2026-01-01T12:00:00Z"
ACCEPTED = ("accepted", None)


def event(**fields: Any) -> dict[str, Any]:
    return {"name": "levelCompleted", "timestamp": WHEN, **fields}


def post(server: Server, key: str, *sent: dict[str, Any]) -> httpx2.Response:
    return server.post(SATORI, key, json={"events": list(sent)})


def send(server: Server, key: str, *sent: dict[str, Any]) -> None:
    """Send a batch that must be answered as success."""
    response = post(server, key, *sent)
    assert (response.status_code, response.text) == (200, "{}")


def message(response: httpx2.Response, status: int, code: int) -> str:
    """The message of an error, which has no more than its code besides."""
    body = response.json()
    assert (response.status_code, body) == (status, {"code": code, "message": body["message"]})
    return str(body["message"])


def refused(server: Server, key: str, **fields: Any) -> str:
    """What a batch is refused with."""
    return message(post(server, key, event(**fields)), 400, 3)


def at(seconds: float, **fields: Any) -> dict[str, Any]:
    """An event of the identity `i`, so many seconds after noon."""
    hours, rest = divmod(int(seconds), HOUR)
    minutes, rest = divmod(rest, 60)
    return event(timestamp=f"2026-01-01T{12 + hours:02}:{minutes:02}:{rest:02}Z", identity_id="i", **fields)


def sessions(server: Server, key: str) -> list[str | None]:
    return [one["session"] for one in events(server, SATORI, key)]
