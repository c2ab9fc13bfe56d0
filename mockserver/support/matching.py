"""Whether one JSON value is a subset of another, with matchers for what a test cannot know, and where they differ."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from mockserver.model import Json
from mockserver.support.budget import Budget
from mockserver.support.numbers import is_number
from mockserver.support.pointers import escaped
from mockserver.support.regexes import found, pattern_problem
from mockserver.support.timestamps import moment

MAX_STEPS = 5_000_000
"""What comparing one value with others may take, a third of a second or so."""
PAIR_STEPS, MEMBER_STEPS = 10, 10
"""What a pair of values takes besides a step for each member, and what a member takes whose difference is told."""


class Difference(NamedTuple):
    """One place where the actual value differs from the expected one. `missing` is set where there is no value."""

    pointer: str
    expected: str
    actual: Json = None
    missing: bool = False


def is_subset(expected: Json, actual: Json, now: float = 0.0, budget: Budget | None = None) -> bool:
    """Whether `actual` holds everything that `expected` says; `now` is the time for `$now`, seconds since the epoch.

    Every member of an expected object is a subset of the same member of the actual one; every item of an expected
    array is a subset of some item of the actual one; anything else is equal, true and false only to themselves. An
    object with the single member `$any`, `$regex`, `$uuid` or `$now` is a matcher. Raises TooMuchWork if the budget
    does not suffice, which is `comparing()` if there is none.
    """
    return _holds(expected, actual, now, budget or comparing())


def comparing(steps: int = MAX_STEPS) -> Budget:
    """A budget for comparisons."""
    return Budget(steps, "comparing takes too long: expect fewer members or items, or shorter patterns")


def differences(
    expected: Json, actual: Json, now: float = 0.0, pointer: str = "", budget: Budget | None = None
) -> Iterator[Difference]:
    """Every place where `actual` lacks what `expected` says, in the order of the expected value. Raises TooMuchWork."""
    for place, item, value, other, missing in _differing(expected, actual, now, pointer, budget or comparing()):
        yield Difference(place, f"an item like {shown(value)}" if item else shown(value), other, missing)


def count_differences(expected: Json, actual: Json, now: float, budget: Budget) -> int:
    """How many places differ. Raises TooMuchWork."""
    return sum(1 for _ in _differing(expected, actual, now, "", budget))


def _differing(
    expected: Json, actual: Json, now: float, pointer: str, budget: Budget
) -> Iterator[tuple[str, bool, Json, Json, bool]]:
    """Differences before they are worded: the pointer, whether an array lacks an item, what is expected there, the
    actual value, and whether it is missing."""
    if isinstance(expected, dict) and isinstance(actual, dict) and matcher_of(expected) is None:
        budget.spend(MEMBER_STEPS * len(expected))
        for key, value in expected.items():
            place = f"{pointer}/{escaped(key)}"
            if key in actual:
                yield from _differing(value, actual[key], now, place, budget)
            else:
                yield place, False, value, None, True
    elif isinstance(expected, list) and isinstance(actual, list):
        for number in _absent(expected, actual, now, budget):
            yield f"{pointer}/{number}", True, expected[number], actual, False
    elif not _holds(expected, actual, now, budget):
        yield pointer, False, expected, actual, False


def _holds(expected: Json, actual: Json, now: float, budget: Budget) -> bool:
    """`is_subset`, with a step for every pair of values that is compared."""
    if _is_plain(expected):
        return _same(expected, actual)
    budget.spend(PAIR_STEPS + len(expected))
    matcher = matcher_of(expected)
    if matcher is not None:
        return MATCHERS[matcher[0]].matches(matcher[1], actual, now, budget)
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key not in actual:
                return False
            other = actual[key]
            if type(value) is type(other) in (str, int):  # as nearly always, and twice as fast
                if value != other:
                    return False
            elif not _holds(value, other, now, budget):
                return False
        return True
    if isinstance(expected, list) and isinstance(actual, list):
        return next(_absent(expected, actual, now, budget), None) is None
    return _same(expected, actual)


def _absent(expected: list[Json], actual: list[Json], now: float, budget: Budget) -> Iterator[int]:
    """Which items of an expected array no item of the actual one matches. Two items are compared once at most, so that
    the time grows with the product of the sizes, whatever the depth; the one at the same place is tried first."""
    budget.spend(2 * (len(actual) + len(expected)))
    plain = {_comparable(other) for other in actual if _is_plain(other)}
    for number, item in enumerate(expected):
        if _is_plain(item):
            held = _comparable(item) in plain
        else:
            others = chain(actual[number : number + 1], actual[:number], actual[number + 1 :])
            held = any(_holds(item, other, now, budget) for other in others)
        if not held:
            yield number


def _is_plain(value: Json) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _comparable(value: Json) -> tuple[bool, Json]:
    """A plain value so that true is not 1."""
    return isinstance(value, bool), value


def _same(expected: Json, actual: Json) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


class Matcher(NamedTuple):
    """A matcher: what its argument should be where one is wrong, else None; what it expects in words; and whether a
    value matches."""

    problem: Callable[[Json], str | None]
    describe: Callable[[Json], str]
    matches: Callable[[Json, Json, float, Budget], bool]


def matcher_of(expected: Json) -> tuple[str, Json] | None:
    """The name and argument of a matcher, or None for plain JSON."""
    if isinstance(expected, dict) and len(expected) == 1:
        name, argument = next(iter(expected.items()))
        if name in MATCHERS and MATCHERS[name].problem(argument) is None:
            return name, argument
    return None


def argument_problems(expected: Json, pointer: str = "") -> Iterator[Difference]:
    """The matchers in an expected value whose argument is wrong: as plain JSON they would match nothing."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            problem = MATCHERS[key].problem(value) if len(expected) == 1 and key in MATCHERS else None
            if problem is not None:
                yield Difference(pointer, f"{key} takes {problem}", value)
            yield from argument_problems(value, f"{pointer}/{escaped(str(key))}")
    elif isinstance(expected, (list, tuple)):
        for number, item in enumerate(expected):
            yield from argument_problems(item, f"{pointer}/{number}")


_TYPES: Mapping[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
    "value": lambda _value: True,
}


def _is_uuid(value: Json) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def _is_near(seconds: Json, value: Json, now: float) -> bool:
    when = _time_of(value)
    return when is not None and abs(when - now) <= seconds


def _time_of(value: Json) -> float | None:
    """Seconds since the epoch, from ISO 8601 or a number of seconds; a number beyond the year 5138 is milliseconds."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", value):
        return moment(value)
    if isinstance(value, str) or is_number(value):
        number = float(value) if not isinstance(value, int) or abs(value) < 1 << 62 else 0.0
        return number / 1000 if abs(number) > 1e11 else number
    return None


def _takes(argument: str, accepts: Callable[[Json], bool]) -> Callable[[Json], str | None]:
    return lambda given: None if accepts(given) else argument


MATCHERS: Mapping[str, Matcher] = {
    "$any": Matcher(
        _takes(f"one of {', '.join(_TYPES)}", lambda kind: isinstance(kind, str) and kind in _TYPES),
        lambda kind: f"any {kind}",
        lambda kind, value, _now, _budget: _TYPES[kind](value),
    ),
    "$regex": Matcher(
        pattern_problem,
        lambda pattern: f"text that matches /{pattern}/",
        lambda pattern, value, _now, budget: isinstance(value, str) and found(pattern, value, budget),
    ),
    "$uuid": Matcher(
        _takes("true", lambda yes: yes is True),
        lambda _yes: "a UUID",
        lambda _yes, value, _now, _budget: _is_uuid(value),
    ),
    "$now": Matcher(
        _takes("seconds, 0 or more", lambda seconds: is_number(seconds) and seconds >= 0),
        lambda seconds: f"a time within {seconds:g} s of now",
        lambda seconds, value, now, _budget: _is_near(seconds, value, now),
    ),
}


def shown(value: Json, most: int = 80) -> str:
    """A value in one short line."""
    matcher = matcher_of(value)
    if matcher is not None:
        return MATCHERS[matcher[0]].describe(matcher[1])
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else text[: most - 1] + "…"
