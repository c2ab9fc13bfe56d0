"""Reads an exchange as an attempt: what the rules of conduct need of it, and nothing that only its body would tell."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import NamedTuple

from mockserver.conduct.content import stripped
from mockserver.conduct.records import Attempt, Told
from mockserver.contracts.resending import retry_of, volatile_of, wait_header_of
from mockserver.faults.kinds import WIRE_FAULTS
from mockserver.model import EventPart, Exchange, Headers, Json
from mockserver.operations import Operation
from mockserver.support.jsontext import canonical
from mockserver.support.timestamps import seconds_of

IDEMPOTENCY_HEADERS = (b"idempotency-key", b"x-idempotency-key")
"""Headers by which a client says that requests are one. `X-Request-Id` is none: many clients make it anew for each
attempt, or keep it for all that belongs to one request of their own."""
SLOWING = ("dribble", "slow_request")
"""Wire faults that only take time."""
MIN_SECRET = 8
"""Characters from which on a credential is sought where it does not belong: shorter ones stand there by chance."""
MAX_WAIT = 1e9
"""Seconds beyond which nobody is told to wait: such a number is something else."""


class Contents(NamedTuple):
    """What a request holds, as an event reader finds it: its JSON body, and its events with their keys."""

    body: Json
    events: tuple[tuple[str, EventPart], ...]


class FactReader:
    """Reads the exchanges of the `operations`. `sent` takes a request apart; `outcome` says what the vendor made of the
    event of a number, counted from 0."""

    def __init__(
        self,
        operations: Iterable[Operation],
        sent: Callable[[Exchange], tuple[Json, tuple[tuple[str, EventPart], ...]]],
        outcome: Callable[[Exchange, int], str],
    ) -> None:
        self._operations = {(operation.vendor, operation.id): operation for operation in operations}
        self._own_headers: dict[str, set[bytes]] = {}
        for operation in self._operations.values():
            own = self._own_headers.setdefault(operation.vendor, set())
            taken = (*operation.credentials, *filter(None, (operation.application_key,)))
            own.update(each.header for each in taken if each.location == "header")
        self._sent = sent
        self._outcome = outcome

    def attempt(self, exchange: Exchange, credential: str) -> Attempt | None:
        """The attempt that an exchange of an account with a credential is; None where it is to no operation."""
        operation = self._operations.get((exchange.vendor or "", exchange.operation or ""))
        if operation is None:
            return None
        timing, request, fault = exchange.timing, exchange.request, exchange.fault
        whole = _is_whole(exchange)
        succeeded = whole and exchange.status is not None and exchange.status < 400
        retry, evidence = retry_of(operation.extensions, exchange.status if whole else None)
        contents = Contents(*self._sent(exchange))
        keys = tuple(key for key, _ in contents.events)
        outcomes = [self._outcome(exchange, number) for number in range(len(keys))] if exchange.event_outcomes else []
        return Attempt(
            request_id=exchange.id,
            sequence=exchange.sequence,
            vendor=operation.vendor,
            operation=operation.id,
            account=exchange.account,
            method=request.method,
            path=request.path,
            started_at=timing.started_at,
            started_elapsed=timing.started,
            request_ended_at=timing.started_at if timing.ended_at is None else timing.ended_at,
            answered_at=timing.answered_at,
            answered_elapsed=timing.answered,
            finished_at=timing.finished_at,
            lost_at=timing.lost_at,
            lost_elapsed=timing.lost,
            connection=request.connection,
            position=timing.position,
            connection_closed=timing.closed,
            body_bytes=request.body_size,
            body_whole=timing.ended is not None or not request.truncated,
            wire_bytes=wire_bytes(exchange),
            status=exchange.status,
            retry="may" if succeeded else retry,
            retry_evidence=evidence,
            told=told(exchange, operation),
            fault=fault.id if fault else None,
            fault_stage=fault.stage if fault else None,
            wire=fault.wire if fault else None,
            stored=exchange.stored,
            acknowledged=exchange.acknowledged,
            received_whole=whole,
            body_digest=body_digest(exchange),
            content_digest=content_digest(exchange, contents, operation),
            idempotency_key=_idempotency_key(request.headers),
            event_keys=keys,
            dedup_ids=tuple(part.dedup_id for _, part in contents.events),
            event_times=tuple(part.timestamp for _, part in contents.events),
            duplicate_events=tuple(key for key, each in zip(keys, outcomes, strict=False) if each == "duplicate"),
            valid=exchange.verdict.valid,
            secrets_in=secrets_in(exchange, operation, credential, self._own_headers[operation.vendor]),
            credential=exchange.account,
            slowed=fault is not None and (fault.delay > 0 or fault.wire in SLOWING),
            dropped_events=tuple(key for key, each in zip(keys, outcomes, strict=False) if each == "dropped"),
            event_names=tuple(part.name for _, part in contents.events),
        )


def _is_whole(exchange: Exchange) -> bool:
    """Whether the client got all of a response."""
    fault, timing = exchange.fault, exchange.timing
    spoilt = fault is not None and fault.wire is not None and not WIRE_FAULTS[fault.wire].delivers
    return exchange.status is not None and timing.finished is not None and timing.lost is None and not spoilt


def wire_bytes(exchange: Exchange) -> int:
    """The bytes of a request as HTTP/1.1 writes it, without what frames the chunks of a body."""
    request = exchange.request
    line = len(request.method) + len(request.path.encode("utf-8", "surrogatepass")) + len("  HTTP/1.1\r\n\r\n")
    query = len(request.query) + 1 if request.query else 0
    return line + query + sum(len(name) + len(value) + 4 for name, value in request.headers) + request.body_size


def body_digest(exchange: Exchange) -> bytes:
    """The digest of a body as it was sent."""
    return blake2b(exchange.request.body, digest_size=16).digest()


def content_digest(exchange: Exchange, contents: Contents, operation: Operation) -> bytes:
    """The digest of what a request says, without its ids and times. The body of `contents` is changed."""
    request = exchange.request
    if contents.body is None:
        said = b" ".join((request.method.encode(), request.path.encode("utf-8", "surrogatepass"), request.query))
        return blake2b(said + b"\n" + request.body, digest_size=16).digest()
    return blake2b(canonical(stripped(contents.body, volatile_of(operation.extensions))), digest_size=16).digest()


def told(exchange: Exchange, operation: Operation) -> Told | None:
    """How long a response told the client to wait: by Retry-After, else by the vendor's own header."""
    at = exchange.timing.answered_at
    if exchange.status is None or exchange.status < 400 or at is None or _is_our_own(exchange):
        return None
    headers = {name.lower(): value.decode("latin-1").strip() for name, value in reversed(exchange.response_headers)}
    stated = headers.get(b"retry-after")
    if stated is not None:
        seconds = _number(stated)
        if seconds is not None:
            return Told(seconds, "Retry-After")
        try:
            return Told(max(0.0, seconds_of(parsedate_to_datetime(stated)) - at), "Retry-After", date=True)
        except ValueError:
            return None
    own = wait_header_of(operation.extensions) if exchange.status in (429, 503) else None
    number = _number(headers.get(own.name.encode("latin-1"), "")) if own is not None else None
    if own is None or number is None:
        return None
    is_time = own.unit == "time"
    return Told(max(0.0, number - at) if is_time else min(number, MAX_WAIT), _titled(own.name), date=is_time)


def _is_our_own(exchange: Exchange) -> bool:
    """Whether nobody scripted how long to wait: then the one second in a 503 is ours, and not what a test is about."""
    fault = exchange.fault
    scripted = fault is not None and fault.status == exchange.status != 429
    return scripted and fault is not None and fault.source.get("retry_after") is None


def _titled(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _number(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _idempotency_key(headers: Headers) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name in IDEMPOTENCY_HEADERS), None)


def secrets_in(
    exchange: Exchange, operation: Operation, credential: str, own_headers: Container[bytes]
) -> tuple[str, ...]:
    """Where the credential of an account stands besides the vendor's `own_headers` for credentials and a query that the
    operation takes it in: `body`, `path`, `query`, or the names of headers."""
    if len(credential) < MIN_SECRET:
        return ()
    secret, request = credential.encode("utf-8", "surrogatepass"), exchange.request
    parts: Mapping[str, bytes] = {
        "body": request.body,
        "path": request.path.encode("utf-8", "surrogatepass"),
        "query": b"" if any(each.location == "query" for each in operation.credentials) else request.query,
    }
    found = [place for place, text in parts.items() if secret in text]
    found += [name.decode("latin-1") for name, value in request.headers if secret in value and name not in own_headers]
    return tuple(found)
