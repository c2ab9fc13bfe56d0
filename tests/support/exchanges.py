"""Builds exchanges for tests of what keeps or reads them, without a server."""

from __future__ import annotations

import json
from typing import Any

from mockserver.model import ACCEPTED, Event, Evidence, Exchange, Request, Verdict, Violation

BROKEN = Violation("/a", "type", "is not a string", Evidence("documented", "a page"))
INVALID = Verdict(violations=(BROKEN,), rejections=(BROKEN,))
WARNED = Verdict(warnings=(BROKEN,))


def exchange(sequence: int, *names: str, **more: Any) -> Exchange:
    """An accepted request whose body lists the names of its events; `more` replaces members of the exchange."""
    body = json.dumps(names).encode()
    members: dict[str, Any] = {
        "sequence": sequence,
        "vendor": "vendor",
        "operation": "Operation",
        "account": "acc",
        "received": 1.0,
        "request": Request("POST", "/", b"", (), body, len(body)),
        "status": 200,
        "response_headers": (),
        "response_body": b"{}",
        "verdict": ACCEPTED,
        "milliseconds": 1.0,
        "stored": True,
        "acknowledged": True,
    }
    return Exchange(**{**members, **more})


def event(**more: Any) -> Event:
    """An accepted event; `more` replaces its members."""
    members: dict[str, Any] = {
        "vendor": "datadog",
        "operation": "o",
        "account": "acc",
        "name": "e",
        "id": None,
        "timestamp": 0.0,
        "identity": None,
        "session": None,
        "attributes": {},
        "outcome": "accepted",
        "reason": None,
        "acknowledged": True,
        "attempt": 1,
        "request_id": "r1",
    }
    return Event(**{**members, **more})
