"""References outside schemas are resolved, those of the path merged into the operation, and dangling ones named."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contracts.dereferencing import ReferencingError, operation_at, resolve

TEXT: dict[str, Any] = {"type": "string"}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/things": {
            "parameters": [
                {"$ref": "#/components/parameters/Limit"},
                {"name": "order", "in": "query", "schema": TEXT},
            ],
            "post": {
                "parameters": [{"name": "order", "in": "query", "required": True, "schema": TEXT}],
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {"200": {"$ref": "#/components/responses/Made"}, "x-more": "nothing"},
            },
            "get": {"responses": {"200": {"$ref": "#/components/responses/Nothing"}}},
        }
    },
    "components": {
        "parameters": {"Limit": {"$ref": "#/components/parameters/Most"}, "Most": {"name": "limit", "in": "query"}},
        "requestBodies": {
            "Thing": {"content": {"text/plain": {"examples": {"a": {"$ref": "#/components/examples/A"}}}}}
        },
        "examples": {"A": {"value": "a"}},
        "responses": {
            "Made": {"description": "made", "headers": {"X-Id": {"$ref": "#/components/headers/Id"}}},
            "Ring": {"$ref": "#/components/responses/Ring"},
        },
        "headers": {"Id": {"schema": TEXT}},
    },
}


def test_everything_outside_schemas_is_resolved() -> None:
    operation = operation_at(DOCUMENT, "/things", "post")
    assert operation["parameters"] == [
        {"name": "limit", "in": "query"},
        {"name": "order", "in": "query", "required": True, "schema": TEXT},
    ]
    assert operation["requestBody"]["content"]["text/plain"]["examples"] == {"a": {"value": "a"}}
    assert operation["responses"] == {
        "200": {"description": "made", "headers": {"X-Id": {"schema": TEXT}}},
        "x-more": "nothing",
    }


def test_a_description_beside_a_reference_goes_before_that_of_the_target() -> None:
    spec = {"$ref": "#/components/responses/Made", "description": "another", "other": 1}
    assert resolve(DOCUMENT, spec)["description"] == "another"
    assert "other" not in resolve(DOCUMENT, spec)


def test_a_reference_that_leads_nowhere_is_named() -> None:
    with pytest.raises(ReferencingError, match="200: #/components/responses/Nothing leads nowhere"):
        operation_at(DOCUMENT, "/things", "get")


def test_a_reference_to_itself_is_named() -> None:
    with pytest.raises(ReferencingError, match="leads back to itself"):
        resolve(DOCUMENT, {"$ref": "#/components/responses/Ring"})
