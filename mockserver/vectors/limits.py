"""What to try at a schema: for each of its keywords values at the limit, just inside and just outside of it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from mockserver.support.keywords import types_of
from mockserver.vectors.values import FITTING, UNFIT, Maker, fits_pattern

ONE_OF_EACH: Mapping[str, Any] = {
    "null": None,
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "string": "a",
    "array": [],
    "object": {},
}
LONGEST = 20_000
ODD_TEXTS = ("", " ", "A b!", "a\n", "x" * 70, "\u3000", "-1", "1.5")


class Trial(NamedTuple):
    """A value to be put at a place: for which keyword, on which `side` of it (inside, at, outside)."""

    keyword: str
    side: str
    value: Any


def trials(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Every trial at a schema, in the order of its keywords."""
    for keyword in schema:
        if keyword in TRIALS:
            yield from TRIALS[keyword](maker, schema)


def of_type(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    kinds = types_of(schema)
    for kind, value in ONE_OF_EACH.items():
        allowed = kind in kinds or (kind == "integer" and "number" in kinds)
        if not allowed:
            yield Trial("type", "outside", value)
        elif kind == "null":
            yield Trial("type", "inside", value)
    if "integer" in kinds and "number" not in kinds:
        yield Trial("type", "inside", 1.0)


def of_enum(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    for value in schema["enum"]:
        yield Trial("enum", "at", value)
    text = str(schema["enum"][0])
    for value in (text + "x", text.upper(), text[:-1]):
        if value not in schema["enum"]:
            yield Trial("enum", "outside", value)


def of_length(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    fewest, most = schema.get("minLength"), schema.get("maxLength")
    sides = [("minLength", fewest, "at"), ("minLength", fewest and fewest + 1, "inside")]
    sides += [("minLength", fewest - 1, "outside")] if fewest else []
    sides += [("maxLength", most, "at"), ("maxLength", most and most - 1, "inside")]
    sides += [("maxLength", most + 1, "outside")] if most is not None else []
    for keyword, length, side in sides:
        if length is not None and schema.get(keyword) is not None and 0 <= length <= LONGEST:
            text = maker.text(schema, length)
            if text is not None:
                yield Trial(keyword, side, text)
    if most and most <= LONGEST and "pattern" not in schema:
        yield Trial("maxLength", "at", "😀" * most)


def of_pattern(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    words = re.findall(r"[A-Za-z0-9_]{2,}", schema["pattern"])
    for text in dict.fromkeys((*words, *(word + "~" for word in words[:2]), *ODD_TEXTS)):
        yield Trial("pattern", "inside" if fits_pattern(schema, text) else "outside", text)


def of_format(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    if "string" in types_of(schema):
        for side, texts in (("inside", FITTING), ("outside", UNFIT)):
            for text in texts.get(schema["format"], ()):
                yield Trial("format", side, text)


def of_range(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    for keyword, outwards in (("minimum", -1), ("maximum", 1)):
        if keyword in schema:
            limit = schema[keyword]
            yield Trial(keyword, "at", limit)
            yield Trial(keyword, "inside", limit - outwards)
            yield Trial(keyword, "outside", limit + outwards)


def of_items(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    for keyword, outwards in (("minItems", -1), ("maxItems", 1)):
        if keyword in schema:
            for side, count in (("at", 0), ("inside", -outwards), ("outside", outwards)):
                size = schema[keyword] + count
                if 0 <= size <= LONGEST:
                    yield Trial(keyword, side, [maker.least(schema.get("items", {})) for _ in range(size)])


def of_properties(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    for keyword, outwards in (("minProperties", -1), ("maxProperties", 1)):
        if keyword in schema:
            for side, count in (("at", 0), ("inside", -outwards), ("outside", outwards)):
                yield Trial(keyword, side, {maker.name(): 1 for _ in range(schema[keyword] + count)})
    extra = schema.get("additionalProperties", True)
    if "properties" in schema and not isinstance(extra, dict):
        held = maker.least(schema)
        if isinstance(held, dict):
            yield Trial("additionalProperties", "inside" if extra else "outside", {**held, maker.name(): 1})
        full = maker.fullest(schema)
        yield Trial("properties", "inside", full)


def of_required(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    full = maker.least(schema)
    for name in schema["required"]:
        if isinstance(full, dict) and name in full:
            yield Trial("required", "outside", {key: value for key, value in full.items() if key != name})


def of_options(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Each option, all of them at once, and none."""
    keyword = "oneOf" if "oneOf" in schema else "anyOf"
    plain = {**schema, keyword: []}
    every: dict[str, Any] = {}
    for option in schema[keyword]:
        found = maker.resolved(option)
        required = [*schema.get("required", ()), *found.get("required", ())]
        value = maker.least({**plain, **found, "required": required})
        yield Trial(keyword, "inside", value)
        every |= copy.deepcopy(value) if isinstance(value, dict) else {}
    yield Trial(keyword, "outside" if keyword == "oneOf" else "inside", every)
    bare = maker.least(plain)
    yield Trial(keyword, "outside", bare if isinstance(bare, dict) else {})


def of_exclusions(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Members that must not stand together, and texts that must not have a form."""
    forbidden = (
        [schema["not"]] if "not" in schema else [part["not"] for part in schema.get("allOf", ()) if "not" in part]
    )
    for form in forbidden:
        names = form.get("required", [])
        held = maker.least(schema) if names else None
        if isinstance(held, dict):
            inner = schema.get("properties", {})
            both = {name: maker.least(inner.get(name, {})) for name in names}
            yield Trial("not", "outside", {**held, **both})
            yield Trial("not", "inside", {**held, names[0]: both[names[0]]})
        elif "pattern" in form:
            yield Trial("not", "outside", f"{maker.text(schema) or 'a'}\n")


def of_conditions(maker: Maker, schema: Mapping[str, Any]) -> Iterator[Trial]:
    """Each choice of each member that an `if` looks at, without and with all that `then` may want."""
    parts = [schema] if "if" in schema else [part for part in schema.get("allOf", ()) if "if" in part]
    for part in parts:
        for name in part["if"].get("properties", {}):
            inner = maker.resolved(schema.get("properties", {}).get(name, {}))
            words = inner.get("enum") or re.findall(r"[A-Za-z]{2,}", inner.get("pattern", ""))
            for word in words:
                for held in (maker.least(schema), maker.fullest(schema)):
                    if isinstance(held, dict):
                        yield Trial("if", "inside", {**held, name: word})


TRIALS: Mapping[str, Callable[[Maker, Mapping[str, Any]], Iterator[Trial]]] = {
    "type": of_type,
    "enum": of_enum,
    "maxLength": of_length,
    "minLength": of_length,
    "pattern": of_pattern,
    "format": of_format,
    "minimum": of_range,
    "maximum": of_range,
    "minItems": of_items,
    "maxItems": of_items,
    "maxProperties": of_properties,
    "minProperties": of_properties,
    "properties": of_properties,
    "required": of_required,
    "oneOf": of_options,
    "anyOf": of_options,
    "not": of_exclusions,
    "allOf": lambda maker, schema: iter((*of_exclusions(maker, schema), *of_conditions(maker, schema))),
    "if": of_conditions,
}
"""A keyword → its trials. Trials that several keywords of one schema share come once; the document drops repeats."""
