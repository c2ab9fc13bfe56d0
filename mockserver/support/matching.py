"""Whether one JSON value is a subset of another, with matchers for what a test cannot know, and where they differ."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mockserver.model import Json
from mockserver.support.numbers import is_number
from mockserver.support.pointers import escaped
from mockserver.support.timestamps import moment


class Difference(NamedTuple):
    """One place where the actual value differs from the expected one. `missing` is set where there is no value."""

    pointer: str
    expected: str
    actual: Json = None
    missing: bool = False


def is_subset(expected: Json, actual: Json, now: float = 0.0) -> bool:
    """Whether `actual` holds everything that `expected` says; `now` is the time for `$now`, seconds since the epoch.

    Every member of an expected object is a subset of the same member of the actual one; every item of an expected
    array is a subset of some item of the actual one; anything else is equal, true and false only to themselves. An
    object with the single member `$any`, `$regex`, `$uuid` or `$now` is a matcher.
    """
    return next(differences(expected, actual, now), None) is None


def differences(expected: Json, actual: Json, now: float = 0.0, pointer: str = "") -> Iterator[Difference]:
    """Every place where `actual` lacks what `expected` says, in the order of the expected value."""
    matcher = matcher_of(expected)
    if matcher is not None:
        name, argument = matcher
        if not MATCHERS[name].matches(argument, actual, now):
            yield Difference(pointer, MATCHERS[name].describe(argument), actual)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            place = f"{pointer}/{escaped(key)}"
            if key in actual:
                yield from differences(value, actual[key], now, place)
            else:
                yield Difference(place, shown(value), missing=True)
    elif isinstance(expected, list) and isinstance(actual, list):
        plain = {_comparable(other) for other in actual if _is_plain(other)}
        for number, item in enumerate(expected):
            contained = _comparable(item) in plain if _is_plain(item) else _holds(actual, item, number, now)
            if not contained:
                yield Difference(f"{pointer}/{number}", f"an item like {shown(item)}", actual)
    elif not _same(expected, actual):
        yield Difference(pointer, shown(expected), actual)


def _holds(actual: list[Json], item: Json, number: int, now: float) -> bool:
    """Whether some item of an array matches; the one at the same place is tried first."""
    same_place_first = (*actual[number : number + 1], *actual)  # pragma: no mutate - the order only saves time
    return any(is_subset(item, other, now) for other in same_place_first)


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
    """A matcher: its argument in words, what it expects in words, whether it accepts an argument, and whether a value
    matches."""

    argument: str
    describe: Callable[[Json], str]
    accepts: Callable[[Json], bool]
    matches: Callable[[Json, Json, float], bool]


def matcher_of(expected: Json) -> tuple[str, Json] | None:
    """The name and argument of a matcher, or None for plain JSON."""
    if isinstance(expected, dict) and len(expected) == 1:
        name, argument = next(iter(expected.items()))
        if name in MATCHERS and MATCHERS[name].accepts(argument):
            return name, argument
    return None


def argument_problems(expected: Json, pointer: str = "") -> Iterator[Difference]:
    """The matchers in an expected value whose argument is wrong: as plain JSON they would match nothing."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if len(expected) == 1 and key in MATCHERS and not MATCHERS[key].accepts(value):
                yield Difference(pointer, f"{key} takes {MATCHERS[key].argument}", value)
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


def _compiles(pattern: Json) -> bool:
    try:
        return isinstance(pattern, str) and bool(re.compile(pattern))
    except re.error:
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


MATCHERS: Mapping[str, Matcher] = {
    "$any": Matcher(
        f"one of {', '.join(_TYPES)}",
        lambda kind: f"any {kind}",
        lambda kind: isinstance(kind, str) and kind in _TYPES,
        lambda kind, value, _now: _TYPES[kind](value),
    ),
    "$regex": Matcher(
        "a regular expression",
        lambda pattern: f"text that matches /{pattern}/",
        _compiles,
        lambda pattern, value, _now: isinstance(value, str) and re.search(pattern, value) is not None,
    ),
    "$uuid": Matcher("true", lambda _yes: "a UUID", lambda yes: yes is True, lambda _yes, value, _now: _is_uuid(value)),
    "$now": Matcher(
        "seconds, 0 or more",
        lambda seconds: f"a time within {seconds:g} s of now",
        lambda seconds: is_number(seconds) and seconds >= 0,
        _is_near,
    ),
}


def shown(value: Json, most: int = 80) -> str:
    """A value in one short line."""
    matcher = matcher_of(value)
    if matcher is not None:
        return MATCHERS[matcher[0]].describe(matcher[1])
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else text[: most - 1] + "…"
