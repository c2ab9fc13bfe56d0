"""`GET /` and `GET /__admin` tell a stranger what this server is and where to look."""

from __future__ import annotations

import pytest

import mockserver
from tests.support.harness import VENDORS, Server, serving

pytestmark = pytest.mark.socket

INDEXES = ("/", "/__admin", "/__admin/")


@pytest.mark.parametrize("path", INDEXES)
def test_it_tells_what_it_is_and_where_to_look(server: Server, path: str) -> None:
    response = server.client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    index = response.json()
    assert index.pop("routes").keys() == set(VENDORS)
    assert index == {
        "name": "mockserver",
        "version": mockserver.__version__,
        "vendors": list(VENDORS),
        "profile": "documented",
        "control": "/__admin",
        "openapi": "/__admin/openapi.json",
    }


def test_what_it_names_is_there(server: Server) -> None:
    index = server.client.get("/").json()
    assert server.client.get(index["control"]).json() == index
    assert "/verify" in server.client.get(index["openapi"]).json()["paths"]
    for vendor, path in index["routes"].items():
        assert server.client.get(path).json()["paths"], vendor


@pytest.mark.parametrize("path", INDEXES)
def test_a_head_is_the_same_without_content(server: Server, path: str) -> None:
    response = server.client.head(path)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == server.client.get(path).headers["content-length"]


@pytest.mark.parametrize("path", ["/__admin", "/__admin/"])
def test_other_methods_are_refused(server: Server, path: str) -> None:
    response = server.client.post(path)
    assert (response.status_code, response.headers["allow"]) == (405, "GET")


def test_it_is_not_recorded_and_other_undocumented_requests_are() -> None:
    with serving("--admin-token", "token") as server:
        client = server.client
        assert [client.get(path, headers={"Host": "mock:80"}).status_code for path in ("/", "/__admin")] == [200, 403]
        assert [client.head(path).status_code for path in INDEXES] == [200, 200, 200]
        assert [client.post("/").status_code, client.get("/x//").status_code, client.get("/a").status_code] == [404] * 3
        listing = client.get("/__admin/requests", headers={"Authorization": "Bearer token"}).json()
        assert [(each["method"], each["path"]) for each in listing["requests"]] == [
            ("POST", "/"),
            ("GET", "/x//"),
            ("GET", "/a"),
        ]
