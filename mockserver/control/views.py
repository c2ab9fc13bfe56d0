"""Builds the views of exchanges and events from the kept originals, with credentials masked."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from mockserver.conduct.facts import body_digest, wire_bytes
from mockserver.control.sources import ContractFiles
from mockserver.errors import Failure
from mockserver.model import Event, EventPart, Evidence, Exchange, Headers, Json, Timing, Violation
from mockserver.support.redaction import Redaction
from mockserver.support.timestamps import iso
from mockserver.validation.decoding import decompressed, parse_json
from mockserver.validation.fixes import Fixes, fixes
from mockserver.vendors.registry import vendor_named

if TYPE_CHECKING:
    from mockserver.client.views import (
        BodyView,
        EventView,
        MonotonicView,
        RequestView,
        SentRequestView,
        SentResponseView,
        ViolationView,
        WholeRequestView,
    )


def summary(exchange: Exchange, redaction: Redaction, contracts: ContractFiles) -> RequestView:
    """An exchange as a listing shows it: everything but headers and bodies."""
    verdict, of_response, fault = exchange.verdict, exchange.response_violations, exchange.fault
    of_violations, of_warnings = fixes(verdict)
    timing = exchange.timing
    view: RequestView = {
        "id": exchange.id,
        "vendor": exchange.vendor,
        "operation": exchange.operation,
        "account": exchange.account,
        "received": iso(exchange.received),
        "time": exchange.received,
        "wall_time": exchange.wall_time,
        "connection": exchange.request.connection,
        "method": exchange.request.method,
        "path": redaction.of_address(exchange.request.path, exchange.account),
        "query": redaction.of_query(exchange.request.query, exchange.account),
        "status": exchange.status,
        "verdict": "valid" if verdict.valid else "invalid",
        "violations": _violation_views(verdict.violations, of_violations, exchange, redaction, contracts),
        "warnings": _violation_views(verdict.warnings, of_warnings, exchange, redaction, contracts),
        "response_violations": _violation_views(of_response, [None] * len(of_response), exchange, redaction, contracts),
        "stored": exchange.stored,
        "acknowledged": exchange.acknowledged,
        "fault": fault and redaction.of_json({"id": fault.id, **fault.source}, exchange.account),
        "bytes": exchange.request.body_size,
        "milliseconds": round(exchange.milliseconds, 3),
        "started_at": timing.started_at,
        "request_ended_at": timing.ended_at,
        "answered_at": timing.answered_at,
        "finished_at": timing.finished_at,
        "lost_at": timing.lost_at,
        "monotonic": _monotonic(timing),
        "position": timing.position,
        "connection_closed": timing.closed,
        "wire_bytes": wire_bytes(exchange),
        "fault_stage": fault and fault.stage,
    }
    if verdict.not_judged:
        view["not_judged"] = list(verdict.not_judged)
    return view


def _monotonic(timing: Timing) -> MonotonicView:
    return {
        "started": timing.started,
        "request_ended": timing.ended,
        "answered": timing.answered,
        "finished": timing.finished,
        "lost": timing.lost,
    }


def whole(
    exchange: Exchange,
    events: Sequence[tuple[str, EventPart]],
    max_bytes: int,
    redaction: Redaction,
    contracts: ContractFiles,
) -> WholeRequestView:
    """One exchange with its headers, raw bodies and, if it is JSON, the value of the request's body. `events` are those
    in it with their keys, `max_bytes` bounds the decompressed body."""
    sent, account = exchange.request, exchange.account
    body = redaction.of_body(sent.body, account)
    request: SentRequestView = {
        "headers": _pairs(sent.headers, account, redaction),
        **_body(body),
        "truncated": sent.truncated,
        "json": json_of(exchange, max_bytes, redaction, masked=body is not sent.body),
    }
    response: SentResponseView = {
        "status": exchange.status,
        "headers": _pairs(exchange.response_headers, account, redaction),
        **_body(redaction.of_body(exchange.response_body, account)),
        "truncated": exchange.response_truncated,
    }
    error = None if exchange.error is None else redaction.of_text(exchange.error, account)
    return {
        **summary(exchange, redaction, contracts),
        "body_digest": body_digest(exchange).hex(),
        "event_keys": redaction.of_json([key for key, _ in events], account),
        "dedup_ids": redaction.of_json([part.dedup_id for _, part in events], account),
        "request": request,
        "response": response,
        "error": error,
    }


def event_view(event: Event) -> EventView:
    """An event with its timestamp as the vendor's text, or ISO 8601."""
    view = event._asdict()
    if isinstance(event.timestamp, float):
        view["timestamp"] = iso(event.timestamp)
    return cast("EventView", view)


def _violation_views(
    violations: tuple[Violation, ...],
    their_fixes: Fixes,
    exchange: Exchange,
    redaction: Redaction,
    contracts: ContractFiles,
) -> list[ViolationView]:
    if not violations:
        return []
    vendor = exchange.vendor or ""
    views = [
        _violation_view(violation, fix, _evidence(violation.evidence, vendor, contracts))
        for violation, fix in zip(violations, their_fixes, strict=True)
    ]
    return cast("list[ViolationView]", redaction.of_json(views, exchange.account))


def _evidence(evidence: Evidence, vendor: str, contracts: ContractFiles) -> dict[str, str]:
    """Where a rule comes from, with the URL of the page, or else the place in the contract's files."""
    view = evidence._asdict()
    page = vendor_named(vendor).page(evidence)
    place = None if page is not None else contracts.place(vendor, evidence)
    return view | ({} if page is None else {"url": page}) | ({} if place is None else {"file": place})


def _violation_view(violation: Violation, fix: str | None, evidence: dict[str, str]) -> ViolationView:
    view = {**violation._asdict(), "evidence": evidence, "fix": fix, "remedy": fix}
    del view["limit"]
    return cast("ViolationView", {name: value for name, value in view.items() if value is not None})


def json_of(exchange: Exchange, max_bytes: int, redaction: Redaction, *, masked: bool = False) -> Json:
    """The value of a request's body, None if it is not JSON. `masked` says that credentials are in the body as sent."""
    sent = exchange.request
    try:
        content = decompressed(sent, max_bytes)
        value = parse_json(content)
    except Failure:
        return None
    as_written = content is sent.body and b"\\" not in content
    return value if as_written and not masked else redaction.of_json(value, exchange.account)


def _pairs(headers: Headers, account: str, redaction: Redaction) -> list[list[str]]:
    return [[name, value] for name, value in redaction.of_headers(headers, account)]


def _body(raw: bytes) -> BodyView:
    """A body as text if it is UTF-8, else as base64."""
    try:
        return {"body": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(raw).decode("ascii")}
