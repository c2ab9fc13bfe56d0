"""The clocks' calls: read, set, freeze and advance the time of one account or of the whole server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account, Accounts
from mockserver.control.query import (
    AccountSelector,
    BadCall,
    json_body,
    json_response,
    known_parameters,
    members,
    number,
)
from mockserver.model import Json
from mockserver.support.clock import LATEST, Clock
from mockserver.support.timestamps import iso, moment


class ClockCalls:
    """`GET` and `PUT /clock`, `POST /clock/advance`. Without `account` they are about the server's clock, with which
    the clock of every account runs until it is set by itself."""

    def __init__(self, selector: AccountSelector, accounts: Accounts) -> None:
        self._selector = selector
        self._accounts = accounts

    async def show(self, request: Request) -> Response:
        """The time of an account, which is the server's where the account was never used."""
        _check(request)
        return _shown(self._clocks(self._selector.known(request)))

    async def put(self, request: Request) -> Response:
        _check(request)
        body = members(await json_body(request), {"now", "frozen"})
        frozen = body.get("frozen")
        if frozen is not None and not isinstance(frozen, bool):
            raise BadCall(f"frozen: expected true or false, found {frozen!r}", [("/frozen", "expected true or false")])
        now = _seconds(body["now"]) if body.get("now") is not None else None
        clocks = self._clocks(self._selector.named(request))
        for clock in clocks:
            clock.set(now, frozen=frozen)
        return _shown(clocks)

    async def advance(self, request: Request) -> Response:
        _check(request)
        seconds = number(members(await json_body(request), {"seconds"}).get("seconds"), "seconds", 0.0, LATEST)
        clocks = self._clocks(self._selector.named(request))
        if max(clock.now() for clock in clocks) + seconds > LATEST:
            raise BadCall("seconds: leads beyond the year 9999", [("/seconds", "out of range")])
        for clock in clocks:
            clock.advance(seconds)
        return _shown(clocks)

    def _clocks(self, accounts: list[Account]) -> list[Clock]:
        return [account.clock for account in accounts] or [self._accounts.clock]


def _check(request: Request) -> None:
    known_parameters(request, {"account", "vendor"})
    if "account" not in request.query_params and "vendor" in request.query_params:
        raise BadCall("account: which one? a vendor alone has no clock")


def _shown(clocks: list[Clock]) -> Response:
    now = clocks[0].now()
    return json_response({"now": now, "iso": iso(now), "frozen": clocks[0].frozen})


def _seconds(value: Json) -> float:
    """Seconds since the epoch out of a number or ISO 8601 text."""
    if isinstance(value, str):
        at = moment(value)
        if at is None:
            raise BadCall(f"now: expected seconds since the epoch or ISO 8601, found {value[:40]!r}")
        value = at
    return number(value, "now", 0.0, LATEST)
