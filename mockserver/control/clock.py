"""The calls about clocks: read, set, freeze and advance the time of one account or of the whole server, and set how
fast it runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account
from mockserver.control.query import AccountSelector, account, bad_body, bad_query, json_body, json_response
from mockserver.support.clock import LATEST, Clock
from mockserver.support.timestamps import iso, moment

if TYPE_CHECKING:
    from mockserver.client.views import ClockView


@dataclass(frozen=True)
class ClockCalls:
    """`GET` and `PUT /clock`, `POST /clock/advance`. Without `account` they are about the server's clock. The clock of
    an account follows it until the account's own is set."""

    selector: AccountSelector

    async def show(self, request: Request) -> Response:
        """The time of an account; the server's if the account does not exist."""
        _check(request)
        return _shown(self._clocks(self.selector.selected(request) if account(request) is not None else []))

    async def put(self, request: Request) -> Response:
        _check(request)
        body = await json_body(request)
        now = _seconds(body.get("now"))
        clocks = self._clocks(self.selector.opened(request))
        for clock in clocks:
            clock.set(now, frozen=body.get("frozen"), rate=body.get("rate"))
        return _shown(clocks)

    async def advance(self, request: Request) -> Response:
        _check(request)
        seconds = (await json_body(request))["seconds"]
        clocks = self._clocks(self.selector.opened(request))
        if max(clock.now() for clock in clocks) + seconds > LATEST:
            raise bad_body(("/seconds", "seconds must not lead beyond the year 9999"))
        for clock in clocks:
            clock.advance(seconds)
        return _shown(clocks)

    def _clocks(self, accounts: list[Account]) -> list[Clock]:
        return [each.clock for each in accounts] or [self.selector.accounts.clock]


def _check(request: Request) -> None:
    if "account" not in request.query_params and "vendor" in request.query_params:
        raise bad_query(("account", "account is required: a vendor alone has no clock"))


def _shown(clocks: list[Clock]) -> Response:
    clock, now = clocks[0], clocks[0].now()
    view: ClockView = {
        "now": now,
        "iso": iso(now),
        "frozen": clock.frozen,
        "rate": clock.rate,
        "due_in": clock.due_in,
    }
    return json_response(view)


def _seconds(now: float | str | None) -> float | None:
    """A time as seconds since the epoch; text is ISO 8601."""
    if not isinstance(now, str):
        return None if now is None else float(now)
    seconds = moment(now)
    if seconds is None or not 0 <= seconds <= LATEST:
        expected = "seconds since the epoch or an ISO 8601 time from 1970 to 9999"
        raise bad_body(("/now", f"now must be {expected}; it is {now[:40]!r}"))
    return seconds
