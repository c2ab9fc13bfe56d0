"""Builds the views of exchanges and events from the kept originals, with credentials masked."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, cast

from mockserver.errors import Failure
from mockserver.model import Event, Exchange, Headers, Violation
from mockserver.support.redaction import Redaction
from mockserver.support.timestamps import iso
from mockserver.validation.decoding import decompressed, parse_json
from mockserver.validation.fixes import fixes

if TYPE_CHECKING:
    from mockserver.client.views import (
        BodyView,
        EventView,
        RequestView,
        SentRequestView,
        SentResponseView,
        ViolationView,
        WholeRequestView,
    )


def summary(exchange: Exchange, redaction: Redaction) -> RequestView:
    """An exchange as a listing shows it: everything but headers and bodies."""
    verdict = exchange.verdict
    of_violations, of_warnings = fixes(verdict)
    return {
        "id": exchange.id,
        "vendor": exchange.vendor,
        "operation": exchange.operation,
        "account": exchange.account,
        "received": iso(exchange.received),
        "method": exchange.request.method,
        "path": exchange.request.path,
        "query": redaction.of_query(exchange.request.query),
        "status": exchange.status,
        "verdict": "valid" if verdict.valid else "invalid",
        "violations": [violation_view(*each) for each in zip(verdict.violations, of_violations, strict=True)],
        "warnings": [violation_view(*each) for each in zip(verdict.warnings, of_warnings, strict=True)],
        "response_violations": [violation_view(violation) for violation in exchange.response_violations],
        "stored": exchange.stored,
        "acknowledged": exchange.acknowledged,
        "fault": None if exchange.fault is None else {"id": exchange.fault.id, **exchange.fault.source},
        "bytes": exchange.request.body_size,
        "milliseconds": round(exchange.milliseconds, 3),
    }


def whole(exchange: Exchange, max_bytes: int, redaction: Redaction) -> WholeRequestView:
    """One exchange with its headers, raw bodies and, if it is JSON, the value of the request's body. `max_bytes` bounds
    the decompressed body."""
    try:
        value = parse_json(decompressed(exchange.request, max_bytes))
    except Failure:
        value = None
    request: SentRequestView = {
        "headers": _pairs(exchange.request.headers, redaction),
        **_body(exchange.request.body),
        "truncated": exchange.request.truncated,
        "json": value,
    }
    response: SentResponseView = {
        "status": exchange.status,
        "headers": _pairs(exchange.response_headers, redaction),
        **_body(exchange.response_body),
        "truncated": exchange.response_truncated,
    }
    return {**summary(exchange, redaction), "request": request, "response": response, "error": exchange.error}


def event_view(event: Event) -> EventView:
    """An event with its timestamp as the vendor's text, or ISO 8601."""
    view = event._asdict()
    if isinstance(event.timestamp, float):
        view["timestamp"] = iso(event.timestamp)
    return cast("EventView", view)


def violation_view(violation: Violation, fix: str | None = None) -> ViolationView:
    view: ViolationView = {
        "pointer": violation.pointer,
        "rule": violation.rule,
        "message": violation.message,
        "evidence": {"kind": violation.evidence.kind, "source": violation.evidence.source},
    }
    if violation.value is not None:
        view["value"] = violation.value
    if violation.parameter is not None:
        view["parameter"] = violation.parameter
    if fix is not None:
        view["fix"] = view["remedy"] = fix
    return view


def _pairs(headers: Headers, redaction: Redaction) -> list[list[str]]:
    return [[name, value] for name, value in redaction.of_headers(headers)]


def _body(raw: bytes) -> BodyView:
    """A body as text if it is UTF-8, else as base64."""
    try:
        return {"body": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(raw).decode("ascii")}
