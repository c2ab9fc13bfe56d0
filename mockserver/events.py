"""Events: what clients wanted recorded, one by one, whatever envelope they came in; derived from kept exchanges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from mockserver.decoding import decompressed, parse_json
from mockserver.errors import Failure
from mockserver.jsontext import canonical
from mockserver.model import Event, EventPart, Exchange, Fate, Json

Splitter = Callable[[str, Json, Json], list[EventPart]]
"""A vendor's way to take a body apart: (operation id, body, body of the answer) → its events."""

ACCEPTED = Fate("accepted")
OUTCOMES = ("accepted", "rejected", "duplicate", "dropped")


class EventReader:
    """Takes one account's exchanges apart, oldest first. `max_bytes` bounds a decompressed body.

    `attempt` counts the presentations of the same event, by its own id or else by its canonical body.
    """

    def __init__(self, splitters: Mapping[str, Splitter], max_bytes: int) -> None:
        self._splitters = splitters
        self._max_bytes = max_bytes
        self._presentations: dict[str, int] = {}

    def read(self, exchange: Exchange) -> Iterator[Event]:
        """The events of the next exchange."""
        if exchange.vendor is None or exchange.operation is None:
            return
        body = _body(exchange, self._max_bytes)
        if body is None:
            return
        answer = _json(exchange.response_body) if exchange.stored else None
        for number, part in enumerate(self._splitters[exchange.vendor](exchange.operation, body, answer)):
            yield _event(exchange, part, _fate(exchange, number), self._attempt(exchange, part))

    def _attempt(self, exchange: Exchange, part: EventPart) -> int:
        key = _key(exchange, part)
        self._presentations[key] = attempt = self._presentations.get(key, 0) + 1
        return attempt


def _event(exchange: Exchange, part: EventPart, fate: Fate, attempt: int) -> Event:
    return Event(
        vendor=str(exchange.vendor),
        operation=str(exchange.operation),
        account=exchange.account,
        name=part.name,
        id=part.dedup_id or part.assigned_id,
        timestamp=part.timestamp if part.timestamp is not None else exchange.received,
        identity=part.identity,
        session=part.session or fate.session,
        attributes=part.attributes,
        outcome=fate.outcome,
        reason=fate.reason,
        acknowledged=exchange.acknowledged,
        attempt=attempt,
        request_id=exchange.id,
    )


def _fate(exchange: Exchange, number: int) -> Fate:
    """What became of an event: the vendor's word where it took the request, else rejection."""
    if not exchange.stored:
        return Fate("rejected", _reason(exchange))
    return exchange.fates[number] if number < len(exchange.fates) else ACCEPTED


def _reason(exchange: Exchange) -> str:
    """Why a request was turned down, in a few words."""
    fault = exchange.fault
    if fault is not None and _turns_down(fault):
        return f"scripted fault {fault['id']}: {exchange.status or _wire(fault)}"
    if exchange.status is None:
        return "the client left"
    violations = exchange.verdict.violations
    if violations and exchange.status in (400, 413, 415, 422):
        first = violations[0]
        return f"{exchange.status}: {first.pointer or first.parameter or 'the body'} {first.message}"
    return str(exchange.status)


def _turns_down(fault: Mapping[str, Json]) -> bool:
    """Whether a fault keeps what is sent from being stored, rather than only holding it up or losing its answer."""
    return fault.get("stage", "before") == "before" and ("status" in fault or _wire(fault) in _LOSES)


def _wire(fault: Mapping[str, Json]) -> str | None:
    wire = fault.get("wire")
    return next(iter(wire), None) if isinstance(wire, dict) else wire


_LOSES = frozenset({"reset", "empty", "truncate", "garbage", "malformed", "hang"})
"""Wire faults after which the client has no answer that it could read."""


def _key(exchange: Exchange, part: EventPart) -> str:
    if part.dedup_id:
        return f"{exchange.vendor}/id/{part.dedup_id}"
    digest = hashlib.blake2b(canonical(part.attributes), digest_size=16).hexdigest()
    return f"{exchange.operation}/{digest}"


def _body(exchange: Exchange, max_bytes: int) -> Json:
    if exchange.request.truncated:
        return None
    try:
        return parse_json(decompressed(exchange.request, max_bytes))
    except Failure:
        return None


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
