"""The calls about events: list what clients wanted recorded, verify it, and wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from anyio.lowlevel import checkpoint
from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account
from mockserver.accounts.watching import Watch
from mockserver.control.counting import TURN, Counted, Counting
from mockserver.control.listing import EventListing
from mockserver.control.paging import page, since_of
from mockserver.control.query import AccountSelector, account, bad_body, evicted, json_body, json_response, query_of
from mockserver.control.sources import ContractFiles
from mockserver.control.unclaimed import Unclaimed
from mockserver.control.views import event_view, summary
from mockserver.events.reader import EventReader
from mockserver.events.verification import Expectation, Nearest, nearest_to
from mockserver.model import Event, Exchange, Json
from mockserver.support.budget import TooMuchWork
from mockserver.support.matching import argument_problems, comparing
from mockserver.support.redaction import Redaction

if TYPE_CHECKING:
    from mockserver.client.views import DifferenceView, EventsView, NearView, RequestView, UnverifiedView, VerifiedView

MAX_MATCHED = 10
QUIET_SECONDS = 0.2
CLIENT_LEFT = 499
"""The status of a response that nobody receives."""


@dataclass(frozen=True)
class EventCalls:
    """`GET /events`, `POST /verify` and `POST /settle`. `reader` reads the events of all vendors, `places` remembers
    which of them a listing matches."""

    selector: AccountSelector
    reader: EventReader
    unclaimed: Unclaimed
    redaction: Redaction
    contracts: ContractFiles
    places: EventListing

    async def listing(self, request: Request) -> Response:
        """A page of the events that match, oldest first."""
        query, selected = query_of(request), self.selector.selected(request)
        wanted = Expectation(operation=query.get("operation"), name=query.get("name"), outcome=query["outcome"])
        matching = self.places.matching(selected, since_of(request), wanted)
        listed, following = page(request, matching, attrgetter("sequence"))
        view: EventsView = {
            "events": [event_view(event) for event in self.places.events(selected, listed)],
            "total": len(matching),
            "evicted": evicted(selected),
            "next": following,
        }
        return json_response(view)

    def of_vendor(self, request: Request, vendor: str) -> Iterable[Event]:
        """The events of a call's accounts at one vendor, oldest first."""
        return self._events([each for each in self.selector.selected(request) if each.vendor == vendor])

    async def verify(self, request: Request) -> Response:
        """200 if as many events as expected arrived, else 409 with the nearest; waits up to `within` seconds.

        It is also 409 if requests that are no longer in the journal could have held too many.
        """
        body = await json_body(request)
        try:
            return await self._verified(request, body, _expectation(body, self.selector.vendor(request)))
        except TooMuchWork as error:
            raise bad_body(("/json", f"json: {error}")) from None

    async def _verified(self, request: Request, body: Mapping[str, Json], expectation: Expectation) -> Response:
        counting = Counting(expectation, self.reader, self.selector.operations, self.selector.accounts)
        counted = await counting.count(self.selector.selected(request))
        if body["within"] > 0 and not _is_over(expectation, counted):
            async with self._watch(request, body["within"]) as watch:
                counted = await counting.count(self.selector.selected(request))
                while not watch.ended and not _is_over(expectation, counted):
                    counted = await counting.count(await watch.change())
            if watch.left:
                return Response(status_code=CLIENT_LEFT)
        selected = self.selector.selected(request)
        counted = await counting.count(selected)  # what came meanwhile, so that the report fits
        ok = expectation.accepts(counted.matched) and not expectation.is_undecided(*counted)
        verified: VerifiedView = {"ok": ok, "count": counted.matched, "evicted": evicted(selected)}
        if ok:
            return json_response(verified)
        return json_response(await self._unverified(expectation, verified, counted, selected), 409)

    async def _unverified(
        self, expectation: Expectation, verified: VerifiedView, counted: Counted, selected: list[Account]
    ) -> UnverifiedView:
        """What the journal shows of a failed expectation: what matches, and what comes near if too little does."""
        now = selected[0].now() if selected else self.selector.accounts.clock.now()
        matched, budget = list[Event](), comparing()
        others: list[Event] = []
        for number, event in enumerate(self._events(selected), 1):
            (matched if expectation.matches(event, now, budget) else others).append(event)
            if number % TURN == 0:
                await checkpoint()
        lacking = counted.matched < expectation.at_least
        nearest, compared = nearest_to(expectation, others, now) if lacking else ([], 0)
        return {
            **verified,
            "undecided": expectation.is_undecided(*counted),
            "unseen": counted.unseen,
            "expected": expectation.in_words,
            "matched": [event_view(event) for event in matched[:MAX_MATCHED]],
            "nearest": [_nearest_view(near) for near in nearest],
            "compared": compared,
            "total": len(matched) + len(others),
            "requests": [self._summary(each) for each in _newest(selected)] if lacking else [],
            "unclaimed": self._unclaimed() if lacking else [],
        }

    def _unclaimed(self) -> list[RequestView]:
        """The newest requests that no account claims, with what was probably meant."""
        accounts = [each for each in self.selector.accounts if self.unclaimed.is_unclaimed(each)]
        return [{**self._summary(each), "unclaimed": self.unclaimed.explain(each)} for each in _newest(accounts)]

    def _summary(self, exchange: Exchange) -> RequestView:
        return summary(exchange, self.redaction, self.contracts)

    async def settle(self, request: Request) -> Response:
        """200 once no request came for `quiet` seconds of real time; 409 if they still come after `timeout`."""
        body = await json_body(request)
        timeout = body["timeout"]
        quiet = body.get("quiet", min(QUIET_SECONDS, timeout))
        if quiet > timeout:
            raise bad_body(("/quiet", f"quiet must not be more than timeout, {timeout:g}; it is {quiet:g}"))
        patience = asyncio.Event()
        timer = self.selector.accounts.start_timer(timeout, patience.set)
        try:
            async with self._watch(request, timeout + quiet) as watch:
                while not patience.is_set() and not watch.left:
                    silence = self.selector.accounts.start_timer(quiet, watch.wake)
                    changed = await watch.change()
                    silence.cancel()
                    if not changed and not watch.left:
                        return json_response({"ok": True})
        finally:
            timer.cancel()
        return Response(status_code=CLIENT_LEFT) if watch.left else json_response({"ok": False}, 409)

    @asynccontextmanager
    async def _watch(self, request: Request, seconds: float) -> AsyncIterator[Watch]:
        """What changes at the accounts of a call, for at most so many seconds of real time while its client stays."""
        with self.selector.accounts.watches.watch(self.selector.vendor(request), account(request)) as watch:
            timer = self.selector.accounts.start_timer(seconds, watch.end)
            leaving = asyncio.create_task(_leave(request, watch))
            try:
                yield watch
            finally:
                timer.cancel()
                leaving.cancel()

    def _events(self, accounts: Iterable[Account]) -> Iterator[Event]:
        """The events of several accounts, in the order in which their requests came."""
        return merge(
            *(self.reader.events([*each.journal]) for each in accounts), key=lambda one: int(one.request_id[1:])
        )


async def _leave(request: Request, watch: Watch) -> None:
    """Ends a watch when the client of its call leaves."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    watch.leave()


def _newest(accounts: Iterable[Account]) -> list[Exchange]:
    """The newest exchanges of accounts, at most MAX_MATCHED, oldest first."""
    newest = (exchange for each in accounts for exchange in each.journal.newest(MAX_MATCHED))
    return sorted(newest, key=attrgetter("sequence"))[-MAX_MATCHED:]


def _is_over(expectation: Expectation, counted: Counted) -> bool:
    """Whether waiting can end: enough events arrived, or too many, or evicted requests make it impossible to tell."""
    settled = expectation.at_least > 0 and expectation.accepts(counted.matched)
    return settled or expectation.is_exceeded(counted.matched) or expectation.is_undecided(*counted)


def _expectation(body: Mapping[str, Json], vendor: str | None) -> Expectation:
    """The expectation of a body that fits the document. Raises BadCall for members that contradict each other."""
    problems = [(f"/json{wrong.pointer}", wrong.expected) for wrong in argument_problems(body.get("json"))]
    if problems:
        raise bad_body(*((pointer, f"{pointer[1:]}: {expected}") for pointer, expected in problems))
    times, at_least, at_most = (_whole(body.get(name)) for name in ("times", "at_least", "at_most"))
    if times is not None and (at_least is not None or at_most is not None):
        raise bad_body(("/times", "`times` excludes `at_least` and `at_most`"))
    if times is not None:
        at_least = at_most = times
    if at_least is None:
        at_least = 0 if at_most is not None else 1
    if at_most is not None and at_least > at_most:
        raise bad_body(("/at_least", f"at_least must not be more than at_most, {at_most}; it is {at_least}"))
    return Expectation(
        vendor=body.get("vendor") or vendor,
        operation=body.get("operation"),
        name=body.get("name"),
        json=body.get("json"),
        outcome=body["outcome"],
        at_least=at_least,
        at_most=at_most,
    )


def _whole(number: float | None) -> int | None:
    """A whole number as an int: in JSON Schema 2.0 is an integer too."""
    return None if number is None else int(number)


def _nearest_view(near: Nearest) -> NearView:
    differences = [each._asdict() for each in near.differences]
    return {"event": event_view(near.event), "differences": cast("list[DifferenceView]", differences)}
