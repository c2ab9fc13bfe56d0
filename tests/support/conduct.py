"""Builds the exchanges of a client that sends events and sends them again, for tests of what is made of its conduct."""

from __future__ import annotations

import json
from typing import Any

from mockserver.conduct.chains import ChainFolder
from mockserver.conduct.facts import FactReader
from mockserver.conduct.records import Chain
from mockserver.conduct.store import ConductStore
from mockserver.events.reader import EventReader, event_outcome
from mockserver.model import Exchange, FiredFault, Request, Timing
from mockserver.vendors.contracts import load_contracts
from mockserver.vendors.splitting import splitters
from tests.support.exchanges import exchange

CATALOGUE = load_contracts(None, (), "documented")
EVENTS = EventReader(splitters(CATALOGUE), 1 << 20)
FACTS = FactReader(CATALOGUE.operations, EVENTS.sent, lambda *event: event_outcome(*event).outcome)
KEY = "mock-key-1234567890"
RESET = FiredFault("f1", "before", None, "reset", 0.0, True, {"wire": "reset"})


def sent(
    sequence: int,
    body: Any,
    status: int | None = 200,
    *,
    at: float | None = None,
    took: float = 0.01,
    headers: dict[str, str] | None = None,
    told: dict[str, str] | None = None,
    **more: Any,
) -> Exchange:
    """A request to Satori that began `at` seconds (its number by default) and took some, with the vendor's response;
    with `status` None its connection is reset."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    began = float(sequence) if at is None else at
    over, stored = began + took, status is not None and status < 400
    ended: Any = {"answered": over, "answered_at": over, "finished": over, "finished_at": over}
    timing = Timing(
        began, began, began, began, **(ended if status else {"lost": over, "lost_at": over, "closed": True})
    )
    pairs = tuple((name.lower().encode(), value.encode()) for name, value in (headers or {}).items())
    members: dict[str, Any] = {
        "vendor": "satori",
        "operation": "ServerEvent",
        "request": Request("POST", "/v1/server-event", b"", pairs, raw, len(raw), connection=1),
        "status": status,
        "received": over,
        "response_headers": tuple((name.encode(), value.encode()) for name, value in (told or {}).items()),
        "stored": stored,
        "acknowledged": stored,
        "fault": None if status else RESET,
        "timing": timing,
    }
    return exchange(sequence, **{**members, **more})


def batch(*identifiers: str, time: int = 0, **more: Any) -> dict[str, Any]:
    """A batch of Satori events with these ids; one that begins with `-` has none, but that as its name."""
    stamp = f"2025-07-15T12:00:{time:02}Z"
    return {
        "events": [
            {"name": each, "timestamp": stamp, **more}
            if each.startswith("-")
            else {"name": "levelUp", "id": each, "timestamp": stamp, **more}
            for each in identifiers
        ]
    }


def store() -> ConductStore:
    """What keeps the conduct of an account."""
    return ConductStore(lambda each: FACTS.attempt(each, KEY))


def folded(*exchanges: Exchange, gone: int = 0) -> ChainFolder:
    """Exchanges, of which the first so many have left the journal."""
    kept = store()
    for each in exchanges[:gone]:
        kept.keep(each)
    return kept.folded_with(exchanges[gone:])


def chains_of(*exchanges: Exchange) -> list[list[int]]:
    """The numbers of the attempts of each chain."""
    return numbers(folded(*exchanges).chains())


def numbers(chains: tuple[Chain, ...]) -> list[list[int]]:
    return [[attempt.sequence for attempt in chain.attempts] for chain in chains]
