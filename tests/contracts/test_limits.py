"""Each limit of a schema is tried at it, just inside and just outside."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from mockserver.contracts.limits import Makers, Trial, trials
from mockserver.contracts.values import ValueMaker


def tried(schema: dict[str, Any]) -> list[Trial]:
    numbers = count()
    makers = Makers(ValueMaker(schema), ValueMaker(schema, full=True), lambda: f"unknown{next(numbers)}")
    return list(trials(makers, schema))


@pytest.mark.parametrize(
    ("schema", "keyword", "at", "inside", "outside"),
    [
        ({"type": "integer", "minimum": 3}, "minimum", [3], [4], [2]),
        ({"type": "integer", "maximum": 3}, "maximum", [3], [2], [4]),
        ({"type": "integer", "exclusiveMinimum": 3}, "exclusiveMinimum", [], [4], [3, 2]),
        ({"type": "integer", "exclusiveMaximum": 3}, "exclusiveMaximum", [], [2], [3, 4]),
        ({"type": "integer", "multipleOf": 4}, "multipleOf", [4], [], [6.0]),
        ({"type": "string", "minLength": 3}, "minLength", ["str"], ["stri"], ["st"]),
        ({"type": "string", "maxLength": 3}, "maxLength", ["str", "😀😀😀"], ["st"], ["stri"]),
        ({"type": "array", "items": {"const": 1}, "maxItems": 2}, "maxItems", [[1, 1]], [[1]], [[1, 1, 1]]),
        ({"type": "array", "items": {"const": 1}, "minItems": 1}, "minItems", [[1]], [[1, 1]], [[]]),
        ({"type": "array", "items": {"const": 1}, "uniqueItems": True}, "uniqueItems", [], [], [[1, 1]]),
        ({"enum": ["ab", "cd"]}, "enum", ["ab", "cd"], [], ["abx", "AB", "a"]),
        ({"const": "ab"}, "const", ["ab"], [], ["abx", "AB", "a"]),
        ({"type": "object", "minProperties": 1}, "minProperties", [{"extra": "string"}],
         [{"extra": "string", "extra1": "string"}], [{}]),
        ({"type": "object", "properties": {}, "additionalProperties": False}, "additionalProperties", [], [],
         [{"unknown0": 1}]),
        ({"required": ["a"], "properties": {"a": {"const": 1}}}, "required", [], [], [{}]),
        ({"properties": {"a": {"const": 1}, "b": {"const": 2}}, "not": {"required": ["a", "b"]}}, "not", [],
         [{"a": 1}], [{"a": 1, "b": 2}]),
    ],
    ids=str,
)  # fmt: skip
def test_both_sides_are_tried(
    schema: dict[str, Any], keyword: str, at: list[Any], inside: list[Any], outside: list[Any]
) -> None:
    found = {
        side: [trial.value for trial in tried(schema) if (trial.keyword, trial.side) == (keyword, side)]
        for side in ("at", "inside", "outside")
    }
    assert found == {"at": at, "inside": inside, "outside": outside}


def test_each_option_all_and_none_are_tried() -> None:
    schema = {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    found = [(trial.side, sorted(trial.value)) for trial in tried(schema) if trial.keyword == "oneOf"]
    assert found == [("inside", ["a"]), ("inside", ["b"]), ("outside", ["a", "b"]), ("outside", [])]


def test_each_choice_of_a_condition_is_tried() -> None:
    schema = {
        "properties": {"kind": {"enum": ["cat", "dog"]}},
        "if": {"properties": {"kind": {"const": "dog"}}, "required": ["kind"]},
        "then": {"required": ["barks"]},
    }
    found = [(trial.side, trial.value) for trial in tried(schema) if trial.keyword == "if"]
    assert ("outside", {"kind": "dog"}) in found
    assert ("inside", {"kind": "dog", "barks": "string"}) in found
    assert ("inside", {"kind": "cat"}) in found


@pytest.mark.parametrize(
    "schema", [{"type": "string", "pattern": "^a+$"}, {"type": "string", "format": "uuid"}], ids=str
)
def test_texts_on_both_sides_of_a_form_are_tried(schema: dict[str, Any]) -> None:
    sides = {trial.side for trial in tried(schema) if trial.keyword in ("pattern", "format")}
    assert sides == {"inside", "outside"}
    fits = [ValueMaker(schema).fits(schema, trial.value) for trial in tried(schema) if trial.side == "inside"]
    assert all(fits)
