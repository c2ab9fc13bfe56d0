"""Compares the fields of a table with the examples: fields that no example shows, and names spelt in two ways."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mockserver.extract.model import Example, Field, Finding, Json
from mockserver.extract.names import words
from mockserver.extract.tree import ANY_KEY, OPTION
from mockserver.support.pointers import escaped, parts_of
from mockserver.support.suggestions import likeness

ALIKE = 0.8
"""How like two names must be to be taken for one: `session_expired_at` and `sessionExpiresAt` are 0.94."""


class _At(NamedTuple):
    """A value in an example."""

    example: Example
    pointer: str
    value: Json

    @property
    def line(self) -> int:
        return self.example.line_of(self.pointer)


def unlike(file: str, place: str, fields: Sequence[Field], examples: Sequence[Example]) -> Iterator[Finding]:
    """Findings on the fields of one body. A body without examples has none."""
    if examples:
        yield from _level(file, place, fields, [_At(example, "", example.value) for example in examples])


def _level(file: str, place: str, fields: Sequence[Field], values: Sequence[_At]) -> Iterator[Finding]:
    objects = [each for value in values for each in _objects(value)]
    if not objects:
        return
    members = _members(fields)
    known = {_plain(name) for name in members}
    unknown = [_child(each, key) for each in reversed(objects) for key in each.value if _plain(key) not in known]
    strangers = {_key(each): each for each in unknown}
    for name, same in members.items():
        found = [_child(each, key) for each in objects for key in each.value if _plain(key) == _plain(name)]
        line = same[0].row.line
        if found:
            spelt = _key(found[0])
            if spelt != name:
                message = f"the table says {name}, the examples say {spelt} (line {found[0].line})"
                yield Finding(file, line, "name-case", place, message)
            yield from _level(file, place, [child for field in same for child in field.children], found)
        elif (other := _alike(name, strangers)) is not None:
            message = f"the table says {name}, the examples say {other} (line {strangers[other].line})"
            yield Finding(file, line, "name-spelling", place, message)
        else:
            yield Finding(file, line, "field-unshown", place, f"no example shows {name}")


def _members(fields: Sequence[Field]) -> dict[str, list[Field]]:
    """Name → the fields of this name; those of all options count as one level."""
    members: dict[str, list[Field]] = {}
    for field in fields:
        if OPTION.match(field.row.name):
            for name, same in _members(field.children).items():
                members.setdefault(name, []).extend(same)
        elif field.row.name != ANY_KEY:
            members.setdefault(field.row.name, []).append(field)
    return members


def _objects(at: _At) -> Iterator[_At]:
    if isinstance(at.value, list):
        for index, item in enumerate(at.value):
            yield from _objects(_At(at.example, f"{at.pointer}/{index}", item))
    elif isinstance(at.value, dict):
        yield at


def _child(at: _At, key: str) -> _At:
    return _At(at.example, f"{at.pointer}/{escaped(key)}", at.value[key])


def _key(at: _At) -> str:
    return parts_of(at.pointer)[-1]


def _plain(name: str) -> str:
    return " ".join(words(name)) or name


def _alike(name: str, strangers: dict[str, _At]) -> str | None:
    ranked = [(likeness(_plain(name), _plain(key)), key) for key in strangers]
    ratio, best = max(ranked, key=lambda pair: pair[0], default=(0.0, None))
    return best if ratio >= ALIKE else None
