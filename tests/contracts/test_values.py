"""A made value fits its schema, whatever keywords the schema has, or the maker says that it found none."""

from __future__ import annotations

import json
from itertools import islice
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contracts.formats import FORMATS
from mockserver.contracts.values import NoValueError, ValueMaker
from tests.support.schemas import random_document


def made(schema: Any, *, full: bool = False, examples: bool = False) -> Any:
    return ValueMaker(schema, full=full, examples=examples).value({"$ref": "#"})


def referee(schema: Any) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=FORMATS)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 1 << 32), full=st.booleans())
def test_a_made_value_fits(seed: int, full: bool) -> None:
    schema = random_document(Random(seed))
    try:
        value = made(schema, full=full)
    except NoValueError:
        return
    assert referee(schema).is_valid(value)


def test_a_value_is_found_for_98_of_100_schemas_that_have_one() -> None:
    found, missed = 0, 0
    for seed in range(400):
        schema = random_document(Random(seed))
        try:
            made(schema, full=seed % 2 == 0)
            found += 1
        except NoValueError:
            missed += jsonschema_rs.canonicalize(schema).satisfiability() != jsonschema_rs.canonical.Satisfiability.NO
    assert found > 300
    assert missed / (found + missed) < 0.02


TREE = {"$ref": "#/$defs/tree", "$defs": {"tree": {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "first": {"$ref": "#/$defs/tree"},
        "others": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
    },
}}}  # fmt: skip
PET = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["cat", "dog"]}}}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "string"),
        (True, "string"),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1.0),
        ({"type": ["null", "string"]}, None),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"enum": ["b", "a"]}, "b"),
        ({"minLength": 8}, "stringxx"),
        ({"type": "string", "maxLength": 3}, "str"),
        ({"minimum": 5}, 5.0),
        ({"type": "integer", "exclusiveMaximum": -3}, -4),
        ({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, 1.5),
        ({"type": "integer", "minimum": 4, "multipleOf": 3}, 6),
        ({"type": "integer", "multipleOf": 2.5}, 5),
        ({"type": "number", "minimum": 0.15, "maximum": 0.25, "multipleOf": 0.1}, 0.2),
        ({"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True}, [1, 2, 3]),
        ({"type": "array", "prefixItems": [{"type": "boolean"}, {"const": True}], "minItems": 2, "uniqueItems": True},
         [False, True]),
        ({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 7}, "minContains": 2}, [7, 7]),
        ({"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1}, [1]),
        ({"type": "object", "minProperties": 2, "properties": {"a": {"const": 1}}}, {"a": 1, "extra": "string"}),
        ({"type": "object", "minProperties": 1, "patternProperties": {"^x-": {"const": 1}},
          "additionalProperties": False}, {"x-": 1}),
        ({"type": "object", "minProperties": 1, "propertyNames": {"enum": ["a"]}}, {"a": "string"}),
        ({"required": ["a"], "dependentRequired": {"a": ["b"]}}, {"a": "string", "b": "string"}),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}],
          "properties": {"a": {"minimum": 3}}}, {"a": 3}),
        ({"oneOf": [{"type": "integer", "minimum": 2, "maximum": 1}, {"type": "boolean"}]}, True),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1.5),
        ({"type": "integer", "not": {"maximum": 3}}, 4),
        ({"not": {"type": "string"}, "type": ["string", "null"]}, None),
        ({**PET, "if": {"properties": {"kind": {"const": "dog"}}}, "then": {"required": ["barks"]}},
         {"kind": "cat"}),
        ({**PET, "if": {"properties": {"kind": {"const": "dog"}}}, "then": {"required": ["barks"]}, "else": False},
         {"kind": "dog", "barks": "string"}),
        (TREE, {"name": "string"}),
    ],
    ids=str,
)  # fmt: skip
def test_the_least_value_is_the_plainest(schema: Any, expected: Any) -> None:
    document = schema if isinstance(schema, dict) else {"$ref": "#/$defs/it", "$defs": {"it": schema}}
    assert made(document) == expected
    assert type(made(document)) is type(expected)


def test_a_full_value_has_every_documented_member_and_does_not_repeat_itself() -> None:
    assert made(TREE, full=True) == {"name": "string", "others": []}


def test_exclusive_members_are_not_put_together() -> None:
    schema = {"properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}, "not": {"required": ["a", "b"]}}
    assert made(schema, full=True) == {"a": 1, "c": 3}


def test_a_value_of_a_large_document_stays_small() -> None:
    names = [f"n{number}" for number in range(30)]
    properties = {name: {"$ref": f"#/$defs/{name}"} for name in names}
    definitions = {name: {"type": "object", "properties": properties} for name in names}
    value = made({"$ref": "#/$defs/n0", "$defs": definitions}, full=True)
    assert len(json.dumps(value)) < 100_000


def test_an_example_is_used_if_it_fits() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer", "example": 7}, "b": {"type": "integer", "examples": ["no", 8]}},
    }
    assert made(schema, full=True, examples=True) == {"a": 7, "b": 8}
    assert made(schema, full=True) == {"a": 1, "b": 1}


@pytest.mark.parametrize("name", sorted(
    {"date-time", "date", "time", "duration", "uuid", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"}
    | {"uri", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex"}
    | {"int64", "iso-8601-time"}
))  # fmt: skip
def test_every_format_has_distinct_texts(name: str) -> None:
    schema = {"type": "string", "format": name}
    texts = list(islice(ValueMaker(schema).values({"$ref": "#"}), 12))
    assert len(set(texts)) == 12
    assert [text for text in texts if not referee(schema).is_valid(text)] == []


@pytest.mark.parametrize("name", ["email", "hostname", "uri", "uri-reference", "json-pointer"])
@pytest.mark.parametrize("bounds", [{"maxLength": 8}, {"minLength": 40}], ids=str)
def test_a_format_keeps_to_a_length(name: str, bounds: dict[str, int]) -> None:
    schema = {"type": "string", "format": name, **bounds}
    assert referee(schema).is_valid(made(schema))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 2, "maximum": 1},
        {"enum": []},
        {"not": {}},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "required": ["a"], "additionalProperties": False},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 3, "uniqueItems": True},
        {"$ref": "#/$defs/endless", "$defs": {"endless": {"required": ["a"], "type": "object", "properties": {
            "a": {"$ref": "#/$defs/endless"}}}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_schema_without_a_value_is_told(schema: dict[str, Any]) -> None:
    with pytest.raises(NoValueError, match="no value was found for"):
        made(schema)
