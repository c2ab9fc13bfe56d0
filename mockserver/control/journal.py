"""The journal's calls: list the exchanges, show one whole."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Callable, Iterable
from heapq import merge
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mockserver.accounts.account import Account
from mockserver.control.query import AccountSelector, BadCall, evicted, json_response, known_parameters, whole_number
from mockserver.control.views import summary, whole
from mockserver.events.export import export_format, format_names
from mockserver.events.export.writing import ExportContext
from mockserver.model import Exchange
from mockserver.support.redaction import Redaction
from mockserver.support.timestamps import moment

LISTED_AT_MOST = 10_000


class JournalCalls:
    """`GET /requests` and `GET /requests/{id}`."""

    def __init__(self, selector: AccountSelector, max_body_bytes: int, redaction: Redaction) -> None:
        self._selector = selector
        self._max_body_bytes = max_body_bytes
        self._redaction = redaction

    async def list(self, request: Request) -> Response:
        """Exchanges, oldest first, narrowed by account, vendor, operation, status, verdict, since and limit."""
        selected = self._selector.selected(request)
        limit = whole_number(request, "limit", LISTED_AT_MOST)
        wanted = _filter(request)
        found = [exchange for exchange in _in_order(selected) if wanted(exchange)]
        body = {
            "requests": [summary(exchange, self._redaction) for exchange in found[:limit]],
            "total": len(found),
            "evicted": evicted(selected),
        }
        gone = {
            "evicted_invalid": sum(each.journal.evicted_invalid for each in selected),
            "evicted_warned": sum(each.journal.evicted_warned for each in selected),
        }
        return json_response(body | {name: count for name, count in gone.items() if count})

    async def export(self, request: Request) -> Response:
        """The journal as HAR, JSON lines or curl commands, as `format` asks."""
        known_parameters(request, {"account", "vendor", "format"})
        name = request.query_params.get("format", "har")
        if name not in format_names():
            raise BadCall(f"format: expected one of {', '.join(format_names())}, found {name[:40]!r}")
        origin = f"{request.url.scheme}://{request.headers.get('host', 'mockserver')}"
        exchanges = list(_in_order(self._selector.selected(request)))
        format_ = export_format(name)
        written = format_.write(exchanges, ExportContext(origin, self._redaction, self._whole))
        return StreamingResponse(pieces(written), media_type=format_.content_type)

    def _whole(self, exchange: Exchange) -> dict[str, Any]:
        return whole(exchange, self._max_body_bytes, self._redaction)

    async def show(self, request: Request) -> Response:
        identifier = request.path_params["id"]
        for account in self._selector.selected(request):
            exchange = account.journal.find(identifier)
            if exchange is not None:
                return json_response(self._whole(exchange))
        raise HTTPException(404, f"there is no request {identifier!r}; it may have been evicted or reset")


async def pieces(exported: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in exported:
        yield piece


def _in_order(accounts: Iterable[Account]) -> Iterable[Exchange]:
    return merge(*(account.journal for account in accounts), key=lambda exchange: exchange.sequence)


def _filter(request: Request) -> Callable[[Exchange], bool]:
    """The test that `operation`, `status`, `verdict` and `since` ask for. Raises BadCall."""
    query = request.query_params
    known_parameters(request, {"account", "vendor", "operation", "status", "verdict", "since", "limit"})
    operation, verdict = query.get("operation"), query.get("verdict")
    if verdict not in (None, "valid", "invalid"):
        raise BadCall(f"verdict: expected valid or invalid, found {verdict!r}")
    status = whole_number(request, "status", None)
    after = _since(query["since"]) if "since" in query else None

    def wanted(exchange: Exchange) -> bool:
        return (
            (operation is None or exchange.operation == operation)
            and (status is None or exchange.status == status)
            and (verdict is None or exchange.verdict.valid == (verdict == "valid"))
            and (after is None or after(exchange))
        )

    return wanted


def _since(text: str) -> Callable[[Exchange], bool]:
    """`since` is the id of an exchange (those after it), seconds since the epoch or ISO 8601 (those from then on)."""
    if re.fullmatch(r"r[0-9]{1,18}", text):
        sequence = int(text[1:])
        return lambda exchange: exchange.sequence > sequence
    try:
        seconds = float(text)
        if not math.isfinite(seconds):
            raise BadCall(f"since: expected a finite number, found {text[:40]!r}")
    except ValueError:
        at = moment(text)
        if at is None:
            message = f"since: expected a request id, seconds since the epoch or ISO 8601, found {text[:40]!r}"
            raise BadCall(message) from None
        seconds = at
    return lambda exchange: exchange.received >= seconds
