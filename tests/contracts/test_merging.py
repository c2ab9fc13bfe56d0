"""A merged schema accepts the same values as the schemas that it was merged from."""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mockserver.contracts.merging import all_of, merged
from mockserver.contracts.values import ValueMaker
from tests.support.schemas import SCALARS, chooses_itself, random_document


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_merging_changes_no_verdict(seed: int) -> None:
    document = random_document(Random(seed))
    assume(not chooses_itself(document))
    whole = jsonschema_rs.Draft202012Validator(document)
    one = jsonschema_rs.Draft202012Validator({**merged(document, document), "$defs": document["$defs"]})
    values = [*SCALARS]
    for schema in ({"$ref": "#"}, *document["$defs"].values(), *document.get("properties", {}).values()):
        values += islice(ValueMaker(document, full=True).values(schema), 5)
    assert [value for value in values if whole.is_valid(value) != one.is_valid(value)] == []


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([{"minimum": 1, "maximum": 9}, {"minimum": 3, "maximum": 20}], {"minimum": 3, "maximum": 9}),
        ([{"type": "number"}, {"type": ["integer", "string"]}], {"type": ["integer"]}),
        ([{"multipleOf": 4}, {"multipleOf": 6}], {"multipleOf": 12}),
        ([{"multipleOf": 0.5}, {"multipleOf": 0.75}], {"multipleOf": 1.5}),
        ([{"enum": [1, 2]}, {"enum": [2, 3]}], {"enum": [2]}),
        ([{"required": ["a"]}, {"required": ["b", "a"]}], {"required": ["a", "b"]}),
        ([{"pattern": "a"}, {"pattern": "b"}], {"pattern": "a", "allOf": [{"pattern": "b"}]}),
        ([{"title": "one"}, {"title": "two"}], {"title": "one"}),
        (
            [{"properties": {"a": {"minimum": 1}}, "additionalProperties": False}, {"properties": {"a": {}, "b": {}}}],
            {"properties": {"a": {"minimum": 1}, "b": {"not": {}}}, "additionalProperties": False},
        ),
        (
            [{"prefixItems": [{"minimum": 1}]}, {"items": {"maximum": 3}}],
            {"prefixItems": [{"allOf": [{"minimum": 1}, {"maximum": 3}]}], "items": {"maximum": 3}},
        ),
    ],
    ids=str,
)
def test_parts_become_one(parts: list[Any], expected: dict[str, Any]) -> None:
    assert merged({"allOf": parts}, {}) == expected


def test_references_are_followed_once_in_a_circle() -> None:
    document = {"$defs": {"a": {"$ref": "#/$defs/b", "minimum": 1}, "b": {"$ref": "#/$defs/a", "maximum": 2}}}
    assert merged({"$ref": "#/$defs/a"}, document) == {"minimum": 1, "maximum": 2}


def test_all_of_leaves_out_what_says_nothing() -> None:
    assert all_of(True, {}, {"minimum": 1}, {"minimum": 1}) == {"minimum": 1}
    assert all_of({"allOf": [{"minimum": 1}, {"maximum": 2}]}, {"maximum": 2}) == {
        "allOf": [{"minimum": 1}, {"maximum": 2}]
    }
    assert all_of() == {}
    assert all_of({}, False) == {"not": {}}
