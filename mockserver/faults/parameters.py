"""The parameters of faults: each is declared once, with the type that reads its value and has its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple

from mockserver.model import Json
from mockserver.support.matching import argument_problems
from mockserver.support.numbers import is_integer, is_number
from mockserver.support.pointers import escaped, walk
from mockserver.support.suggestions import hint

MAX_SECONDS = 3600
MAX_COUNT = 1_000_000_000


class Problems(NamedTuple):
    """Collects what is wrong with a script, as (JSON pointer, text); `pointer` is the position that is being read."""

    found: list[tuple[str, str]]
    pointer: str = ""

    def at(self, part: object) -> Problems:
        """The same collection, one step further down."""
        return Problems(self.found, f"{self.pointer}/{escaped(part)}")

    def add(self, text: str) -> None:
        self.found.append((self.pointer, text))


class ValueType(NamedTuple):
    """A type of values. `read` makes a JSON value what a fault keeps of it, or adds a problem and returns None;
    `schema` is the JSON Schema of the values without a problem."""

    schema: Mapping[str, Json]
    read: Callable[[Json, Problems], Any]


class Parameter(NamedTuple):
    """A named value of a fault; `description` is a phrase in plain English. A null counts as absent."""

    name: str
    type: ValueType
    description: str
    default: Json = None
    required: bool = False

    @property
    def schema(self) -> dict[str, Json]:
        schema = dict(self.type.schema) if self.required else _or_null(self.type.schema)
        default = {} if self.default is None else {"default": self.default}
        return {**schema, "description": self.description, **default}

    def read(self, value: Json, problems: Problems) -> Any:
        if value is None and self.required:
            problems.add(f"`{self.name}` is required")
        read = None if value is None else self.type.read(value, problems.at(self.name))
        return self.default if read is None else read


def plain(schema: Mapping[str, Json], noun: str, accepts: Callable[[Json], bool]) -> ValueType:
    """The type of the values that it `accepts`; `noun` is what a message calls them."""

    def read(value: Json, problems: Problems) -> Any:
        if accepts(value):
            return value
        problems.add(f"expected {noun}, found {value!r}")
        return None

    return ValueType(schema, read)


def number(minimum: float, maximum: float) -> ValueType:
    """The type of numbers within bounds, both included."""
    return _bounded("number", f"a number from {minimum:g} to {maximum:g}", is_number, minimum, maximum)


def integer(minimum: int, maximum: int) -> ValueType:
    """The type of whole numbers within bounds, both included."""
    return _bounded("integer", f"a whole number from {minimum} to {maximum}", is_integer, minimum, maximum)


def _bounded(name: str, noun: str, is_kind: Callable[[Json], bool], minimum: float, maximum: float) -> ValueType:
    schema = {"type": name, "minimum": minimum, "maximum": maximum}
    return plain(schema, noun, lambda value: is_kind(value) and minimum <= value <= maximum)


TEXT = plain({"type": "string", "minLength": 1}, "text", lambda value: isinstance(value, str) and value != "")
FLAG = plain({"type": "boolean"}, "true or false", lambda value: isinstance(value, bool))
COUNT = integer(0, MAX_COUNT)
POSITIVE = integer(1, MAX_COUNT)
SHARE = number(0, 1)
SECONDS = number(0, MAX_SECONDS)


def choice(noun: str, names: Iterable[str]) -> ValueType:
    """The type of the names of a kind of thing; `noun` is what a message calls it."""
    known = sorted(names)

    def read(value: Json, problems: Problems) -> str | None:
        if isinstance(value, str) and value in known:
            return value
        problems.add(f"unknown {noun} {value!r}{hint(value, known)}")
        return None

    return ValueType({"enum": known}, read)


def object_of(noun: str, members: Iterable[Parameter]) -> ValueType:
    """The type of objects with these members and no others, read as a dictionary of all members with the defaults of
    those that are absent or wrong; `noun` is what a message calls it."""
    by_name = {member.name: member for member in members}

    def read(value: Json, problems: Problems) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            problems.add(f"expected {noun}, found {value!r}")
            return None
        for name in value:
            if name not in by_name:
                problems.at(name).add(f"unknown key '{name}'{hint(name, by_name)}")
        return {name: member.read(value.get(name), problems) for name, member in by_name.items()}

    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: member.schema for name, member in by_name.items()},
        "required": [member.name for member in by_name.values() if member.required],
    }
    return ValueType(schema, read)


def one_member(schemas: Mapping[str, Mapping[str, Json]]) -> dict[str, Json]:
    """The JSON Schema of an object with exactly one of these members."""
    exactly_one = {"minProperties": 1, "maxProperties": 1}
    return {"type": "object", "properties": schemas, "additionalProperties": False, **exactly_one}


def _or_null(schema: Mapping[str, Json]) -> dict[str, Json]:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    types = schema["type"]
    return {**schema, "type": [*types, "null"] if isinstance(types, list) else [types, "null"]}


def _read_subset(value: Json, problems: Problems) -> Json:
    if not isinstance(value, (dict, list)):
        problems.add(f"expected a JSON subset of the body, found {value!r}")
        return None
    wrong = list(_not_json(value)) or [(each.pointer, each.expected) for each in argument_problems(value)]
    problems.found.extend((problems.pointer + pointer, text) for pointer, text in wrong)
    return value


SUBSET = ValueType({"type": ["object", "array"]}, _read_subset)


def _not_json(value: Any) -> Iterator[tuple[str, str]]:
    """What YAML can say and JSON cannot, as problems with pointers."""
    for pointer, each in walk(value):
        if isinstance(each, dict):
            for name in each:
                if not isinstance(name, str):
                    yield pointer, f"expected text as a member's name, found {name!r}; put it in quotes"
        elif (isinstance(each, float) and not isfinite(each)) or not isinstance(each, list | str | int | float | None):
            yield pointer, f"expected a JSON value, found {each!r}; put it in quotes"
