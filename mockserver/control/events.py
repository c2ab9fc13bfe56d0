"""The events' calls: list what clients wanted recorded, and verify it, waiting for it where that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from operator import itemgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account, Accounts
from mockserver.control.counting import Counted, Counting
from mockserver.control.query import (
    AccountSelector,
    BadCall,
    evicted,
    json_body,
    json_response,
    known_parameters,
    members,
    number,
    whole_number,
)
from mockserver.control.views import event_view
from mockserver.events.reader import OUTCOMES, EventReader
from mockserver.events.verification import ANY, Expectation, Nearest, nearest_to
from mockserver.model import Event, Json
from mockserver.support.clock import StartTimer
from mockserver.support.matching import argument_problems

LISTED_AT_MOST = 10_000
MATCHED_AT_MOST = 10
WITHIN_AT_MOST = 300.0
TIMES_AT_MOST = 1_000_000_000


class EventCalls:
    """`GET /events`, `POST /verify` and `POST /settle`. `reader` takes the bodies of all vendors apart."""

    def __init__(
        self, selector: AccountSelector, accounts: Accounts, reader: EventReader, start_timer: StartTimer
    ) -> None:
        self._selector = selector
        self._accounts = accounts
        self._reader = reader
        self._start_timer = start_timer

    async def listing(self, request: Request) -> Response:
        known_parameters(request, {"account", "vendor", "operation", "name", "outcome", "since", "limit"})
        query = request.query_params
        expectation = Expectation(
            vendor=self._selector.vendor(request),
            operation=query.get("operation"),
            name=query.get("name"),
            outcome=_outcome(query.get("outcome", ANY)),
        )
        limit = whole_number(request, "limit", LISTED_AT_MOST)
        since = _sequence(query.get("since"))
        selected = self._selector.selected(request)
        found: list[dict[str, Any]] = []
        total = 0
        for event in self._events(selected, since):
            if expectation.selects(event):
                total += 1
                if limit is None or total <= limit:
                    found.append(event_view(event))
        body = {
            "events": found,
            "total": total,
            "evicted": evicted(selected),
        }
        return json_response(body)

    def of_vendor(self, request: Request, vendor: str) -> Iterable[Event]:
        """The events of a call's accounts at one vendor, oldest first."""
        return self._events([account for account in self._selector.selected(request) if account.vendor == vendor])

    async def verify(self, request: Request) -> Response:
        """200 where as many events as expected arrived, else 409 with the nearest; waits up to `within` seconds.

        It is 409 too where nobody can know: where requests that are no longer in the journal could have held too many.
        """
        known_parameters(request, {"account", "vendor"})
        body = members(await json_body(request), _VERIFY)
        expectation = _expectation(body, self._selector.vendor(request))
        within = number(body.get("within", 0), "within", 0.0, WITHIN_AT_MOST)
        counting = Counting(expectation, self._reader, self._selector.operations)
        await self._wait(lambda: _is_over(expectation, counting.count(self._selector.selected(request))), within)
        selected = self._selector.selected(request)
        counted = counting.count(selected)
        undecided = expectation.is_undecided(*counted)
        ok = expectation.accepts(counted.matched) and not undecided
        response = {"ok": ok, "count": counted.matched, "evicted": evicted(selected)}
        if ok:
            return json_response(response)
        more = {"undecided": undecided, "unseen": counted.unseen, **self._kept(expectation, counted.matched, selected)}
        return json_response({**response, **more}, 409)

    def _kept(self, expectation: Expectation, count: int, selected: list[Account]) -> dict[str, Any]:
        """What the journal shows of an expectation that failed: what matches, and where too little does, what comes
        near."""
        now = selected[0].now() if selected else self._accounts.clock.now()
        matched: list[Event] = []
        others: list[Event] = []
        for event in self._events(selected):
            (matched if expectation.matches(event, now) else others).append(event)
        nearest = nearest_to(expectation, others, now) if count < expectation.at_least else []
        return {
            "expected": expectation.in_words,
            "matched": [event_view(event) for event in matched[:MATCHED_AT_MOST]],
            "nearest": [_nearest_view(near) for near in nearest],
            "total": len(matched) + len(others),
        }

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
        """Whether a selected account got an exchange since this was asked for. An account that is reset starts anew."""
        before = {account: account.journal.recorded for account in self._selector.selected(request)}

        def changed() -> bool:
            return any(each.journal.recorded != before.get(each, 0) for each in self._selector.selected(request))

        return changed

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

    def _events(self, accounts: Iterable[Account], since: int = 0) -> Iterator[Event]:
        """The events of several accounts, in the order in which their requests came; of requests after number
        `since`."""
        numbered = merge(*(self._numbered(account) for account in accounts), key=itemgetter(0))
        return (event for sequence, event in numbered if sequence > since)

    def _numbered(self, account: Account) -> Iterator[tuple[int, Event]]:
        return ((int(event.request_id[1:]), event) for event in self._reader.events(account.journal))


def _is_over(expectation: Expectation, counted: Counted) -> bool:
    """Whether waiting can end: enough arrived where some must, or too many where that can be; or nobody can know."""
    settled = expectation.at_least > 0 and expectation.accepts(counted.matched)
    return settled or expectation.is_exceeded(counted.matched) or expectation.is_undecided(*counted)


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


def _nearest_view(near: Nearest) -> dict[str, Any]:
    listed = [
        {"pointer": place.pointer, "expected": place.expected, "actual": place.actual, "missing": place.missing}
        for place in near.differences
    ]
    return {"event": event_view(near.event), "differences": listed}
