"""Checks what arrived against what a test expects, and finds the events that come nearest to it."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from mockserver.model import Event, Json
from mockserver.support.matching import Difference, differences, is_subset
from mockserver.support.suggestions import Likeness

MAX_NEAREST = 3
NAME_COMPARED = 200
NAMES_COMPARED = 1000
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

    def matches(self, event: Event, now: float) -> bool:
        return self.selects(event) and (self.json is None or is_subset(self.json, event.attributes, now))

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


def nearest_to(expectation: Expectation, events: Iterable[Event], now: float) -> list[Nearest]:
    """The events that come nearest to the expected one; at most three.

    First those of the expected name, then those of the most similar ones; among them fewest differences first, then
    the latest. The name and the outcome count as places where an event can differ.
    """
    likeness = Likeness(expectation.name or "", characters=NAME_COMPARED, names=NAMES_COMPARED)

    def rank(numbered: tuple[int, Event]) -> tuple[float, int, int]:
        number, event = numbered
        named = expectation.name in (None, event.name, event.operation)
        unlike = 0.0 if named else 1.0 - min(likeness.of(event.name or ""), 0.99)
        return unlike, sum(1 for _ in _departures(expectation, event, now)), -number

    comparable = (event for event in events if expectation.vendor in (None, event.vendor))
    nearest = nsmallest(MAX_NEAREST, enumerate(comparable), rank)
    return [Nearest(event, list(_departures(expectation, event, now))) for _, event in nearest]


def _departures(expectation: Expectation, event: Event, now: float) -> Iterator[Difference]:
    """Where an event is not what is expected."""
    if expectation.operation not in (None, event.operation):
        yield Difference("operation", str(expectation.operation), event.operation)
    if expectation.name not in (None, event.name, event.operation):
        yield Difference("name", f'"{expectation.name}"', event.name)
    if expectation.json is not None:
        yield from differences(expectation.json, event.attributes, now)
    if expectation.outcome not in (ANY, event.outcome):
        yield Difference("outcome", expectation.outcome, event.outcome)
