"""The events' calls: list what clients wanted recorded, and verify it, waiting for it where that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts import Account, Accounts
from mockserver.clock import StartTimer
from mockserver.control.query import (
    BadCall,
    Worlds,
    json_body,
    json_response,
    known_parameters,
    members,
    number,
    whole_number,
)
from mockserver.control.views import event_view
from mockserver.events import OUTCOMES, Splitter, events_of
from mockserver.model import Event, Json
from mockserver.verification import ANY, Expectation, Nearest, nearest_to

LISTED_AT_MOST = 10_000
WITHIN_AT_MOST = 300.0
TIMES_AT_MOST = 1_000_000_000


class EventCalls:
    """`GET /events` and `POST /verify`. `splitters` take the bodies of each vendor apart."""

    def __init__(
        self,
        worlds: Worlds,
        accounts: Accounts,
        splitters: Mapping[str, Splitter],
        max_body_bytes: int,
        start_timer: StartTimer,
    ) -> None:
        self._worlds = worlds
        self._accounts = accounts
        self._splitters = splitters
        self._max_body_bytes = max_body_bytes
        self._start_timer = start_timer

    async def listing(self, request: Request) -> Response:
        known_parameters(request, {"account", "vendor", "operation", "name", "outcome", "since", "limit"})
        query = request.query_params
        expectation = Expectation(
            vendor=self._worlds.vendor(request),
            operation=query.get("operation"),
            name=query.get("name"),
            outcome=_outcome(query.get("outcome", ANY)),
        )
        limit = whole_number(request, "limit", LISTED_AT_MOST)
        since = _sequence(query.get("since"))
        selected = self._worlds.selected(request)
        found = [
            event
            for event in self._events(selected)
            if expectation.selects(event) and int(event.request_id[1:]) > since
        ]
        body = {
            "events": [event_view(event) for event in found[:limit]],
            "total": len(found),
            "evicted": _evicted(selected),
        }
        return json_response(body)

    async def verify(self, request: Request) -> Response:
        """200 where as many events as expected arrived, else 409 with the nearest; waits up to `within` seconds."""
        known_parameters(request, {"account", "vendor"})
        body = members(await json_body(request), _VERIFY)
        expectation = _expectation(body, self._worlds.vendor(request))
        within = number(body.get("within", 0), "within", 0.0, WITHIN_AT_MOST)
        await self._wait(lambda: self._settled(request, expectation), within)
        selected = self._worlds.selected(request)
        now = selected[0].now() if selected else self._accounts.clock.now()
        events = list(self._events(selected))
        count = sum(expectation.matches(event, now) for event in events)
        if expectation.accepts(count):
            return json_response({"ok": True, "count": count})
        nearest = nearest_to(expectation, [event for event in events if not expectation.matches(event, now)], now)
        answer = {
            "ok": False,
            "count": count,
            "expected": expectation.in_words,
            "nearest": [_nearest_view(near) for near in nearest],
            "total": len(events),
            "evicted": _evicted(selected),
        }
        return json_response(answer, 409)

    async def settle(self, request: Request) -> Response:
        """200 once no request came for `quiet` seconds of real time, else 409 after `timeout` seconds."""
        known_parameters(request, {"account", "vendor"})
        body = members(await json_body(request), {"quiet", "timeout"})
        quiet = number(body.get("quiet", 0.2), "quiet", 0.0, WITHIN_AT_MOST)
        timeout = number(body.get("timeout", 5.0), "timeout", 0.0, WITHIN_AT_MOST)
        patience = asyncio.Event()
        timer = self._start_timer(timeout, patience.set)
        try:
            while not patience.is_set():
                if not await self._wait(self._changed(request), quiet) and not patience.is_set():
                    return json_response({"ok": True})
        finally:
            timer.cancel()
        return json_response({"ok": False}, 409)

    def _changed(self, request: Request) -> Callable[[], bool]:
        """Whether a selected account got an exchange since this was asked for."""

        def recorded() -> int:
            return sum(account.journal.recorded for account in self._worlds.selected(request))

        before = recorded()
        return lambda: recorded() != before

    def _settled(self, request: Request, expectation: Expectation) -> bool:
        """Whether more waiting cannot change the verdict: enough arrived, or with an upper bound already too many."""
        selected = self._worlds.selected(request)
        now = selected[0].now() if selected else 0.0
        count = sum(expectation.matches(event, now) for event in self._events(selected))
        if expectation.at_most is not None:
            return count > expectation.at_most
        return count >= expectation.at_least

    async def _wait(self, settled: Callable[[], bool], seconds: float) -> bool:
        """Waits until `settled()`, asked again after each exchange, at most so many seconds of real time. Says whether
        it came to be."""
        if seconds <= 0 or settled():
            return settled()
        changed, over, loop = asyncio.Event(), False, asyncio.get_running_loop()

        def tell() -> None:
            loop.call_soon_threadsafe(changed.set)

        def end() -> None:
            nonlocal over
            over = True
            changed.set()

        timer = self._start_timer(seconds, end)
        self._accounts.on_record.add(tell)
        try:
            while not over and not settled():
                changed.clear()
                await changed.wait()
            return settled()
        finally:
            timer.cancel()
            self._accounts.on_record.discard(tell)

    def _events(self, accounts: Iterable[Account]) -> list[Event]:
        """The events of several accounts, in the order in which their requests came."""
        found = [
            event for account in accounts for event in events_of(account.journal, self._splitters, self._max_body_bytes)
        ]
        return sorted(found, key=lambda event: int(event.request_id[1:]))


_VERIFY = {"vendor", "operation", "name", "json", "outcome", "times", "at_least", "at_most", "within"}


def _expectation(body: Mapping[str, Json], vendor: str | None) -> Expectation:
    for name in ("vendor", "operation", "name"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise BadCall(f"{name}: expected text, found {body[name]!r}", [(f"/{name}", "expected text")])
    times, at_least, at_most = (_count(body, name) for name in ("times", "at_least", "at_most"))
    if times is not None and (at_least is not None or at_most is not None):
        raise BadCall("times: give it, or at_least and at_most, not both", [("/times", "conflicts")])
    if times is not None:
        at_least = at_most = times
    if at_least is None:
        at_least = 0 if at_most is not None else 1
    if at_most is not None and at_least > at_most:
        raise BadCall("at_least: is more than at_most", [("/at_least", "more than at_most")])
    return Expectation(
        vendor=body.get("vendor") or vendor,
        operation=body.get("operation"),
        name=body.get("name"),
        json=body.get("json"),
        outcome=_outcome(body.get("outcome", "accepted")),
        at_least=at_least,
        at_most=at_most,
    )


def _count(body: Mapping[str, Json], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= TIMES_AT_MOST:
        raise BadCall(f"{name}: expected a whole number, found {value!r}", [(f"/{name}", "expected a whole number")])
    return value


def _outcome(value: Json) -> str:
    if value not in (*OUTCOMES, ANY):
        raise BadCall(f"outcome: expected one of {', '.join((*OUTCOMES, ANY))}, found {value!r}")
    return str(value)


def _sequence(text: str | None) -> int:
    """The number of the request after which events are listed."""
    if text is None:
        return 0
    if not (text[:1] == "r" and text[1:].isdecimal() and len(text) < 20):
        raise BadCall(f"since: expected a request id, found {text[:40]!r}")
    return int(text[1:])


def _evicted(accounts: Iterable[Account]) -> int:
    return sum(account.journal.evicted for account in accounts)


def _nearest_view(near: Nearest) -> dict[str, Any]:
    listed = [
        {"pointer": place.pointer, "expected": place.expected, "actual": place.actual, "missing": place.missing}
        for place in near.differences
    ]
    return {"event": event_view(near.event), "differences": listed}
