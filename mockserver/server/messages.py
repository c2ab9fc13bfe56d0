"""Puts a message into a value that fits a schema, where the value has a place for it and still fits."""

from collections.abc import Callable, Iterator
from typing import Any

from mockserver.model import Json

NAMES = frozenset(
    {"message", "msg", "error", "errors", "detail", "details", "title", "description", "reason", "error_message"}
    | {"errormessage", "error_description", "errordescription", "errordetail", "error_detail", "text", "summary"}
)
"""Members that tell people what went wrong, in lower case."""
MAX_DEPTH = 4
MAX_PLACES = 8


def with_message(usual: Json, known: Json, message: str, is_valid: Callable[[Json], bool]) -> Json:
    """The fullest value that still fits: the usual one with the members that are known, else with the message in each
    member that is named after one, in the first of them, or the usual one as it is."""
    for value in _tries(usual, known, message):
        if is_valid(value):
            return value
    return usual


def _tries(usual: Json, known: Json, message: str) -> Iterator[Json]:
    yield _merged(usual, known)
    yield _told(usual, message, [MAX_PLACES])
    yield _told(usual, message, [1])


def _merged(usual: Json, known: Json) -> Json:
    if isinstance(usual, dict) and isinstance(known, dict):
        return {**usual, **{name: _merged(usual.get(name, each), each) for name, each in known.items()}}
    if isinstance(usual, list) and isinstance(known, list) and usual and known:
        return [_merged(usual[0], each) for each in known]
    return known


def _told(value: Json, message: str, left: list[int], name: str = "", depth: int = 0) -> Any:
    """A copy of a value with the message in the texts that are named after one, as long as places are `left`."""
    if isinstance(value, dict) and depth < MAX_DEPTH:
        return {key: _told(each, message, left, key.lower(), depth + 1) for key, each in value.items()}
    if isinstance(value, list) and depth < MAX_DEPTH:
        return [_told(each, message, left, name, depth + 1) for each in value]
    if isinstance(value, str) and name in NAMES and left[0] > 0:
        left[0] -= 1
        return message
    return value
