"""Checks what arrived against what a test expects, and finds the events that come nearest to it."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from math import inf
from operator import itemgetter
from typing import NamedTuple

from mockserver.model import Event, Json
from mockserver.support.budget import Budget, TooMuchWork
from mockserver.support.matching import Difference, comparing, count_differences, differences, is_subset
from mockserver.support.suggestions import likenesses

MAX_NEAREST = 3
MAX_NAME, MAX_NAMES = 100, 100
"""Characters of a name that are compared, and names."""
MAX_STEPS = 2_000_000
"""What the search for the nearest events may take, and the differences of each."""
ANY = "any"


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which events are expected, and how many: exactly `times`, or between `at_least` and `at_most`.

    `name` may also be an operation's id. `json` is a subset of the event's JSON as it was sent. `outcome` is one of
    the outcomes of an event or `any`.
    """

    vendor: str | None = None
    operation: str | None = None
    name: str | None = None
    json: Json = None
    outcome: str = "accepted"
    at_least: int = 1
    at_most: int | None = None

    def selects(self, event: Event) -> bool:
        """Whether an event is of the expected kind, its JSON aside."""
        return (
            self.vendor in (None, event.vendor)
            and self.operation in (None, event.operation)
            and self.name in (None, event.name, event.operation)
            and self.outcome in (ANY, event.outcome)
        )

    def matches(self, event: Event, now: float, budget: Budget) -> bool:
        """Whether an event is as expected. Raises TooMuchWork."""
        return self.selects(event) and (self.json is None or is_subset(self.json, event.attributes, now, budget))

    def could_match(self, vendor: str, operations: Container[str]) -> bool:
        """Whether a request to a vendor that has these operations could hold such an event at all."""
        return self.vendor in (None, vendor) and (self.operation is None or self.operation in operations)

    def accepts(self, count: int) -> bool:
        """Whether so many events are as expected."""
        return self.at_least <= count and (self.at_most is None or count <= self.at_most)

    def is_undecided(self, count: int, unseen: int) -> bool:
        """Whether so many are as expected, but requests that were evicted `unseen` could have held too many."""
        return self.accepts(count) and self.at_most is not None and unseen > 0

    def is_exceeded(self, count: int) -> bool:
        return self.at_most is not None and count > self.at_most

    @property
    def in_words(self) -> str:
        """How many are expected, in the words of a failure message."""
        if self.at_most is None:
            return f"at least {self.at_least}"
        return f"exactly {self.at_least}" if self.at_least == self.at_most else f"{self.at_least} to {self.at_most}"


@dataclass(frozen=True, slots=True)
class Nearest:
    """An event that is not what was expected, and in what."""

    event: Event
    differences: Sequence[Difference]


class NearestEvents(NamedTuple):
    """The events that come nearest to an expected one, and how many were compared with it to find them."""

    events: list[Nearest]
    compared: int


def nearest_to(expectation: Expectation, events: Iterable[Event], now: float) -> NearestEvents:
    """The events that come nearest to the expected one; at most three.

    First those of the expected name, then those of the most similar ones; among them fewest differences first, then
    the latest. The name and the outcome count as places where an event can differ. Where there are too many events
    or differences, only the latest of a name are compared, and only so many names; the others come last.
    """
    latest = [event for event in events if expectation.vendor in (None, event.vendor)][::-1]
    names = islice(dict.fromkeys(event.name or "" for event in latest), MAX_NAMES)
    alike = likenesses(expectation.name or "", names, MAX_NAME) if expectation.name is not None else {}
    groups: dict[float, list[Event]] = defaultdict(list)
    for event in latest:
        named = expectation.name in (None, event.name, event.operation)
        groups[0.0 if named else 1.0 - min(alike.get(event.name or "", 0.0), 0.99)].append(event)
    nearest: list[Event] = []
    compared, budget = len(latest), comparing(MAX_STEPS)
    for unlike in sorted(groups):
        if len(nearest) < MAX_NEAREST:
            ranked = list(_counted(expectation, groups[unlike], now, budget))
            compared -= len(groups[unlike]) - len(ranked)
            nearest += [event for _, event in sorted(ranked, key=itemgetter(0))]
    shown = nearest[:MAX_NEAREST]
    return NearestEvents([Nearest(event, _within_budget(expectation, event, now)) for event in shown], compared)


def _counted(
    expectation: Expectation, events: Sequence[Event], now: float, budget: Budget
) -> Iterator[tuple[float, Event]]:
    """Events with the number of their differences: the first ones, as far as the budget goes, and enough to show."""
    for number, event in enumerate(events):
        try:
            beside = sum(1 for _ in _departures(expectation, event, ()))
            json = expectation.json
            yield beside + (0 if json is None else count_differences(json, event.attributes, now, budget)), event
        except TooMuchWork:
            if number >= MAX_NEAREST:
                return
            yield inf, event


def _within_budget(expectation: Expectation, event: Event, now: float) -> list[Difference]:
    """Where an event is not what is expected, the first places where there are too many."""
    in_json = differences(expectation.json, event.attributes, now, budget=comparing(MAX_STEPS))
    found = []
    with suppress(TooMuchWork):
        for difference in _departures(expectation, event, () if expectation.json is None else in_json):
            found.append(difference)  # noqa: PERF402 - what was found is kept when the budget is spent
    return found


def _departures(expectation: Expectation, event: Event, in_json: Iterable[Difference]) -> Iterator[Difference]:
    """Where an event is not what is expected, given where its JSON is not."""
    if expectation.operation not in (None, event.operation):
        yield Difference("operation", str(expectation.operation), event.operation)
    if expectation.name not in (None, event.name, event.operation):
        yield Difference("name", f'"{expectation.name}"', event.name)
    yield from in_json
    if expectation.outcome not in (ANY, event.outcome):
        yield Difference("outcome", expectation.outcome, event.outcome)
