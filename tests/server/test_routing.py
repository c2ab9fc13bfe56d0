"""The most literal path answers, a slash in a value stays one, and base paths, prefixes and hosts find a vendor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from starlette.routing import Route

from mockserver.server.app import create_app
from mockserver.settings import Settings
from mockserver.testing import MockServer

pytestmark = pytest.mark.socket


def operations(*names: str) -> dict[str, Any]:
    """An operation for each method, which responds with its operationId."""
    item: dict[str, Any] = {}
    for name in names:
        method, operation = name.split(" ")
        schema = {"const": operation}
        content = {"application/json": {"schema": schema}}
        item[method] = {"operationId": operation, "responses": {"200": {"description": "ok", "content": content}}}
    return item


def document(paths: dict[str, Any], **more: Any) -> str:
    for path, item in paths.items():
        names = [each.partition("}")[0] for each in path.split("{")[1:]]
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 20}}
            for name in names
        ]
    return yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **more})


VARIABLES = {"version": {"default": "v2", "enum": ["v1", "v2"]}, "region": {"default": "eu"}}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("routing")
    pets = {
        "/pets/{id}": operations("get pet", "delete unpet"),
        "/pets/mine": operations("get mine"),
        "/pets/{id}/{part}": operations("get part"),
        "/pets/{id}/photo": operations("get photo"),
        "/files/{name}.{format}": operations("get file"),
        "/files/{name}": operations("get plain"),
        "/shared": operations("get petsShared", "head petsHead"),
    }
    server = {"url": "https://{region}.pets.example/api/{version}/", "variables": VARIABLES}
    (folder / "pets.yaml").write_text(document(pets, servers=[server]))
    shops = {"/shared": operations("get shopsShared"), "/{anything}": operations("get anything")}
    (folder / "shops.yaml").write_text(document(shops, servers=[{"url": "https://shops.example"}]))
    more = {"/shared": operations("get moreShared")}
    (folder / "more.yaml").write_text(document(more, servers=[{"url": "https://more.example"}]))
    return folder


@pytest.fixture(scope="module")
def server(schemas: Path) -> Iterator[MockServer]:
    with MockServer(schemas=schemas) as running:
        yield running


FOUND = {
    "/pets/7": "pet",
    "/pets/mine": "mine",
    "/pets/7/tail": "part",
    "/pets/7/photo": "photo",
    "/pets/7/photo%2Flarge": "part",
    "/pets/a%2Fb": "pet",
    "/pets%2Fmine": "anything",
    "/files/a.b.pdf": "file",
    "/files/readme": "plain",
    "/api/v1/pets/mine": "mine",
    "/api/v2/pets/7": "pet",
    "/pets/pets/mine": "mine",
    "/pets/api/v2/shared": "petsShared",
    "/pets/shared": "petsShared",
    "/shops/shared": "shopsShared",
    "/api/v1/shared": "petsShared",
    "/p%65ts/mine": "mine",
}


@pytest.mark.parametrize("path", FOUND)
def test_the_operation_that_a_path_means_answers(server: MockServer, http: httpx2.Client, path: str) -> None:
    response = http.get(f"{server.url}{path}")
    assert (response.status_code, response.json()) == (200, FOUND[path])


def test_a_method_that_only_the_less_literal_path_has_is_its(server: MockServer, http: httpx2.Client) -> None:
    assert http.delete(f"{server.url}/pets/mine").json() == "unpet"
    response = http.post(f"{server.url}/pets/mine")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")


def test_a_value_with_a_slash_is_judged_decoded(server: MockServer, http: httpx2.Client) -> None:
    assert http.get(f"{server.url}/pets/{'a' * 18}%2Fb").status_code == 200
    assert http.get(f"{server.url}/pets/{'a' * 19}%2Fb").status_code == 400
    assert http.get(f"{server.url}/api/v1/pets/{'a' * 21}").status_code == 400


def test_a_path_of_several_vendors_is_found_by_host_or_prefix_only(server: MockServer, http: httpx2.Client) -> None:
    for host, name in (("more.example", "moreShared"), ("shops.example:443", "shopsShared")):
        assert http.get(f"{server.url}/shared", headers={"Host": host}).json() == name
    refused = http.get(f"{server.url}/shared")
    assert refused.status_code == 404
    assert "/more/shared (moreShared) or /shops/shared (shopsShared)" in refused.text


def test_the_document_of_a_vendor_that_shares_a_path_names_its_prefix(server: MockServer, http: httpx2.Client) -> None:
    (named,) = http.get(f"{server.url}/__admin/contracts/shops/openapi.json").json()["servers"]
    assert named["url"] == f"{server.url}/shops"
    assert http.get(f"{named['url']}/shared").json() == "shopsShared"


def test_each_operation_is_a_route_of_starlette(schemas: Path) -> None:
    app = create_app(Settings(schemas=schemas))
    paths = [route.path for route in app.routes if isinstance(route, Route) and route.methods]
    assert len(paths) == 12
    assert paths.index("/pets/mine") < paths.index("/pets/{p0}")
    assert {"/pets/shared", "/shops/shared", "/more/shared"} <= set(paths)
