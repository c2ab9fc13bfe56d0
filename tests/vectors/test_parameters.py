"""The vectors of an operation with parameters are about its body: the parameters are right."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mockserver.contracts.catalogue import load_catalogue
from mockserver.vectors.document import make_vectors

pytestmark = pytest.mark.unit

PARAMETERS = [
    {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
    {"name": "many", "in": "query", "required": True, "schema": {"type": "boolean"}},
    {"name": "parts", "in": "query", "required": True, "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
    {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 5}},
]


def test_only_the_body_is_wrong(tmp_path: Path) -> None:
    body = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "maximum": 3}}}
    operation = {
        "operationId": "ChangeWidget",
        "parameters": PARAMETERS,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Changed."}, "400": {"description": "Wrong."}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Widgets", "version": "1"},
        "paths": {"/widgets/{id}": {"put": operation}},
        "components": {"schemas": {}},
    }
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    contract = load_catalogue({"widgets": tmp_path / "openapi.yaml"}, (), "documented").vendors["widgets"]
    vectors = make_vectors(contract)["vectors"]
    assert {(vector["side"] == "outside", vector["expect"]["status"]) for vector in vectors} == {
        (False, 200),
        (True, 400),
    }
    pointers = {violation["pointer"] for vector in vectors for violation in vector["expect"]["violations"]}
    assert pointers == {"", "/count"}
