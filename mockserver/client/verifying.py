"""Verifies which events arrived: by the server, and in this process where only it can judge what a test expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from mockserver.client.arguments import bounds
from mockserver.client.control import Control, accepted, whole_listing, without_none
from mockserver.client.judging import for_the_server, is_judged_here
from mockserver.support.matching import comparing

if TYPE_CHECKING:
    from mockserver.client.views import DifferenceView, EventView, UnverifiedView
    from mockserver.events.verification import Expectation, Nearest
    from mockserver.model import Event

MAX_MATCHED = 10
"""Events that a report shows of those that were counted."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies the events of one account, which `query` selects."""

    control: Control
    query: Mapping[str, str]

    def verify(self, expected: Mapping[str, Any], within: float) -> UnverifiedView | None:
        """The report on an expectation that fails after at most `within` seconds; None once it holds. `expected` are
        the members of the control call `verify`, `json` a comparable value. Raises ControlError for wrong ones."""
        asked = {**expected, "json": for_the_server(expected.get("json"))}
        if not is_judged_here(expected.get("json")):
            return self._asked(asked, within)
        self._asked(asked, 0.0)  # which refuses wrong members
        return self._judged(_expectation(expected), asked, within)

    def _asked(self, expected: Mapping[str, Any], within: float) -> UnverifiedView | None:
        """What the server says."""
        body = without_none({**expected, "within": within})
        response = self.control.call("POST", "/verify", self.query, body, timeout=within + 30.0)
        if response.status == 409:
            return cast("UnverifiedView", response.body)
        accepted(response)
        return None

    def _judged(self, expectation: Expectation, asked: Mapping[str, Any], within: float) -> UnverifiedView | None:
        """What this process says of all events. It looks again when one more came that the server cannot exclude."""
        from time import monotonic  # noqa: PLC0415 - the end of the wait is in real time

        end, before = monotonic() + within, -1
        loose = replace(expectation, json=asked["json"])
        while True:
            events, evicted = self._events()
            now = float(accepted(self.control.call("GET", "/clock", self.query))["now"])
            looked = _Look(expectation, events, evicted, now)
            left = end - monotonic()
            if left <= 0 or looked.is_final:
                return looked.report()
            possible = sum(loose.matches(event, now, comparing()) for event in events)
            more = {"name": loose.name, "outcome": loose.outcome, "json": loose.json, "at_least": possible + 1}
            if len(events) == before:  # the server counted one that is none: then any new event is waited for
                more = {"outcome": "any", "at_least": len(events) + 1}
            self._asked(more, left)
            before = len(events)

    def _events(self) -> tuple[list[Event], int]:
        """All events of the account, and how many requests are no longer kept."""
        from mockserver.model import Event  # noqa: PLC0415 - the plugin is imported by every pytest run

        listing = whole_listing(self.control, "/events", self.query)
        return [Event(**{name: view[name] for name in Event._fields}) for view in listing["events"]], listing["evicted"]


class _Look:
    """What is true of all events of an account at one time."""

    def __init__(self, expectation: Expectation, events: list[Event], evicted: int, now: float) -> None:
        self._expectation, self._evicted, self._now = expectation, evicted, now
        self._matched: list[Event] = []
        self._others: list[Event] = []
        for event in events:
            (self._matched if expectation.matches(event, now, comparing()) else self._others).append(event)
        self._undecided = expectation.is_undecided(len(self._matched), evicted)

    @property
    def is_final(self) -> bool:
        """Whether nothing that still comes can change it."""
        expectation, count = self._expectation, len(self._matched)
        settled = expectation.at_least > 0 and expectation.accepts(count)
        return settled or self._undecided or expectation.is_exceeded(count)

    def report(self) -> UnverifiedView | None:
        """What the server would report; None if it is as expected."""
        from mockserver.events.verification import nearest_to  # noqa: PLC0415

        expectation, count = self._expectation, len(self._matched)
        if expectation.accepts(count) and not self._undecided:
            return None
        lacking = count < expectation.at_least
        nearest, compared = nearest_to(expectation, self._others, self._now) if lacking else ([], 0)
        return {
            "ok": False,
            "count": count,
            "evicted": self._evicted,
            "undecided": self._undecided,
            "unseen": self._evicted,
            "expected": expectation.in_words,
            "matched": [_view(event) for event in self._matched[:MAX_MATCHED]],
            "nearest": [{"event": _view(near.event), "differences": _differences(near)} for near in nearest],
            "compared": compared,
            "total": count + len(self._others),
            "requests": [],
            "unclaimed": [],
        }


def _expectation(expected: Mapping[str, Any]) -> Expectation:
    """An expectation of this process, which the server would refuse if it were wrong."""
    from mockserver.events.verification import Expectation  # noqa: PLC0415 - few tests need it

    low, high = bounds(*(expected.get(name) for name in ("times", "at_least", "at_most")))
    name, outcome = expected.get("name"), expected["outcome"]
    return Expectation(name=name, json=expected["json"], outcome=outcome, at_least=low, at_most=high)


def _view(event: Event) -> EventView:
    return cast("EventView", event._asdict())


def _differences(near: Nearest) -> list[DifferenceView]:
    return [cast("DifferenceView", found._asdict()) for found in near.differences]
