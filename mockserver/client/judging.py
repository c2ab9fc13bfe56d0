"""Makes what a test expects comparable with JSON, whatever Python value it is written as."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from inspect import isroutine
from typing import Any

from mockserver.client.control import ControlError
from mockserver.support.matching import Judged
from mockserver.support.numbers import is_integer
from mockserver.support.pointers import escaped
from mockserver.support.timestamps import is_near, seconds_of

SAME_TIME = 0.001
"""Seconds by which the same time may differ, as many texts have milliseconds only."""
UNLIKE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What a comparison raises that is not made for a value's type: it does not hold."""
PLAIN = (str, int, float, type(None))


def comparable(expected: Any, pointer: str = "") -> Any:
    """An expected value as JSON, in which a Judged stands for what is no JSON: a compiled pattern is searched in text,
    a datetime is the same time in ISO 8601 or since the epoch, a type means an instance of it, a function is a
    predicate, and anything else is compared by its own `==`. Raises TypeError, with the place, for what has none, and
    ControlError for what is nested too deeply."""
    try:
        return _comparable(expected, pointer)
    except RecursionError:
        raise ControlError("json: it is nested too deeply to be compared") from None


def _comparable(expected: Any, pointer: str) -> Any:
    if isinstance(expected, PLAIN):
        return expected
    if isinstance(expected, Mapping):
        return {key: _comparable(value, f"{pointer}/{escaped(key)}") for key, value in expected.items()}
    if isinstance(expected, (list, tuple)):
        return [_comparable(item, f"{pointer}/{number}") for number, item in enumerate(expected)]
    judged = _judged(expected)
    if judged is None:
        place = f"json{pointer}" if pointer else "json"
        raise TypeError(f"{place}: {expected!r} cannot be compared with JSON: it has no == of its own")
    return judged


def for_the_server(expected: Any) -> Any:
    """A comparable value with any value in the place of what only this process can judge; the same if that is none."""
    if isinstance(expected, Judged):
        return {"$any": "value"}
    if isinstance(expected, dict):
        return {key: for_the_server(value) for key, value in expected.items()}
    return [for_the_server(item) for item in expected] if isinstance(expected, list) else expected


def is_judged_here(expected: Any) -> bool:
    """Whether something in a comparable value can only be judged by this process."""
    if isinstance(expected, dict):
        return any(map(is_judged_here, expected.values()))
    return isinstance(expected, Judged) or (isinstance(expected, list) and any(map(is_judged_here, expected)))


def _judged(expected: Any) -> Judged | None:
    """How a value that is no JSON is compared; None where nobody can tell."""
    if isinstance(expected, re.Pattern):
        return Judged(f"text that matches /{expected.pattern}/", _is_found(expected))
    if isinstance(expected, dt.datetime):
        when = seconds_of(expected)
        return Judged(f"the time {expected.isoformat()}", lambda value: is_near(value, when, SAME_TIME))
    if isinstance(expected, (dt.date, uuid.UUID)):
        text = str(expected)
        return Judged(f'"{text}"', lambda value: value == text)
    if isinstance(expected, type) and not _has_own_equality(expected, type):
        return Judged(f"a value of type {expected.__name__}", _is_instance(expected))
    if _has_own_equality(expected, object) and not isroutine(expected):
        return Judged(repr(expected), _guarded(lambda value: bool(expected == value)))
    if callable(expected):
        name = getattr(expected, "__qualname__", repr(expected))
        return Judged(f"a value for which {name} is true", _guarded(lambda value: bool(expected(value))))
    return None


def _has_own_equality(value: Any, usual: Any) -> bool:
    """Whether a value is compared in another way than one whose type is `usual`."""
    return type(value).__eq__ is not usual.__eq__


def _guarded(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def guarded(value: Any) -> bool:
        try:
            return holds(value)
        except UNLIKE:
            return False

    return guarded


def _is_found(pattern: re.Pattern[Any]) -> Callable[[Any], bool]:
    return _guarded(lambda value: pattern.search(value) is not None)


def _is_instance(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind) and (kind is not int or is_integer(value))
