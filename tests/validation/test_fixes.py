"""A fix says the smallest change that corrects a violation, in JSON's own words."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contracts.schema import CompiledSchema
from mockserver.model import Evidence, Verdict, Violation
from mockserver.validation.fixes import fixes
from mockserver.validation.violations import schema_violations

EVIDENCE = Evidence("documented", "a page")


def violations(schema: dict[str, Any], value: Any) -> tuple[Violation, ...]:
    return tuple(schema_violations(CompiledSchema("test", schema, {}, ()), value))


@pytest.mark.parametrize(
    ("schema", "value", "message", "fix"),
    [
        ({"type": "null"}, 1, "must be of type null", "send null"),
        ({"type": ["string", "null"]}, 1, "must be of type null or string", "send null or a string"),
        ({"type": "boolean"}, 1, "must be of type boolean", "send true or false"),
        ({"const": None}, 1, "must be null", "set it to null"),
        ({"const": "a"}, 1, 'must be "a"', 'set it to "a"'),
        ({"enum": [1, 2, None]}, 3, "must be one of: 1, 2, null", "set it to 1"),
        ({"enum": ["low", "normal"]}, "norml", "must be one of: low, normal", 'set it to "normal"'),
        ({"enum": [None]}, 3, "must be one of: null", None),
        ({"exclusiveMaximum": 3}, 3, "must be less than 3", "send less than 3"),
        ({"contains": {"type": "string"}}, [1], "must have the documented number of items that match `contains`", None),
        ({"uniqueItems": True}, [1, 1], "must not have equal items", None),
        ({"not": {"type": "integer"}}, 1, "must not match the schema under `not`", None),
        ({"oneOf": [True, True]}, 1, "matches more than one of the documented options", None),
    ],
)
def test_a_value_is_told_what_is_wrong_and_what_is_right(
    schema: dict[str, Any], value: Any, message: str, fix: str | None
) -> None:
    found = violations(schema, value)
    assert [(violation.pointer, violation.message) for violation in found] == [("", message)]
    assert fixes(Verdict(found)) == ([fix], [])


@pytest.mark.parametrize(
    ("schema", "value", "pointer", "message", "fix"),
    [
        ({"additionalProperties": False}, {"a/b": 1}, "/a~1b", "is not a documented field", "remove /a~1b"),
        ({"unevaluatedProperties": False}, {"a": 1}, "/a", "is not a documented field", "remove /a"),
        ({"properties": {"a": False}}, {"a": 1}, "/a", "must be absent", "remove it"),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "/b", "is missing", "add /b"),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            "/ab",
            "has a name that must be at most 1 characters long",
            None,
        ),
    ],
)
def test_a_member_is_named(schema: dict[str, Any], value: Any, pointer: str, message: str, fix: str | None) -> None:
    found = violations(schema, value)
    assert [(violation.pointer, violation.message) for violation in found] == [(pointer, message)]
    assert fixes(Verdict(found)) == ([fix], [])


def test_a_required_field_under_a_misspelt_name_is_renamed() -> None:
    missing = Violation("/a/the~1name", "required", "is missing", EVIDENCE, limit="the/name")
    other = Violation("/a/other", "required", "is missing", EVIDENCE, limit="other")
    misspelt = Violation("/a/the_name", "spelling", "unknown field", EVIDENCE, limit="the/name")
    rename = "rename 'the_name' to 'the/name'"
    assert fixes(Verdict((missing, other), (misspelt,))) == ([rename, "add /a/other"], [rename])


def test_a_missing_parameter_is_named() -> None:
    missing = Violation("", "required", "query parameter 'a' is missing", EVIDENCE, parameter="a")
    assert fixes(Verdict((missing,))) == (["add a"], [])
