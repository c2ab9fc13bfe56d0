"""What stands outside a body is judged as the body is, and listed with a fix in JSON's own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml

from mockserver.testing import MockServer

pytestmark = pytest.mark.socket

PARAMETERS = {
    "sort": {"type": "string", "enum": ["asc", "desc"]},
    "size": {"type": "integer", "enum": [1, 2, None]},
    "many": {"type": "array", "items": {"enum": ["x", "y"]}},
    "deep": {"type": "boolean", "enum": [True]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    folder = tmp_path_factory.mktemp("contracts")
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in PARAMETERS.items()]
    operation = {"operationId": "ListWidgets", "parameters": parameters, "responses": {"200": {"description": "OK"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Widgets", "version": "1"},
        "security": [{"key": []}],
        "paths": {"/widgets": {"get": operation}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    }
    (folder / "widgets").mkdir()
    (folder / "widgets" / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    with MockServer(schemas=folder) as running:
        yield running


@pytest.mark.parametrize(
    ("query", "parameter", "fix"),
    [
        ("sort=up", "sort", 'set it to "asc"'),
        ("sort=", "sort", 'set it to "asc"'),
        ("sort=%E2%82%AC", "sort", 'set it to "asc"'),
        ("size=7", "size", "set it to 1"),
        ("size=many", "size", "set it to 1"),
        ("many=x&many=z", "many", 'set it to "y"'),
        ("deep=false", "deep", "set it to true"),
        ("deep=None", "deep", "set it to true"),
    ],
)
def test_a_query_parameter_that_breaks_its_enum_is_listed_once(
    server: MockServer, http: httpx2.Client, query: str, parameter: str, fix: str
) -> None:
    assert http.get(f"{server.url}/widgets?{query}", headers={"X-Key": "key"}).status_code == 400
    listing = http.get(f"{server.url}/__admin/requests")
    assert listing.status_code == 200
    (violation,) = listing.json()["requests"][-1]["violations"]
    found: Any = (violation["rule"], violation["parameter"], violation["fix"])
    assert found == ("enum", parameter, fix)
