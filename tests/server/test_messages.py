"""A message is put where a value has a place for it, and only where the value still fits."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from mockserver.server.messages import with_message

pytestmark = pytest.mark.unit

TEXT, SHORT = {"type": "string"}, {"maxLength": 1}


@pytest.mark.parametrize(
    ("schema", "usual", "known", "told"),
    [
        ({}, {"message": "x", "code": 1}, None, {"message": "no", "code": 1}),
        ({}, {"Message": "x"}, None, {"Message": "no"}),
        ({}, {"error": {"title": "x", "id": "y"}}, None, {"error": {"title": "no", "id": "y"}}),
        ({}, {"errors": [{"detail": "x"}, {"detail": "y"}]}, None, {"errors": [{"detail": "no"}, {"detail": "no"}]}),
        ({}, {"errors": ["x"]}, None, {"errors": ["no"]}),
        ({}, {"id": "y"}, {"message": "no"}, {"id": "y", "message": "no"}),
        ({"additionalProperties": False, "properties": {"id": TEXT}}, {"id": "y"}, {"message": "no"}, {"id": "y"}),
        ({"properties": {"message": {"enum": ["x"]}}}, {"message": "x"}, None, {"message": "x"}),
        ({"properties": {"title": SHORT}}, {"message": "x", "title": "y"}, None, {"message": "no", "title": "y"}),
        ({}, [{"error": "x", "id": 1}], [{"error": "no"}], [{"error": "no", "id": 1}]),
        ({}, "x", "no", "no"),
        ({}, 5, None, 5),
    ],
)  # fmt: skip
def test_a_value_tells_the_message_where_it_can(schema: Any, usual: Any, known: Any, told: Any) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    assert with_message(usual, known, "no", validator.is_valid) == told
