"""JSON Pointers (RFC 6901): written, read, followed, and located in the text that a value was read from."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def escaped(part: object) -> str:
    """One reference token of a pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def pointer_of(path: Iterable[object]) -> str:
    """The pointer of a path of names and list positions."""
    return "".join(f"/{escaped(part)}" for part in path)


def parts_of(pointer: str) -> list[str]:
    """The reference tokens of a pointer, unescaped; none for the whole document."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def follow(document: Any, pointer: str) -> Any:
    """What a pointer leads to, or None where it leads nowhere. A leading `#`, as in a `$ref`, is ignored."""
    node = document
    for part in parts_of(pointer.removeprefix("#")):
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and _INDEX.fullmatch(part) and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def walk(document: Any) -> Iterator[tuple[str, Any]]:
    """Every value of a JSON document with its pointer, from the top down. A change that the caller makes to an object
    or array before it asks for the next value is seen."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        yield pointer, value
        if isinstance(value, dict):
            waiting.extend((f"{pointer}/{escaped(name)}", value[name]) for name in reversed(value))
        elif isinstance(value, list):
            waiting.extend((f"{pointer}/{number}", value[number]) for number in reversed(range(len(value))))


def position_of(text: str, pointer: str) -> tuple[int, int]:
    """Line and column, both from 1 and in characters, where a value begins in valid JSON text. A pointer that leads
    nowhere gives the innermost value on its way."""
    at = _after_space(text, 0)
    for part in parts_of(pointer):
        begin = _member(text, at, part)
        if begin is None:
            break
        at = begin
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _member(text: str, at: int, part: str) -> int | None:
    """Where the member `part` of the object or array at `at` begins."""
    opening, index = text[at], 0
    while text[at] in "{[,":  # what stands before a member, if there is one
        at = _after_space(text, at + 1)
        if text[at] in "}]":
            break
        name = str(index)
        if opening == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _after_space(text, _after_space(text, at) + 1)
        if name == part:
            return at
        at = _after_space(text, _DECODER.raw_decode(text, at)[1])
        index += 1
    return None


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None
    return space.end()
