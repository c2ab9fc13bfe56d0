"""Events: what clients wanted recorded, one by one, whatever envelope they came in; derived from kept exchanges."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, NamedTuple

import orjson

from mockserver.errors import Failure
from mockserver.model import Event, EventOutcome, EventPart, Exchange, Json
from mockserver.support.jsontext import canonical
from mockserver.validation.decoding import decompressed, parse_json

Splitter = Callable[[Exchange, Json, Json], list[EventPart]]
"""Takes an exchange of a vendor apart: (exchange, JSON body of the request, of the vendor's response) → its events."""

ACCEPTED = EventOutcome("accepted")
OUTCOMES = ("accepted", "rejected", "duplicate", "dropped")
KEPT_BYTES = 64 * 1024 * 1024
"""Events that were read already, of all accounts together."""
OBJECTS_PER_BYTE = 8
"""What a byte of JSON takes in memory once it is parsed, near enough for a bound."""
EVENT_BYTES = 1024
"""What an event takes besides its JSON."""


class Presentation(NamedTuple):
    """One event as one exchange holds it, its attempt not counted yet. `key` is the same for the same event: its own
    id or else its canonical body."""

    event: Event
    key: str


class SentEvents(NamedTuple):
    """The JSON of a request's body, None where it has none, and the events in it, each with its key."""

    body: Json = None
    events: tuple[tuple[str, EventPart], ...] = ()


class EventReader:
    """Takes exchanges apart. `max_bytes` bounds a decompressed body.

    The events of the newest exchanges that were read are kept, `kept_bytes` of them at most, near enough: who asks
    again parses nothing twice. They are only a copy of what the exchanges hold; what is not kept is read again.
    """

    def __init__(self, splitters: Mapping[str, Splitter], max_bytes: int, kept_bytes: int = KEPT_BYTES) -> None:
        self._splitters = splitters
        self._max_bytes = max_bytes
        self._room = kept_bytes
        self._kept: dict[int, tuple[tuple[Presentation, ...], int]] = {}
        self._oldest: list[int] = []

    def read(self, exchange: Exchange) -> tuple[Presentation, ...]:
        """The events of one exchange, each as its first attempt."""
        kept = self._kept.get(exchange.sequence)
        if kept is not None:
            return kept[0]
        data = _data(exchange, self._max_bytes)
        found = tuple(self._taken_apart(exchange, data)) if data is not None else ()
        self._keep(exchange.sequence, found, OBJECTS_PER_BYTE * len(data or b"") + EVENT_BYTES * (len(found) + 1))
        return found

    def sent(self, exchange: Exchange) -> SentEvents:
        """What a client sent, for who looks at it once: it is not kept. The body is the caller's own to change."""
        data = _data(exchange, self._max_bytes)
        split = self._split(exchange, data) if data is not None else None
        return (
            SentEvents()
            if split is None
            else SentEvents(split[0], tuple((_key(exchange, part), part) for part in split[1]))
        )

    def events(self, exchanges: Iterable[Exchange]) -> Iterator[Event]:
        """The events of one account's exchanges, oldest first. `attempt` counts the presentations of an event."""
        attempts: dict[str, int] = {}
        for exchange in exchanges:
            for event, key in self.read(exchange):
                attempts[key] = attempt = attempts.get(key, 0) + 1
                yield event if attempt == 1 else event._replace(attempt=attempt)

    def _taken_apart(self, exchange: Exchange, data: bytes) -> Iterator[Presentation]:
        _, parts = self._split(exchange, data) or (None, ())
        for number, part in enumerate(parts):
            yield Presentation(_event(exchange, part, event_outcome(exchange, number)), _key(exchange, part))

    def _split(self, exchange: Exchange, data: bytes) -> tuple[Json, list[EventPart]] | None:
        """A body and its events; None where it is no JSON."""
        try:
            body = parse_json(data) if data else None
        except Failure:
            return None
        if data and body is None:
            return None
        response = _json(exchange.accepted_body or exchange.response_body) if exchange.stored else None
        return body, self._splitters[str(exchange.vendor)](exchange, body, response)

    def _keep(self, sequence: int, found: tuple[Presentation, ...], size: int) -> None:
        """Keeps what was read, and lets the oldest go where there is no room: they leave the journals first too, and
        one pass over more than there is room for still finds the newest."""
        self._kept[sequence] = (found, size)
        heappush(self._oldest, sequence)
        self._room -= size
        while self._room < 0:
            _, freed = self._kept.pop(heappop(self._oldest))
            self._room += freed


def _event(exchange: Exchange, part: EventPart, outcome: EventOutcome) -> Event:
    return Event(
        vendor=str(exchange.vendor),
        operation=str(exchange.operation),
        account=exchange.account,
        name=part.name,
        id=part.dedup_id or part.assigned_id,
        timestamp=part.timestamp if part.timestamp is not None else exchange.received,
        identity=part.identity,
        session=part.session or outcome.session,
        attributes=part.attributes,
        outcome=outcome.outcome,
        reason=outcome.reason,
        acknowledged=exchange.acknowledged,
        attempt=1,
        request_id=exchange.id,
    )


def event_outcome(exchange: Exchange, number: int) -> EventOutcome:
    """What became of an event: the vendor's word where it took the request, else rejection."""
    if not exchange.stored:
        return EventOutcome("rejected", _reason(exchange))
    return exchange.event_outcomes[number] if number < len(exchange.event_outcomes) else ACCEPTED


def _reason(exchange: Exchange) -> str:
    """Why a request was turned down, in a few words."""
    fault = exchange.fault
    if fault is not None and fault.rejects:
        return f"scripted fault {fault.id}: {exchange.status or fault.wire}"
    if exchange.status is None:
        return "the client left"
    violations = exchange.verdict.violations
    if violations and exchange.status in (400, 413, 415, 422):
        first = violations[0]
        return f"{exchange.status}: {first.place} {first.message}"
    return str(exchange.status)


def _key(exchange: Exchange, part: EventPart) -> str:
    if part.dedup_id:
        return f"{exchange.vendor}/id/{part.dedup_id}"
    digest = hashlib.blake2b(canonical(part.attributes), digest_size=16).hexdigest()
    return f"{exchange.operation}/{digest}"


def _data(exchange: Exchange, max_bytes: int) -> bytes | None:
    """The body of a request that can hold events, its content codings undone."""
    if exchange.vendor is None or exchange.operation is None or exchange.request.truncated:
        return None
    try:
        return decompressed(exchange.request, max_bytes)
    except Failure:
        return None


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
