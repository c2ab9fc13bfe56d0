"""The events' calls: list what clients wanted recorded, and verify it, waiting for it where that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
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
from mockserver.events import OUTCOMES, EventReader, Splitter
from mockserver.matching import argument_problems
from mockserver.model import Event, Json
from mockserver.verification import ANY, Expectation, Nearest, nearest_to

LISTED_AT_MOST = 10_000
MATCHED_AT_MOST = 10
WITHIN_AT_MOST = 300.0
TIMES_AT_MOST = 1_000_000_000


class EventCalls:
    """`GET /events`, `POST /verify` and `POST /settle`. `splitters` take the bodies of each vendor apart."""

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

    def of_vendor(self, request: Request, vendor: str) -> list[Event]:
        """The events of a call's accounts at one vendor, oldest first."""
        return self._events([account for account in self._worlds.selected(request) if account.vendor == vendor])

    async def verify(self, request: Request) -> Response:
        """200 where as many events as expected arrived, else 409 with the nearest; waits up to `within` seconds."""
        known_parameters(request, {"account", "vendor"})
        body = members(await json_body(request), _VERIFY)
        expectation = _expectation(body, self._worlds.vendor(request))
        within = number(body.get("within", 0), "within", 0.0, WITHIN_AT_MOST)
        await self._wait(self._is_settled(request, expectation), within)
        selected = self._worlds.selected(request)
        now = selected[0].now() if selected else self._accounts.clock.now()
        events = list(self._events(selected))
        matched = [event for event in events if expectation.matches(event, now)]
        answer = {"ok": expectation.accepts(len(matched)), "count": len(matched), "evicted": _evicted(selected)}
        if answer["ok"]:
            return json_response(answer)
        others = [event for event in events if not expectation.matches(event, now)]
        nearest = [] if expectation.is_exceeded(len(matched)) else nearest_to(expectation, others, now)
        more = {
            "expected": expectation.in_words,
            "matched": [event_view(event) for event in matched[:MATCHED_AT_MOST]],
            "nearest": [_nearest_view(near) for near in nearest],
            "total": len(events),
        }
        return json_response({**answer, **more}, 409)

    async def settle(self, request: Request) -> Response:
        """200 once no request came for `quiet` seconds of real time; 409 where they still come after `timeout`."""
        known_parameters(request, {"account", "vendor"})
        body = members(await json_body(request), {"quiet", "timeout"})
        timeout = number(body.get("timeout", 5.0), "timeout", 0.0, WITHIN_AT_MOST)
        quiet = number(body.get("quiet", min(0.2, timeout)), "quiet", 0.0, WITHIN_AT_MOST)
        if quiet > timeout:
            raise BadCall("quiet: is more than timeout", [("/quiet", "more than timeout")])
        patience = asyncio.Event()
        timer = self._start_timer(timeout, patience.set)
        try:
            while not patience.is_set():
                if not await self._wait(self._changed(request), quiet):
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

    def _is_settled(self, request: Request, expectation: Expectation) -> Callable[[], bool]:
        """Whether waiting can end: enough arrived where some must, or too many where that can be."""
        counting = _Counting(expectation, lambda: EventReader(self._splitters, self._max_body_bytes))

        def settled() -> bool:
            count = counting.count(self._worlds.selected(request))
            return expectation.is_exceeded(count) or (expectation.at_least > 0 and expectation.accepts(count))

        return settled

    async def _wait(self, settled: Callable[[], bool], seconds: float) -> bool:
        """Waits until `settled()`, asked again after each exchange, at most so many seconds of real time. Says whether
        it came to be."""
        if seconds <= 0 or settled():
            return settled()
        changed, over = asyncio.Event(), False

        def end() -> None:
            nonlocal over
            over = True
            changed.set()

        timer = self._start_timer(seconds, end)
        self._accounts.on_record.add(changed.set)
        try:
            while not over and not settled():
                changed.clear()
                await changed.wait()
            return settled()
        finally:
            timer.cancel()
            self._accounts.on_record.discard(changed.set)

    def _events(self, accounts: Iterable[Account]) -> list[Event]:
        """The events of several accounts, in the order in which their requests came."""
        found = [event for account in accounts for event in self._events_of(account)]
        return sorted(found, key=lambda event: int(event.request_id[1:]))

    def _events_of(self, account: Account) -> Iterator[Event]:
        reader = EventReader(self._splitters, self._max_body_bytes)
        for exchange in account.journal:
            yield from reader.read(exchange)


@dataclass(slots=True)
class _Read:
    """How far an account's journal was read, and what matched in it."""

    reader: EventReader
    recorded: int = 0
    last: int = 0
    matched: int = 0


class _Counting:
    """Counts the expected events of accounts again and again, reading every exchange once."""

    def __init__(self, expectation: Expectation, make_reader: Callable[[], EventReader]) -> None:
        self._expectation = expectation
        self._make_reader = make_reader
        self._read: dict[Account, _Read] = {}

    def count(self, accounts: Iterable[Account]) -> int:
        return sum(self._matched(account) for account in accounts)

    def _matched(self, account: Account) -> int:
        read = self._read.get(account)
        if read is None:
            read = self._read[account] = _Read(self._make_reader())
        if read.recorded == account.journal.recorded:
            return read.matched
        read.recorded = account.journal.recorded
        now = account.now()
        for exchange in account.journal:
            if exchange.sequence > read.last:
                read.last = exchange.sequence
                read.matched += sum(self._expectation.matches(event, now) for event in read.reader.read(exchange))
        return read.matched


_VERIFY = {"vendor", "operation", "name", "json", "outcome", "times", "at_least", "at_most", "within"}


def _expectation(body: Mapping[str, Json], vendor: str | None) -> Expectation:
    for name in ("vendor", "operation", "name"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise BadCall(f"{name}: expected text, found {body[name]!r}", [(f"/{name}", "expected text")])
    problems = [(f"/json{wrong.pointer}", wrong.expected) for wrong in argument_problems(body.get("json"))]
    if problems:
        raise BadCall("; ".join(f"{pointer.lstrip('/')}: {message}" for pointer, message in problems), problems)
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
