"""Random JSON Schemas: every keyword, nested, combined, recursive; most of them can be satisfied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

NAMES = ("a", "b", "id", "kind", "x-1")
PATTERNS = ("^[a-z]+$", r"^\d{3}-\d{2}$", "x", "^(alpha|beta|gamma)$", r"^[A-Z]{2,4}\d*$", "^[^@ ]+@[a-z]+$", r"\w{4}")
FORMATS = ("date-time", "date", "time", "uuid", "email", "uri", "ipv4", "ipv6", "hostname", "duration", "json-pointer")
SCALARS: tuple[Any, ...] = (None, True, False, 0, 1, -3, 2.5, "", "a", "alpha", [], {})


def random_document(random: Random) -> dict[str, Any]:
    """A schema with definitions that it and they refer to."""
    names = ("one", "two")
    definitions = {name: _schema(random, 2, names) for name in names}
    return {**_schema(random, 3, names), "$defs": definitions}


def _schema(random: Random, depth: int, names: tuple[str, ...]) -> dict[str, Any]:
    if depth > 0 and random.random() < 0.1:
        return {"$ref": f"#/$defs/{random.choice(names)}"}
    makers: list[Callable[[Random, int, tuple[str, ...]], dict[str, Any]]] = [_number, _text, _plain, _listed]
    if depth > 0:
        makers += [_object, _object, _array, _combined, _combined]
    schema = random.choice(makers)(random, depth - 1, names)
    if depth > 0 and random.random() < 0.12:
        schema["allOf"] = [*schema.get("allOf", []), _sibling(random, schema, depth - 1, names)]
    if random.random() < 0.08:
        schema["not"] = random.choice([{"const": random.choice(SCALARS)}, {"required": ["b"]}, {"type": "boolean"}])
    return schema


def _sibling(random: Random, schema: dict[str, Any], depth: int, names: tuple[str, ...]) -> dict[str, Any]:
    """A schema that may hold beside another."""
    kind = schema.get("type")
    if kind == "object":
        return _object(random, depth, names)
    if kind == "string":
        return random.choice([{"minLength": 1}, {"maxLength": 40}, {"pattern": "[a-z0-9]"}])
    return random.choice([{"minimum": -50}, {"title": "a"}, {"maxItems": 9}, {"multipleOf": 1}])


def _plain(random: Random, _depth: int, _names: tuple[str, ...]) -> dict[str, Any]:
    kinds = ["null", "boolean", "integer", "number", "string", "array", "object"]
    return random.choice([{}, {"type": random.choice(kinds)}, {"type": random.sample(kinds, 2)}])


def _listed(random: Random, _depth: int, _names: tuple[str, ...]) -> dict[str, Any]:
    if random.random() < 0.3:
        return {"const": random.choice(SCALARS)}
    return {"enum": random.sample(SCALARS, random.randint(1, 4))}


def _number(random: Random, _depth: int, _names: tuple[str, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": random.choice(["integer", "number"])}
    low = random.choice([-1000, -3, 0, 0.5, 1, 7, 1e6])
    if random.random() < 0.5:
        schema[random.choice(["minimum", "exclusiveMinimum"])] = low
    if random.random() < 0.5:
        schema[random.choice(["maximum", "exclusiveMaximum"])] = low + random.choice([0, 0.5, 1, 2, 10, 1000])
    if random.random() < 0.3:
        schema["multipleOf"] = random.choice([1, 2, 3, 0.5, 0.25, 10])
    return schema


def _text(random: Random, _depth: int, _names: tuple[str, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if random.random() < 0.3:
        return {**schema, "pattern": random.choice(PATTERNS)}
    if random.random() < 0.4:
        return {**schema, "format": random.choice(FORMATS)}
    if random.random() < 0.4:
        schema["minLength"] = random.randint(0, 8)
    if random.random() < 0.3:
        schema["maxLength"] = schema.get("minLength", 0) + random.randint(0, 40)
    return schema


def _object(random: Random, depth: int, names: tuple[str, ...]) -> dict[str, Any]:
    known = random.sample(NAMES, random.randint(0, 4))
    schema: dict[str, Any] = {"type": "object", "properties": {name: _schema(random, depth, names) for name in known}}
    if random.random() < 0.6:
        schema["required"] = random.sample(
            NAMES if random.random() < 0.2 else known, min(len(known), random.randint(0, 3))
        )
    if random.random() < 0.3:
        schema["additionalProperties"] = random.choice([False, True, _schema(random, depth, names)])
    if random.random() < 0.1:
        schema["patternProperties"] = {random.choice(["^x-", "^[a-z]$"]): _schema(random, depth, names)}
    if random.random() < 0.1:
        schema["propertyNames"] = {"pattern": "^[a-z]"}
    if random.random() < 0.15:
        schema["minProperties"] = random.randint(0, 4)
    if random.random() < 0.15:
        schema["maxProperties"] = random.randint(1, 5)
    if random.random() < 0.15:
        schema["dependentRequired"] = {random.choice(NAMES): [random.choice(NAMES)]}
    if random.random() < 0.05:
        schema["dependentSchemas"] = {random.choice(NAMES): _object(random, depth, names) if depth > 0 else {}}
    if random.random() < 0.05:
        schema["unevaluatedProperties"] = False
    return schema


def _array(random: Random, depth: int, names: tuple[str, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array"}
    if random.random() < 0.8:
        schema["items"] = random.choice([_schema(random, depth, names), _schema(random, depth, names), True])
    if random.random() < 0.2:
        schema["prefixItems"] = [_schema(random, depth, names) for _ in range(random.randint(1, 3))]
    if random.random() < 0.3:
        schema["minItems"] = random.randint(0, 4)
    if random.random() < 0.2:
        schema["maxItems"] = schema.get("minItems", 0) + random.randint(0, 4)
    if random.random() < 0.2:
        schema["uniqueItems"] = True
    if random.random() < 0.1:
        schema["contains"] = _schema(random, 0, names)
        schema |= random.choice([{}, {"minContains": 2}, {"maxContains": 2}, {"minContains": 0}])
    return schema


def _combined(random: Random, depth: int, names: tuple[str, ...]) -> dict[str, Any]:
    options = [_schema(random, depth, names) for _ in range(random.randint(1, 3))]
    kind = random.choice(["anyOf", "oneOf", "allOf", "if"])
    if kind == "allOf":
        base = _object(random, depth, names)
        return {"allOf": [base, _sibling(random, base, depth, names)]}
    if kind == "if":
        condition = {"properties": {"kind": {"const": "alpha"}}, "required": ["kind"]}
        chosen = {"if": condition, "then": _object(random, depth, names), "else": {"required": ["b"]}}
        return {**_object(random, depth, names), **chosen}
    base = _object(random, depth, names) if random.random() < 0.3 else {}
    return {**base, kind: options}


def chooses_itself(document: dict[str, Any]) -> bool:
    """Whether a definition is an option of itself at its own place, as in `{"oneOf": [{}, {"$ref": "#"}]}`. JSON Schema
    leaves open what such a schema accepts, and validators differ."""
    edges = {name: set(_in_place(schema, chosen=False)) for name, schema in document["$defs"].items()}

    def leads_to(start: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        further = {name for name, _ in edges[start]} - seen
        return start == goal or any(leads_to(name, goal, seen | {start}) for name in further)

    return any(chosen and leads_to(name, start) for start, found in edges.items() for name, chosen in found)


def _in_place(schema: Any, *, chosen: bool) -> Iterator[tuple[str, bool]]:
    """The definitions that hold at the place of a schema, each with whether it is one of several options."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2], chosen
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(keyword, ()):
                yield from _in_place(part, chosen=chosen or keyword != "allOf")
