"""Sentences of descriptions and the keywords and rules that they become."""

from __future__ import annotations

from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.extract.limits import Context, read

TEXT, LIST, MAP = {"type": "string"}, {"type": "array"}, {"type": "object"}
WHOLE, REAL = {"type": "integer"}, {"type": "number"}


@pytest.mark.parametrize(
    ("schema", "description", "keywords"),
    [
        (TEXT, "A key. Limited to 100 characters. Use it.", {"maxLength": 100}),
        (TEXT, "Max 64 chars.", {"maxLength": 64}),
        (TEXT, "Limited to 1,000 characters", {"maxLength": 1000}),
        (TEXT, "At least 3 characters.", {"minLength": 3}),
        (TEXT, "Between 3 and 9 characters.", {"minLength": 3, "maxLength": 9}),
        (TEXT, "Must not be empty.", {"minLength": 1}),
        (TEXT, "Must follow [ISO 8601](https://iso.example) format.", {"format": "date-time"}),
        (
            TEXT,
            "Lowercase, numbers, underscores, hyphens.",
            {"pattern": "^[a-z0-9_-]+$", "not": {"type": "string", "pattern": r"\n"}},
        ),
        (TEXT, "Hyphens and uppercase letters.", {"pattern": "^[A-Z-]+$", "not": {"type": "string", "pattern": r"\n"}}),
        (LIST, "Maximum of 100 tags allowed.", {"maxItems": 100}),
        (LIST, "Maximum of 100 impacted resources allowed.", {"maxItems": 100}),
        (LIST, "Max 1 entry.", {"maxItems": 1}),
        (LIST, "At least 2 items, which must be unique.", {"minItems": 2, "uniqueItems": True}),
        (MAP, "Max 10 keys, values max 255 chars.", {"maxProperties": 10, "additionalProperties": {"maxLength": 255}}),
        (MAP, "Keys and values are strings.", {"additionalProperties": {"type": "string"}}),
        (
            MAP,
            "Supports up to 100 properties per object and a maximum nesting depth of 10 levels.",
            {"maxProperties": 100, "x-depth": 10},
        ),
        (WHOLE, "Must be sent as an integer (that is no quotes).", {"type": "integer"}),
        (REAL, "Must be an integer.", {"type": "integer"}),
        (WHOLE, "Maximum value is 50.", {"maximum": 50}),
        (WHOLE, "At least 1.", {"minimum": 1}),
        (REAL, "Must be greater than 0, must be less than 9", {"exclusiveMinimum": 0, "exclusiveMaximum": 9}),
        (WHOLE, "Maximum number of groups to return.", {}),
        (TEXT, "The full name (e.g., nanosecond).", {}),
    ],
)
def test_limits_become_keywords(schema: dict[str, Any], description: str, keywords: dict[str, Any]) -> None:
    assert read(description, Context(schema)) == (keywords, ())


@pytest.mark.parametrize(
    ("description", "rules"),
    [
        ("Limited to events no older than 18 hours", [("no-older-than", {"hours": 18})]),
        (
            "Limited to events up to 18 hours in the past and two hours in the future.",
            [("no-older-than", {"hours": 18}), ("up-to-future", {"hours": 2})],
        ),
        ("Start. Must be less than `to`.", [("less-than", {"than": "to"})]),
        ("Must be after `from`.", [("greater-than", {"than": "from"})]),
        ("At least one of `a`, `b`, or `c` must be provided.", [("at-least-one-of", {"fields": ["a", "b", "c"]})]),
        ("`a` and `b` are mutually exclusive.", [("exactly-one-of", {"fields": ["a", "b"]})]),
        ("The metric. Required for non-count aggregations.", [("required-for", {})]),
        ("The `x.id` must reference something enabled.", [("must-reference", {})]),
        ("Schema is different per event category.", [("depends-on", {})]),
        ("It requires any of the following permissions:\n`a``b`", [("requires-permission", {"any-of": ["a", "b"]})]),
        ("Provide `a` or `b` but not both.", [("not-both", {"fields": ["a", "b"]})]),
        ("This endpoint requires the `see_all` permission.", [("requires-permission", {"permission": "see_all"})]),
        ("Comparison operator (=, >=).", [("listed-values", {"values": ["=", ">="], "complete": True})]),
        ("The function (avg, sum, etc.).", [("listed-values", {"values": ["avg", "sum"], "complete": False})]),
        ("Must be nice. Cannot be blue.", [("unclassified", {}), ("unclassified", {})]),
        ("Only Tuesdays.", [("unclassified", {})]),
        ("Limited to 100 characters.", [("unclassified", {})]),
    ],
)
def test_what_is_no_keyword_is_a_rule(description: str, rules: list[tuple[str, dict[str, Any]]]) -> None:
    keywords, found = read(description, Context({}))
    assert keywords == {}
    assert [(rule.kind, dict(rule.details)) for rule in found] == rules


def test_what_other_rows_already_say_is_no_rule() -> None:
    context = Context({}, enums=(("service",), ("change", "alert")), required=("type", "name"))
    for description in (
        "Only resources of type `service` are supported.",
        "Must be `service` for services.",
        "✅ **Only events with the `change` or `alert` category** are in general use.",
        "Optional, if provided it must include `type` and `name`.",
    ):
        assert read(description, context) == ({}, ())
    assert read("Must be `other`.", context)[1][0].kind == "unclassified"
    assert read("If provided it must include `colour`.", context)[1][0].kind == "unclassified"


@given(
    st.text(
        alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("a-_0\n\r\x1c\x85\ufeff \u2003")), max_size=8
    )
)
def test_both_validators_agree_on_the_patterns(value: str) -> None:
    for description in ("Lowercase, numbers, underscores, hyphens.", "At least one non-whitespace character."):
        schema = {**TEXT, **read(description, Context(TEXT))[0]}
        assert jsonschema.Draft202012Validator(schema).is_valid(value) == jsonschema_rs.Draft202012Validator(
            schema
        ).is_valid(value)
