"""Checks what arrived against what a test expects, and finds the events that come nearest to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mockserver.matching import Difference, differences, is_subset
from mockserver.model import Event, Json

NEAREST_AT_MOST = 3
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

    def accepts(self, count: int) -> bool:
        return self.at_least <= count and (self.at_most is None or count <= self.at_most)

    @property
    def in_words(self) -> str:
        """How many are expected, as a failure says it."""
        if self.at_most is None:
            return f"at least {self.at_least}"
        return f"exactly {self.at_least}" if self.at_least == self.at_most else f"{self.at_least} to {self.at_most}"


@dataclass(frozen=True, slots=True)
class Nearest:
    """An event that is not what was expected, and in what."""

    event: Event
    differences: Sequence[Difference]


def nearest_to(expectation: Expectation, events: Iterable[Event], now: float) -> list[Nearest]:
    """The events that come nearest to the expected one: fewest differences first, then the latest; at most three.

    The name and the outcome count as places where an event can differ.
    """
    near = []
    for event in events:
        if expectation.vendor not in (None, event.vendor):
            continue
        found = [] if expectation.json is None else list(differences(expectation.json, event.attributes, now))
        named = expectation.name is None or expectation.name in (event.name, event.operation)
        if not named:
            found.insert(0, Difference("name", f'"{expectation.name}"', event.name))
        if expectation.operation not in (None, event.operation):
            found.insert(0, Difference("operation", str(expectation.operation), event.operation))
        if expectation.outcome not in (ANY, event.outcome):
            found.append(Difference("outcome", expectation.outcome, event.outcome))
        near.append((not named, len(found), Nearest(event, found)))
    near.reverse()
    near.sort(key=lambda item: item[:2])
    return [item for _, count, item in near[:NEAREST_AT_MOST] if count or expectation.json is None]
