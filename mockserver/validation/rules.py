"""Named rules: what the pages state and a JSON Schema cannot say. Overlays name them with their parameters."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mockserver.model import Json
from mockserver.operations import Rule
from mockserver.support.numbers import is_number
from mockserver.support.pointers import follow
from mockserver.support.timestamps import moment

RuleCheck = Callable[[Json, Rule, float], Iterator[tuple[str, str]]]
"""A named rule: (body, rule with its parameters, now in seconds) → (JSON pointer, message) of each breach."""


def time_window(body: Json, rule: Rule, now: float) -> Iterator[tuple[str, str]]:
    """The time at `pointer` lies at most `past` seconds before and, if given, `future` seconds after now.

    The time is seconds since the epoch or ISO 8601 text. What is no time is left to the schema.
    """
    when = _seconds(follow(body, rule.parameters["pointer"]))
    if when is None:
        return
    past, future = rule.parameters["past"], rule.parameters.get("future")
    if when < now - past:
        yield rule.parameters["pointer"], rule.parameters.get("too_old", f"is more than {_hours(past)} in the past")
    if future is not None and when > now + future:
        yield rule.parameters["pointer"], rule.parameters.get("too_new", f"is more than {_hours(future)} in the future")


def less_than(body: Json, rule: Rule, _now: float) -> Iterator[tuple[str, str]]:
    """The number at `pointer` is less than the one at `than`."""
    low, high = (follow(body, rule.parameters[key]) for key in ("pointer", "than"))
    if is_number(low) and is_number(high) and not low < high:
        yield rule.parameters["pointer"], f"must be less than {rule.parameters['than'].rsplit('/', 1)[-1]}"


class NamedRule(NamedTuple):
    """A rule's check, the parameters that it needs, and those that it may have besides."""

    check: RuleCheck
    needs: frozenset[str]
    takes: frozenset[str] = frozenset()


RULES: Mapping[str, NamedRule] = {
    "time-window": NamedRule(time_window, frozenset({"pointer", "past"}), frozenset({"future", "too_old", "too_new"})),
    "less-than": NamedRule(less_than, frozenset({"pointer", "than"})),
}


def _seconds(value: Json) -> float | None:
    if is_number(value):
        return float(value) if abs(value) < 1e300 else None
    if isinstance(value, str):
        return moment(value)
    return None


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g} hours"
