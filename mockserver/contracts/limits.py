"""Lists what to try at a schema: for each of its keywords values at the limit, just inside and just outside of it."""

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from mockserver.contracts.merging import all_of
from mockserver.contracts.values import ValueMaker
from mockserver.model import Json
from mockserver.support.keywords import types_of

ONE_OF_EACH: Mapping[str, Json] = {
    "null": None,
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "string": "a",
    "array": [],
    "object": {},
}
MAX_SIZE = 20_000
ODD_TEXTS = ("", " ", "A b!", "a\n", "x" * 70, "\u3000", "-1", "1.5")
OF_FORMAT: Mapping[str, tuple[str, ...]] = {
    "date-time": (
        *("2025-07-15T12:00:00Z", "2025-07-15T12:00:00.123456789Z", "2025-07-15T14:00:00+02:00"),
        *("2025-07-15", "2025-02-30T12:00:00Z", "2025-07-15T12:00:00", "2025-07-15T25:00:00Z", "yesterday"),
    ),
    "iso-8601-time": (
        *("2025-07-15T12:00:00Z", "2025-07-15T12:00:00.123456789Z", "2025-07-15T14:00:00+0200", "2025-07-15T12:00:00"),
        *("20250715T1200Z", "2025-W29-2T12:00,5", "2025-07-15T14+02", "2025-07-15T12:00:00,5Z"),
        *("2025-07-15", "2025-02-30T12:00:00Z", "2025-07-15T25:00:00Z", "2025-07-15 12:00", "yesterday"),
    ),
    "uuid": (
        *("6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60", "00000000-0000-0000-0000-000000000000"),
        *("6f8f1b1e", "6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a6g", ""),
    ),
    "int64": (
        *("0", "-9223372036854775808", "9223372036854775807"),
        *("9223372036854775808", "-9223372036854775809", "1.5", "0x1"),
    ),
}
"""Texts at both sides of a format."""


class Trial(NamedTuple):
    """A value to try: for which keyword, on which `side` of it (inside, at, outside)."""

    keyword: str
    side: str
    value: Json


class Makers(NamedTuple):
    """What trials are made with: values with the least members, values with all, and names that no contract knows."""

    least: ValueMaker
    full: ValueMaker
    unknown: Callable[[], str]


def trials(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Every trial at a merged schema, in the order of its keywords."""
    for keyword in schema:
        if keyword in TRIALS:
            yield from TRIALS[keyword](makers, schema)


def _first(maker: ValueMaker, *schemas: Any) -> Iterator[Any]:
    """A value that fits all of the schemas, if one is found."""
    return islice(maker.values(all_of(*schemas)), 1)


def _judged(makers: Makers, schema: Any, keyword: str, value: Json) -> Trial:
    """A trial of a value that fits a schema or does not."""
    return Trial(keyword, "inside" if makers.least.fits(schema, value) else "outside", value)


def of_type(_makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    kinds = types_of(schema)
    for kind, value in ONE_OF_EACH.items():
        allowed = kind in kinds or (kind == "integer" and "number" in kinds)
        if not allowed:
            yield Trial("type", "outside", value)
        elif kind == "null":
            yield Trial("type", "inside", value)
    if "integer" in kinds and "number" not in kinds:
        yield Trial("type", "inside", 1.0)


def of_enum(_makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    options = schema.get("enum", [schema.get("const")])
    keyword = "enum" if "enum" in schema else "const"
    for value in options:
        yield Trial(keyword, "at", value)
    text = str(options[0])
    for value in (text + "x", text.upper(), text[:-1]):
        if value not in options:
            yield Trial(keyword, "outside", value)


def _sides(schema: Mapping[str, Any], least: str, most: str) -> Iterator[Trial]:
    """The numbers at, just inside and just outside of two limits."""
    for keyword, outwards in ((least, -1), (most, 1)):
        if keyword in schema:
            limit = schema[keyword]
            yield Trial(keyword, "outside" if keyword.startswith("exclusive") else "at", limit)
            yield Trial(keyword, "inside", limit - outwards)
            yield Trial(keyword, "outside", limit + outwards)


def of_range(_makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    yield from _sides(schema, "minimum", "maximum")
    yield from _sides(schema, "exclusiveMinimum", "exclusiveMaximum")


def of_size(least: str, most: str, makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Values of the sizes around two limits."""
    for keyword, side, size in _sides(schema, least, most):
        if 0 <= size <= MAX_SIZE:
            for value in _first(makers.least, {**schema, least: size, most: size}):
                yield Trial(keyword, side, value)


def of_length(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    yield from of_size("minLength", "maxLength", makers, {**schema, "type": "string"})
    most = schema.get("maxLength")
    if most and most <= MAX_SIZE and "pattern" not in schema:
        yield Trial("maxLength", "at", "😀" * most)


def of_multiple(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    for value in _first(makers.least, schema):
        yield Trial("multipleOf", "at", value)
        yield Trial("multipleOf", "outside", value + schema["multipleOf"] / 2)


def of_pattern(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    wanted = {"type": "string", **{keyword: schema[keyword] for keyword in ("pattern", "not") if keyword in schema}}
    fitting = list(islice(makers.least.values({**schema, "type": "string"}), 12))
    for text in dict.fromkeys((*fitting, *(text + "~" for text in fitting[:2]), *ODD_TEXTS)):
        yield _judged(makers, wanted, "pattern", text)


def of_format(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    if "string" in types_of(schema):
        wanted = {"type": "string", "format": schema["format"]}
        for text in OF_FORMAT.get(schema["format"]) or (*_first(makers.least, wanted), *ODD_TEXTS):
            yield _judged(makers, wanted, "format", text)


def of_unique(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    if schema["uniqueItems"]:
        for value in _first(makers.least, schema, {"minItems": 1}):
            yield Trial("uniqueItems", "outside", [*value, value[0]])


def of_properties(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    others = schema.get("additionalProperties", True)
    if not isinstance(others, dict):
        for held in _first(makers.least, schema):
            if isinstance(held, dict):
                yield Trial("additionalProperties", "inside" if others else "outside", {**held, makers.unknown(): 1})
    for value in _first(makers.full, schema):
        yield Trial("properties", "inside", value)


def of_required(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    for held in _first(makers.least, schema):
        for name in schema["required"]:
            if isinstance(held, dict) and name in held:
                yield Trial("required", "outside", {key: value for key, value in held.items() if key != name})


def of_options(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Each option, all of them at once, and none."""
    keyword = "oneOf" if "oneOf" in schema else "anyOf"
    every: dict[str, Any] = {}
    for option in schema[keyword]:
        for value in _first(makers.least, schema, option):
            yield Trial(keyword, "inside", value)
            every |= copy.deepcopy(value) if isinstance(value, dict) else {}
    yield _judged(makers, schema, keyword, every)
    rest = {name: value for name, value in schema.items() if name != keyword}
    for bare in _first(makers.least, rest, {"type": "object"}):
        yield _judged(makers, schema, keyword, bare)


def of_exclusions(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Members that must not stand together, and texts that must not have a form."""
    for part in (schema, *schema.get("allOf", ())):
        forbidden = part.get("not", {})
        names = forbidden.get("required", [])
        known = schema.get("properties", {})
        for held in _first(makers.least, schema) if names else ():
            both = {name: value for name in names for value in _first(makers.least, known.get(name, {}))}
            if isinstance(held, dict):
                yield _judged(makers, schema, "not", {**held, **both})
                yield _judged(makers, schema, "not", {**held, names[0]: both.get(names[0])})
        for text in _first(makers.least, schema) if "pattern" in forbidden else ():
            yield _judged(makers, schema, "not", f"{text}\n")


def of_conditions(makers: Makers, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Each choice of each member that an `if` looks at, with the least and with all other members."""
    known = schema.get("properties", {})
    for part in (schema, *schema.get("allOf", ())):
        for name in part.get("if", {}).get("properties", {}):
            for value in islice(makers.least.values(known.get(name, {})), 12):
                choice = {"type": "object", "properties": {name: {"const": value}}, "required": [name]}
                for maker in (makers.least, makers.full):
                    for held in _first(maker, schema):
                        yield _judged(makers, schema, "if", {**held, name: value})
                    for held in _first(maker, schema, choice):
                        yield Trial("if", "inside", held)


TRIALS: Mapping[str, Callable[[Makers, Mapping[str, Any]], Iterator[Trial]]] = {
    "type": of_type,
    **dict.fromkeys(("enum", "const"), of_enum),
    **dict.fromkeys(("minLength", "maxLength"), of_length),
    "pattern": of_pattern,
    "format": of_format,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), of_range),
    "multipleOf": of_multiple,
    **dict.fromkeys(("minItems", "maxItems"), partial(of_size, "minItems", "maxItems")),
    "uniqueItems": of_unique,
    **dict.fromkeys(("minProperties", "maxProperties"), partial(of_size, "minProperties", "maxProperties")),
    "properties": of_properties,
    "required": of_required,
    **dict.fromkeys(("oneOf", "anyOf"), of_options),
    "not": of_exclusions,
    "if": of_conditions,
    "allOf": lambda makers, schema: iter((*of_exclusions(makers, schema), *of_conditions(makers, schema))),
}
"""A keyword → its trials. Trials that several keywords of one schema share come more than once."""
