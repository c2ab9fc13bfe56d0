"""The control API under /__admin: what tests and people read and steer the server with."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Iterable
from heapq import merge
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver import __version__
from mockserver.accounts import Account, Accounts
from mockserver.answers import PROBLEM_JSON, problem_answer
from mockserver.contracts import Catalogue
from mockserver.gate import Gate
from mockserver.model import Exchange
from mockserver.settings import Settings
from mockserver.views import summary, whole

LISTED_AT_MOST = 10_000


class BadQuery(Exception):  # noqa: N818 - it becomes a 400
    """A query parameter of a control call is wrong; its text says which and what would be right."""


def control_app(settings: Settings, catalogue: Catalogue, accounts: Accounts) -> Starlette:
    """The ASGI application of the control API. Every failure is an RFC 9457 problem document."""
    control = Control(settings, catalogue, accounts)
    gate = Gate(settings)

    def guarded(handler: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            gate.check(request)
            return handler(request)

        return endpoint

    routes = [
        Route("/health", guarded(control.health), methods=["GET"]),
        Route("/requests", guarded(control.requests), methods=["GET"]),
        Route("/requests/{id}", guarded(control.request), methods=["GET"]),
        Route("/reset", guarded(control.reset), methods=["POST"]),
        Route("/contracts/{vendor}/openapi.json", guarded(control.contract), methods=["GET"]),
    ]
    handlers: dict[Any, Any] = {HTTPException: _problem, BadQuery: _bad_query, Exception: _bug}
    return Starlette(routes=routes, exception_handlers=handlers)


class Control:
    """The calls of the control API."""

    def __init__(self, settings: Settings, catalogue: Catalogue, accounts: Accounts) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._accounts = accounts

    def health(self, request: Request) -> Response:
        vendors = list(self._catalogue.vendors)
        body = {"status": "ok", "version": __version__, "vendors": vendors, "profile": self._catalogue.profile}
        return _json(body)

    def requests(self, request: Request) -> Response:
        """Exchanges, oldest first, narrowed by account, vendor, operation, status, verdict, since and limit."""
        selected = self._selected(request)
        limit = _whole_number(request, "limit", LISTED_AT_MOST)
        wanted = _filter(request)
        found = [exchange for exchange in _in_order(selected) if wanted(exchange)]
        body = {
            "requests": [summary(exchange) for exchange in found[:limit]],
            "total": len(found),
            "evicted": sum(account.journal.evicted for account in selected),
        }
        return _json(body)

    def request(self, request: Request) -> Response:
        identifier = request.path_params["id"]
        for account in self._selected(request):
            exchange = account.journal.find(identifier)
            if exchange is not None:
                return _json(whole(exchange, self._settings.max_body_bytes))
        raise HTTPException(404, f"there is no request {identifier!r}; it may have been evicted or reset")

    def reset(self, request: Request) -> Response:
        """Forgets everything that the selected accounts hold; without `account`, of all of them."""
        forgotten = self._accounts.forget(self._vendor(request), request.query_params.get("account"))
        return _json({"forgotten": forgotten})

    def contract(self, request: Request) -> Response:
        vendor = request.path_params["vendor"]
        if vendor not in self._catalogue.vendors:
            raise HTTPException(404, f"no vendor {vendor!r}; served are {', '.join(self._catalogue.vendors)}")
        return _json(self._catalogue.vendors[vendor].document)

    def _selected(self, request: Request) -> list[Account]:
        return self._accounts.select(self._vendor(request), request.query_params.get("account"))

    def _vendor(self, request: Request) -> str | None:
        vendor = request.query_params.get("vendor")
        if vendor is not None and vendor not in self._catalogue.vendors:
            raise BadQuery(f"vendor: no vendor {vendor!r}; served are {', '.join(self._catalogue.vendors)}")
        return vendor


def _in_order(accounts: Iterable[Account]) -> Iterable[Exchange]:
    return merge(*(account.journal for account in accounts), key=lambda exchange: exchange.sequence)


def _filter(request: Request) -> Callable[[Exchange], bool]:
    """The test that `operation`, `status`, `verdict` and `since` ask for. Raises BadQuery."""
    query = request.query_params
    known = {"account", "vendor", "operation", "status", "verdict", "since", "limit"}
    if unknown := query.keys() - known:
        raise BadQuery(f"{sorted(unknown)[0]}: unknown parameter; known are {', '.join(sorted(known))}")
    operation, verdict = query.get("operation"), query.get("verdict")
    if verdict not in (None, "valid", "invalid"):
        raise BadQuery(f"verdict: expected valid or invalid, found {verdict!r}")
    status = _whole_number(request, "status", None)
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
    except ValueError:
        try:
            when = dt.datetime.fromisoformat(text)
        except ValueError:
            message = f"since: expected a request id, seconds since the epoch or ISO 8601, found {text[:40]!r}"
            raise BadQuery(message) from None
        seconds = (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
    return lambda exchange: exchange.received >= seconds


def _whole_number(request: Request, name: str, default: int | None) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadQuery(f"{name}: expected a whole number, found {text[:40]!r}")
    return int(text)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def _problem(_request: Request, error: HTTPException) -> Response:
    answer = problem_answer(error.status_code, error.detail)
    return Response(answer.body, error.status_code, error.headers, media_type=PROBLEM_JSON.decode())


def _bad_query(_request: Request, error: BadQuery) -> Response:
    return Response(problem_answer(400, str(error)).body, 400, media_type=PROBLEM_JSON.decode())


def _bug(_request: Request, _error: Exception) -> Response:
    answer = problem_answer(500, "this is a bug of mockserver; see its log")
    return Response(answer.body, 500, media_type=PROBLEM_JSON.decode())
