"""The parameters of faults: each is declared once, with the type that reads its value and has its JSON Schema."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from mockserver.model import Json
from mockserver.support.matching import argument_problems
from mockserver.support.pointers import escaped

MAX_SECONDS = 3600
MAX_COUNT = 1_000_000_000
MAX_DEPTH = 100


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
    schema = {"type": "number", "minimum": minimum, "maximum": maximum}
    return plain(schema, f"a number from {minimum:g} to {maximum:g}", _within(minimum, maximum, (int, float)))


def integer(minimum: int, maximum: int) -> ValueType:
    """The type of whole numbers within bounds, both included."""
    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return plain(schema, f"a whole number from {minimum} to {maximum}", _within(minimum, maximum, int))


def _within(minimum: float, maximum: float, types: Any) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, types) and not isinstance(value, bool) and minimum <= value <= maximum


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
        problems.add(f"unknown {noun} {value!r}{nearest(str(value), known)}")
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
                problems.at(name).add(f"unknown key '{name}'{nearest(str(name), by_name)}")
        return {name: _member(value.get(name), member, problems) for name, member in by_name.items()}

    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: member.schema for name, member in by_name.items()},
        "required": [member.name for member in by_name.values() if member.required],
    }
    return ValueType(schema, read)


def _member(value: Json, member: Parameter, problems: Problems) -> Any:
    if value is None and member.required:
        problems.add(f"`{member.name}` is required")
    read = None if value is None else member.type.read(value, problems.at(member.name))
    return member.default if read is None else read


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
    elif _is_json(value, problems):
        problems.found.extend((problems.pointer + wrong.pointer, wrong.expected) for wrong in argument_problems(value))
    return value


SUBSET = ValueType({"type": ["object", "array"]}, _read_subset)


def _is_json(value: Any, problems: Problems, depth: int = 0) -> bool:
    """Whether a value that YAML can say is one that JSON can say too; else adds the first problem."""
    if depth > MAX_DEPTH:
        problems.add(f"is nested more than {MAX_DEPTH} levels deep")
        return False
    if isinstance(value, list):
        return all(_is_json(item, problems.at(position), depth + 1) for position, item in enumerate(value))
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                problems.add(f"expected text as the name of a member, found {key!r}; put it in quotes")
                return False
        return all(_is_json(item, problems.at(key), depth + 1) for key, item in value.items())
    if not isinstance(value, (str, int, float, type(None))) or (isinstance(value, float) and not math.isfinite(value)):
        problems.add(f"expected a JSON value, found {value!r}; put it in quotes")
        return False
    return True


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the one that it is most like, or all."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(sorted(known))}"
