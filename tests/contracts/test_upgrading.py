"""Schemas of OpenAPI 3.0 mean in 3.1 what they meant before."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contracts.schema import CompiledSchema
from tests.contracts.documents import Loader, get, three

PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
REFERENCE = {"$ref": "#/components/schemas/Pet"}

SCHEMAS: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "nullable": ({"type": "string", "nullable": True}, ["a", None], [5]),
    "not nullable": ({"type": "string", "nullable": False}, ["a"], [None]),
    "nullable enum": ({"type": "string", "nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
    "nullable enum without a type": ({"nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
    "nullable allOf": ({"nullable": True, "allOf": [REFERENCE]}, [{"name": "a"}, None], [{}, 5]),
    "nullable anyOf": ({"nullable": True, "anyOf": [REFERENCE, {"type": "integer"}]}, [5, None], [{}]),
    "nullable beside a reference, which is ignored": ({**REFERENCE, "nullable": True}, [{"name": "a"}], [None]),
    "other members beside a reference": ({**REFERENCE, "maxProperties": 0}, [{"name": "a"}], [{}]),
    "nullable items": ({"type": "array", "items": {"type": "integer", "nullable": True}}, [[1, None]], [["a"]]),
    "exclusive minimum": ({"minimum": 3, "exclusiveMinimum": True}, [4], [3]),
    "inclusive minimum": ({"minimum": 3, "exclusiveMinimum": False}, [3], [2]),
    "exclusive maximum": ({"maximum": 3, "exclusiveMaximum": True}, [2], [3]),
    "an exclusive bound without the bound": ({"exclusiveMaximum": True, "type": "integer"}, [3], ["a"]),
    "required as a flag": ({"type": "string", "required": True}, ["a"], [5]),
    "a property called nullable": (
        {"type": "object", "properties": {"nullable": {"type": "boolean"}}},
        [{"nullable": True}],
        [{"nullable": 5}],
    ),
}


def schema_of(acme: Loader, schema: dict[str, Any], version: str = "3.0.3") -> CompiledSchema:
    document = three({"/pets": get(schema)}, version, schemas={"Pet": PET})
    response = acme.load(document).operation("get_pets").responses[200]
    assert response.schema is not None
    return response.schema


@pytest.mark.parametrize("case", SCHEMAS)
def test_a_schema_takes_and_refuses_the_same_values(acme: Loader, case: str) -> None:
    schema, good, bad = SCHEMAS[case]
    compiled = schema_of(acme, schema)
    assert [value for value in good if not compiled.validator.is_valid(value)] == []
    assert [value for value in bad if compiled.validator.is_valid(value)] == []


def test_examples_and_formats_are_written_as_in_3_1(acme: Loader) -> None:
    properties = {
        "a": {"type": "string", "example": "x"},
        "b": {"type": "string", "format": "byte"},
        "c": {"type": "string", "format": "binary"},
    }
    document = schema_of(acme, {"type": "object", "properties": properties}).document
    assert document["properties"] == {
        "a": {"type": "string", "examples": ["x"]},
        "b": {"type": "string", "format": "byte", "contentEncoding": "base64"},
        "c": {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"},
    }


def test_a_schema_of_3_1_stays_as_it_is(acme: Loader) -> None:
    schema = {"type": ["string", "null"], "exclusiveMinimum": 3, "example": "x", "examples": ["y"]}
    document = schema_of(acme, schema, "3.1.0").document
    assert {name: document[name] for name in schema} == schema


def test_beside_a_reference_of_3_1_other_keywords_count(acme: Loader) -> None:
    validator = schema_of(acme, {**REFERENCE, "maxProperties": 1}, "3.1.0").validator
    assert validator.is_valid({"name": "a"})
    assert not validator.is_valid({"name": "a", "more": 1})


def test_a_mapping_of_a_discriminator_leads_to_the_components(acme: Loader) -> None:
    mapping = {"pet": "#/components/schemas/Odd%20Pet", "plain": "Pet"}
    schema = {"oneOf": [REFERENCE], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    document = three({"/pets": get(schema)}, "3.0.3", schemas={"Pet": PET, "Odd Pet": PET})
    loaded = acme.load(document).document["paths"]["/pets"]["get"]["responses"]["200"]["content"]
    assert loaded["application/json"]["schema"]["discriminator"]["mapping"] == {
        "pet": "#/components/schemas/Odd_Pet",
        "plain": "Pet",
    }
