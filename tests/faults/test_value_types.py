"""The types of values of fault parameters: what each reads, refuses and says of itself."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

import pytest

from mockserver.faults.fault import parameter
from mockserver.faults.parameters import (
    SUBSET,
    Parameter,
    Problems,
    ValueType,
    choice,
    integer,
    number,
    object_of,
    one_member,
    plain,
)
from mockserver.faults.script import ScriptError


def read(type_: ValueType, value: Any) -> tuple[Any, list[tuple[str, str]]]:
    """What a value is read as, and what is wrong with it."""
    problems = Problems([], "/at")
    return type_.read(value, problems), problems.found


def test_a_plain_type() -> None:
    even = plain({"multipleOf": 2}, "an even number", lambda value: value % 2 == 0)
    assert even.schema == {"multipleOf": 2}
    assert read(even, 4) == (4, [])
    assert read(even, 3) == (None, [("/at", "expected an even number, found 3")])


def test_numbers_within_bounds() -> None:
    share = number(0, 2.5)
    assert share.schema == {"type": "number", "minimum": 0, "maximum": 2.5}
    assert [read(share, value)[0] for value in (0, 2.5, 1)] == [0, 2.5, 1]
    for value in (-0.1, 2.6, True, "1", None):
        assert read(share, value) == (None, [("/at", f"expected a number from 0 to 2.5, found {value!r}")])


def test_whole_numbers_within_bounds() -> None:
    count = integer(1, 3)
    assert count.schema == {"type": "integer", "minimum": 1, "maximum": 3}
    assert [read(count, value)[0] for value in (1, 2, 3)] == [1, 2, 3]
    for value in (0, 4, 2.0, False):
        assert read(count, value) == (None, [("/at", f"expected a whole number from 1 to 3, found {value!r}")])


def test_a_choice_of_names() -> None:
    stage = choice("stage", ("before", "after"))
    assert stage.schema == {"enum": ["after", "before"]}
    assert read(stage, "after") == ("after", [])
    assert read(stage, "befor") == (None, [("/at", "unknown stage 'befor'; did you mean 'before'?")])
    assert read(stage, 1) == (None, [("/at", "unknown stage 1; expected one of after, before")])


POINT = object_of(
    "a point", (Parameter("x", integer(0, 9), "The place.", required=True), Parameter("y", number(0, 1), ""))
)


def test_an_object_with_its_members() -> None:
    assert read(POINT, {"x": 1, "y": 0.5}) == ({"x": 1, "y": 0.5}, [])
    assert read(POINT, {"x": 1}) == ({"x": 1, "y": None}, [])
    assert POINT.schema == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "x": {"type": "integer", "minimum": 0, "maximum": 9, "description": "The place."},
            "y": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": ""},
        },
        "required": ["x"],
    }


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], ("/at", "expected a point, found []")),
        ({}, ("/at", "`x` is required")),
        ({"x": 10}, ("/at/x", "expected a whole number from 0 to 9, found 10")),
        ({"x": 1, "why/": 2}, ("/at/why~1", "unknown key 'why/'; expected one of x, y")),
    ],
)
def test_an_object_that_is_wrong(value: Any, problem: tuple[str, str]) -> None:
    assert read(POINT, value)[1] == [problem]


def test_a_default_stands_in_for_what_is_absent_or_wrong() -> None:
    count, problems = Parameter("count", integer(0, 9), "How many.", default=3), Problems([])
    assert [count.read(value, problems) for value in (None, 4, 10)] == [3, 4, 3]
    assert problems.found == [("/count", "expected a whole number from 0 to 9, found 10")]
    assert count.schema["default"] == 3
    assert "default" not in Parameter("count", integer(0, 9), "How many.").schema


@pytest.mark.parametrize(
    ("schema", "or_null"),
    [
        ({"enum": ["a"]}, {"enum": ["a", None]}),
        ({"anyOf": [{"const": 1}]}, {"anyOf": [{"const": 1}, {"type": "null"}]}),
        ({"type": "string", "minLength": 1}, {"type": ["string", "null"], "minLength": 1}),
        ({"type": ["object", "array"]}, {"type": ["object", "array", "null"]}),
    ],
)
def test_an_optional_parameter_can_be_null(schema: Any, or_null: Any) -> None:
    described = Parameter("x", ValueType(schema, lambda value, _: value), "An x.").schema
    assert described == {**or_null, "description": "An x."}


def test_one_of_several_members() -> None:
    assert one_member({"a": {"const": 1}}) == {
        "type": "object",
        "properties": {"a": {"const": 1}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


@pytest.mark.parametrize("value", [{"a": 1}, [1], {}, []])
def test_a_subset_of_a_body(value: Any) -> None:
    assert read(SUBSET, value) == (value, [])


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a", ("/at", "expected a JSON subset of the body, found 'a'")),
        ({"a": {1: 2}}, ("/at/a", "expected text as a member's name, found 1; put it in quotes")),
        ([math.inf], ("/at/0", "expected a JSON value, found inf; put it in quotes")),
        ({"a": {1, 2}}, ("/at/a", "expected a JSON value, found {1, 2}; put it in quotes")),
        ({"a": {"$regex": "("}}, ("/at/a", "")),
    ],
)
def test_what_is_no_subset_of_a_body(value: Any, problem: tuple[str, str]) -> None:
    ((pointer, text),) = read(SUBSET, value)[1]
    assert pointer == problem[0]
    assert text.startswith(problem[1])


def test_a_field_of_a_fault() -> None:
    made = parameter(POINT, "A point.", {"x": 0})
    assert isinstance(made, type(field()))
    assert made.default == {"x": 0}
    assert dict(made.metadata) == {"type": POINT, "description": "A point."}
    assert parameter(POINT, "").default is None


def test_a_wrong_script_is_told_in_one_line_with_each_place() -> None:
    assert (
        str(ScriptError([("/faults/0", "is wrong"), ("", "is empty")])) == "/faults/0: is wrong; the script: is empty"
    )
