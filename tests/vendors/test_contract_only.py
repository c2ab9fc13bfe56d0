"""A vendor of which only the contract is known: served, scripted and read through the default handle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from mockserver.testing import MockServer

pytestmark = pytest.mark.socket

SCHEMES = {
    "key in a header": ({"type": "apiKey", "in": "header", "name": "X-Key"}, "X-Key", "mock-1"),
    "basic": ({"type": "http", "scheme": "basic"}, "Authorization", "Basic bW9jay0xOg=="),
    "bearer": ({"type": "http", "scheme": "bearer"}, "Authorization", "Bearer mock-1"),
}
BODY = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(tmp_path: Path, scheme: str) -> Iterator[MockServer]:
    content = {"application/json": {"schema": BODY}}
    operation = {
        "operationId": "CreateWidget",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Created.", "content": content}, "503": {"description": "Later."}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Widgets", "version": "1"},
        "security": [{"key": []}],
        "paths": {"/widgets": {"post": operation}},
        "components": {"securitySchemes": {"key": SCHEMES[scheme][0]}},
    }
    (tmp_path / "small-widgets").mkdir()
    (tmp_path / "small-widgets" / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    with MockServer(schemas=tmp_path) as running:
        yield running


def test_the_handle_presents_the_credentials_of_the_contract(
    server: MockServer, scheme: str, http: httpx2.Client
) -> None:
    _, header, value = SCHEMES[scheme]
    widgets = server.account("small-widgets")
    assert (widgets.headers, widgets.api_key) == ({header: value}, "mock-1")
    assert widgets.env()["SMALL_WIDGETS_API_KEY"] == "mock-1"
    widgets.fail(503, times=1)
    sent = [http.post(f"{server.url}/widgets", json={"name": "cog"}, headers=widgets.headers) for _ in range(2)]
    assert [response.status_code for response in sent] == [503, 200]
    widgets.assert_received("cog", times=1)
    assert server.account("small-widgets").events == []
