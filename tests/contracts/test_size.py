"""A document of a thousand operations is ready within seconds, in little memory."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.harness import MUTATED, serving

OPERATIONS = 1000
MAX_SECONDS, MAX_BYTES = 3.0, 250 * 1024 * 1024


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A document in which each operation has schemas of its own, which share others."""
    text = {"type": "string", "maxLength": 100, "description": "A text of some length. " * 5}
    schemas: dict[str, Any] = {
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    }
    paths: dict[str, Any] = {}
    for number in range(OPERATIONS // 2):
        members = {f"member{each}": text for each in range(10)}
        properties = {**members, "node": {"$ref": "#/components/schemas/Node"}}
        schemas[f"Thing{number}"] = {"type": "object", "properties": properties, "nullable": True}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/Thing{number}"}}}
        response = {"200": {"description": "ok", "content": content}}
        parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
        paths[f"/things{number}/{{id}}"] = {
            "parameters": parameters,
            "get": {"responses": response},
            "put": {"requestBody": {"content": content}, "responses": response},
        }
    document = {"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    file = tmp_path / "large.json"
    file.write_text(json.dumps({**document, "components": {"schemas": schemas}}), "utf-8")
    return file


@pytest.mark.skipif(MUTATED, reason="with every change built in it is slow")
def test_a_thousand_operations_are_ready_soon(large: Path) -> None:
    before = time.process_time()
    app = create_app(Settings(schemas=large))
    assert time.process_time() - before < MAX_SECONDS
    assert len(app.routes) > OPERATIONS


@pytest.mark.socket
def test_a_thousand_operations_take_little_memory(large: Path) -> None:
    with serving("--schemas", str(large)) as server:
        assert server.client.get("/things7/1").status_code == 200
        assert server.client.put("/things499/1", json={"member1": "x" * 101}).status_code == 400
        assert server.resident_bytes < MAX_BYTES
