"""Events: what clients wanted recorded, one by one, whatever envelope they came in; derived from kept exchanges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mockserver.decoding import decompressed, parse_json
from mockserver.errors import Failure
from mockserver.jsontext import canonical
from mockserver.model import Event, EventPart, Exchange, Json

Splitter = Callable[[str, Json, Json], list[EventPart]]
"""A vendor's way to take a body apart: (operation id, body, body of the answer) → its events."""

OUTCOMES = ("accepted", "rejected", "duplicate", "dropped")


@dataclass(slots=True)
class _Seen:
    """What an account's earlier events say about a later one."""

    presentations: dict[str, int]
    accepted_ids: set[str]


def events_of(exchanges: Iterable[Exchange], splitters: Mapping[str, Splitter], max_bytes: int) -> Iterator[Event]:
    """The events of one account's exchanges, oldest first. `max_bytes` bounds a decompressed body.

    `attempt` counts the presentations of the same event, by its own id or else by its canonical body. A second event
    with the id of an accepted one is a `duplicate`.
    """
    seen = _Seen({}, set())
    for exchange in exchanges:
        if exchange.vendor is None or exchange.operation is None:
            continue
        body = _body(exchange, max_bytes)
        if body is None:
            continue
        answer = _json(exchange.response_body) if exchange.stored else None
        for part in splitters[exchange.vendor](exchange.operation, body, answer):
            yield _event(exchange, part, seen)


def _event(exchange: Exchange, part: EventPart, seen: _Seen) -> Event:
    key = _key(exchange, part)
    seen.presentations[key] = attempt = seen.presentations.get(key, 0) + 1
    outcome, reason = _outcome(exchange, part, seen)
    if outcome == "accepted" and part.dedup_id:
        seen.accepted_ids.add(part.dedup_id)
    return Event(
        vendor=str(exchange.vendor),
        operation=str(exchange.operation),
        account=exchange.account,
        name=part.name,
        id=part.dedup_id or part.assigned_id,
        timestamp=part.timestamp if part.timestamp is not None else exchange.received,
        identity=part.identity,
        session=part.session,
        attributes=part.attributes,
        outcome=outcome,
        reason=reason,
        acknowledged=exchange.acknowledged,
        attempt=attempt,
        request_id=exchange.id,
    )


def _outcome(exchange: Exchange, part: EventPart, seen: _Seen) -> tuple[str, str | None]:
    if not exchange.stored:
        return "rejected", _reason(exchange)
    if part.dropped is not None:
        return "dropped", part.dropped
    if part.dedup_id and part.dedup_id in seen.accepted_ids:
        return "duplicate", "an event with this id was accepted before"
    return "accepted", None


def _reason(exchange: Exchange) -> str:
    """Why a request was turned down, in a few words."""
    if exchange.fault is not None:
        return f"scripted fault {exchange.fault['id']}"
    if exchange.status is None:
        return "the client left"
    violations = exchange.verdict.violations
    if violations and exchange.status in (400, 413, 415, 422):
        first = violations[0]
        return f"{exchange.status}: {first.pointer or first.parameter or 'the body'} {first.message}"
    return str(exchange.status)


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
