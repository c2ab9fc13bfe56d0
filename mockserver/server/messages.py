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
    """The value that tells the message and still fits: the usual one with the members that are `known` (None where none
    are), with the message in each member that is named after one, or in the first of them; else one that does not tell
    it."""
    for value in _tries(usual, known, message):
        if is_valid(value):
            return value
    return usual


def tells(value: Json, message: str) -> bool:
    """Whether the message stands in a value."""
    if isinstance(value, dict):
        return any(tells(each, message) for each in value.values())
    if isinstance(value, list):
        return any(tells(each, message) for each in value)
    return isinstance(value, str) and message in value


def _tries(usual: Json, known: Json, message: str) -> Iterator[Json]:
    merged = usual if known is None else _merged(usual, known)
    if known is not None and tells(merged, message):
        yield merged
    for value in (merged, usual):
        yield _told(value, message, [MAX_PLACES])
        yield _told(value, message, [1])
    yield merged


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
