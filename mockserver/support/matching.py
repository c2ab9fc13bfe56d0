"""Whether one JSON value is a subset of another, with matchers for what a test cannot know, and where they differ."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, zip_longest
from typing import NamedTuple

from mockserver.model import Json
from mockserver.support.budget import Budget
from mockserver.support.numbers import is_number
from mockserver.support.pointers import escaped
from mockserver.support.regexes import found, pattern_problem
from mockserver.support.timestamps import is_near, time_of

MAX_STEPS = 5_000_000
"""What comparing one value with others may take, a third of a second or so."""
MAX_ENUMERATED = 8
"""Values that a message enumerates."""
MAX_PATTERNS = 50
"""Different regular expressions in one expected value: each takes some milliseconds to compile."""
PAIR_STEPS, MEMBER_STEPS = 10, 10
"""What a pair of values takes besides a step for each member, and what a member takes whose difference is told."""


class Judged:
    """An expected value that is no JSON: `holds` judges a value in its place, `words` say what it expects."""

    def __init__(self, words: str, holds: Callable[[Json], bool]) -> None:
        self._words = words
        self._holds = holds

    def __eq__(self, other: object) -> bool:
        return self._holds(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self._words


class Difference(NamedTuple):
    """One place where the actual value differs from the expected one. `missing` is set where there is no value."""

    pointer: str
    expected: str
    actual: Json = None
    missing: bool = False


def is_subset(expected: Json, actual: Json, now: float = 0.0, budget: Budget | None = None) -> bool:
    """Whether `actual` holds everything that `expected` says; `now` is the time for `$now`, seconds since the epoch.

    Every member of an expected object is a subset of the same member of the actual one; an array has as many items as
    the expected one, each a superset of the item at the same place; anything else is equal, true and false only to
    themselves. An object whose single member has the name of one of MATCHERS is a matcher. Raises TooMuchWork if the
    budget does not suffice, which is `comparing()` if there is none.
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
    name, argument = matcher_of(expected) or NO_MATCHER
    if name in _LACKED_BY and isinstance(actual, list):
        for number in _LACKED_BY[name](argument, actual, now, budget):
            yield f"{pointer}/{number}", True, argument[number], actual, False
        if name == "$unordered" and len(argument) < len(actual):
            yield pointer, False, expected, actual, False
    elif isinstance(expected, dict) and isinstance(actual, dict) and not name:
        budget.spend(MEMBER_STEPS * len(expected))
        for key, value in expected.items():
            place = f"{pointer}/{escaped(key)}"
            if key in actual:
                yield from _differing(value, actual[key], now, place, budget)
            elif not _may_be_absent(value):
                yield place, False, value, None, True
    elif isinstance(expected, list) and isinstance(actual, list):
        budget.spend(MEMBER_STEPS * max(len(expected), len(actual)))
        for number, (item, other) in enumerate(zip_longest(expected, actual, fillvalue=ABSENT)):
            if number >= len(actual):
                yield f"{pointer}/{number}", False, item, None, True
            else:
                yield from _differing(item, other, now, f"{pointer}/{number}", budget)
    elif not _holds(expected, actual, now, budget):
        yield pointer, False, expected, actual, False


def _holds(expected: Json, actual: Json, now: float, budget: Budget) -> bool:
    """`is_subset`, with a step for every pair of values that is compared."""
    if not isinstance(expected, (dict, list)):
        return _same(expected, actual)
    budget.spend(PAIR_STEPS + len(expected))
    matcher = matcher_of(expected)
    if matcher is not None:
        return MATCHERS[matcher[0]].matches(matcher[1], actual, now, budget)
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key not in actual:
                if _may_be_absent(value):
                    continue
                return False
            other = actual[key]
            if type(value) is type(other) in (str, int):  # as nearly always, and twice as fast
                if value != other:
                    return False
            elif not _holds(value, other, now, budget):
                return False
        return True
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return len(expected) == len(actual) and all(_holds(item, other, now, budget) for item, other in pairs)
    return _same(expected, actual)


def _may_be_absent(expected: Json) -> bool:
    """Whether a member that is not there is as expected."""
    name, argument = matcher_of(expected) or NO_MATCHER
    return name == "$absent" or (name == "$one_of" and any(map(_may_be_absent, argument)))


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


def _unpaired(expected: list[Json], actual: list[Json], now: float, budget: Budget) -> Iterator[int]:
    """Which items of an expected array are left over when each is paired with an item of the actual one that matches
    it, and with no other, so that as many as possible are paired. Two items are compared once at most."""
    budget.spend(2 * (len(actual) + len(expected)))
    plain: dict[tuple[bool, Json], list[int]] = {}
    for place, other in enumerate(actual):
        if _is_plain(other):
            plain.setdefault(_comparable(other), []).append(place)
    fitting = [
        plain.get(_comparable(item), [])
        if _is_plain(item)
        else [place for place, other in enumerate(actual) if _holds(item, other, now, budget)]
        for item in expected
    ]
    item_at: dict[int, int] = {}
    place_of: dict[int, int] = {}
    for number in range(len(expected)):
        reached, waiting, free = dict[int, int](), [number], None
        while waiting and free is None:  # looks for pairs that can be exchanged, up to an item that is free
            item = waiting.pop()
            budget.spend(len(fitting[item]))
            for place in fitting[item]:
                if place not in reached:
                    reached[place] = item
                    if place not in item_at:
                        free = place
                        break
                    waiting.append(item_at[place])
        if free is None:
            yield number
        while free is not None:
            item = reached[free]
            item_at[free], place_of[item], free = item, free, place_of.get(item)


def _is_plain(value: Json) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _comparable(value: Json) -> tuple[bool, Json]:
    """A plain value so that true is not 1."""
    return isinstance(value, bool), value


def _same(expected: Json, actual: Json) -> bool:
    if isinstance(expected, bool) or (isinstance(actual, bool) and _is_plain(expected)):
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
    """The matchers in an expected value whose argument is wrong: as plain JSON they would match nothing. The patterns
    beyond MAX_PATTERNS are wrong, too."""
    return _argument_problems(expected, pointer, set())


def _argument_problems(expected: Json, pointer: str, patterns: set[str]) -> Iterator[Difference]:
    if isinstance(expected, dict):
        for key, value in expected.items():
            if len(expected) == 1 and key in MATCHERS:
                problem = _too_many(value, patterns) if key == "$regex" else None
                problem = problem or MATCHERS[key].problem(value)
                if problem is not None:
                    yield Difference(pointer, f"{key} takes {problem}", value)
            yield from _argument_problems(value, f"{pointer}/{escaped(str(key))}", patterns)
    elif isinstance(expected, (list, tuple)):
        for number, item in enumerate(expected):
            yield from _argument_problems(item, f"{pointer}/{number}", patterns)


def _too_many(pattern: Json, patterns: set[str]) -> str | None:
    """Adds a pattern to those that an expected value has, if there may be another one."""
    if isinstance(pattern, str) and (pattern in patterns or len(patterns) < MAX_PATTERNS):
        patterns.add(pattern)
    elif isinstance(pattern, str):
        return f"at most {MAX_PATTERNS} different regular expressions in one expected value"
    return None


NO_MATCHER: tuple[str, Json] = ("", None)
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


def _takes(argument: str, accepts: Callable[[Json], bool]) -> Callable[[Json], str | None]:
    return lambda given: None if accepts(given) else argument


def _is_close(argument: Json, value: Json) -> bool:
    target, within = argument["value"], argument["within"]
    if is_number(target):
        return is_number(value) and abs(value - target) <= within
    wanted = time_of(target)
    return wanted is not None and is_near(value, wanted, within)


def _takes_closeness(argument: Json) -> bool:
    return (
        isinstance(argument, dict)
        and argument.keys() == {"value", "within"}
        and (
            is_number(argument["value"])
            or (isinstance(argument["value"], str) and time_of(argument["value"]) is not None)
        )
        and is_number(argument["within"])
        and argument["within"] >= 0
    )


def _is_unordered(items: list[Json], value: Json, now: float, budget: Budget) -> bool:
    same_length = isinstance(value, list) and len(value) == len(items)
    return same_length and next(_unpaired(items, value, now, budget), None) is None


def _contains(items: list[Json], value: Json, now: float, budget: Budget) -> bool:
    if isinstance(value, str):
        budget.spend(len(items))
        return all(isinstance(item, str) and item in value for item in items)
    return isinstance(value, list) and next(_absent(items, value, now, budget), None) is None


_LACKED_BY: Mapping[str, Callable[[list[Json], list[Json], float, Budget], Iterator[int]]] = {
    "$unordered": _unpaired,
    "$containing": _absent,
}
"""How to find the items that an array lacks, by the matchers that take arrays in another way than in order."""
ABSENT: Json = {"$absent": True}
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
        lambda seconds, value, now, _budget: is_near(value, now, seconds),
    ),
    "$absent": Matcher(
        _takes("true", lambda yes: yes is True),
        lambda _yes: "nothing",
        lambda _yes, _value, _now, _budget: False,
    ),
    "$close_to": Matcher(
        _takes("{value: a number or an ISO 8601 time, within: a number or seconds, 0 or more}", _takes_closeness),
        lambda argument: f"{argument['value']} ± {argument['within']:g}{'' if is_number(argument['value']) else ' s'}",
        lambda argument, value, _now, _budget: _is_close(argument, value),
    ),
    "$one_of": Matcher(
        _takes("an array of at least one value", lambda values: isinstance(values, list) and bool(values)),
        lambda values: f"one of {_enumerated(values)}",
        lambda values, value, now, budget: any(_holds(each, value, now, budget) for each in values),
    ),
    "$unordered": Matcher(
        _takes("an array", lambda items: isinstance(items, list)),
        lambda items: f"in any order, and nothing else: {_enumerated(items)}",
        _is_unordered,
    ),
    "$containing": Matcher(
        _takes("an array", lambda items: isinstance(items, list)),
        lambda items: f"an array or a text that contains {_enumerated(items)}",
        _contains,
    ),
}


def _enumerated(values: list[Json]) -> str:
    """The first values of a list, each in one short line."""
    return ", ".join([*map(shown, values[:MAX_ENUMERATED]), *(["…"] if len(values) > MAX_ENUMERATED else [])])


def shown(value: Json, most: int = 80) -> str:
    """A value in one short line."""
    matcher = matcher_of(value)
    if matcher is not None:
        text = MATCHERS[matcher[0]].describe(matcher[1])
    else:
        text = str(value) if isinstance(value, Judged) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else text[: most - 1] + "…"
