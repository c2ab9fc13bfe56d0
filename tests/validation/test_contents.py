"""A body of any documented media type is read as it asks, and judged; one of another media type is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import httpx2
import pytest

from mockserver.testing import MockServer
from tests.support.documents import document, serve

pytestmark = pytest.mark.socket

ADDRESS = {"type": "object", "properties": {"zip": {"type": "integer"}}, "required": ["zip"]}
THING = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "size": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": ADDRESS,
        "secret": {"type": "string", "writeOnly": True},
        "file": {"type": "string", "format": "binary", "maxLength": 10},
    },
    "required": ["id", "name"],
    "additionalProperties": False,
}
REFERENCE = {"$ref": "#/components/schemas/Thing"}


def body(*media_types: str, schema: Any = REFERENCE, required: bool = True, **more: Any) -> dict[str, Any]:
    content = {media_type: {"schema": schema, **more} for media_type in media_types}
    return {"post": {"requestBody": {"required": required, "content": content}}}


def failing(*statuses: str) -> dict[str, Any]:
    return {"responses": {status: {"description": "…"} for status in ("200", *statuses)}}


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
PARTS = f"{MULTIPART}; boundary=b"
PNG = 'name="file"; filename="a.png"\r\nContent-Type: image/png\r\nX-Part: 1'
PATHS = {
    "/json": body("application/json"),
    "/several": body("application/json", "application/merge-patch+json", FORM),
    "/optional": body("application/json", required=False),
    "/form": body(FORM),
    "/lists": body(FORM, schema={**THING, "required": ["name", "tags"]}),
    "/encoded": body(
        FORM,
        encoding={
            "tags": {"style": "form", "explode": False},
            "address": {"style": "deepObject", "explode": True},
        },
    ),
    "/multipart": body(
        MULTIPART,
        encoding={"file": {"contentType": "image/*", "headers": {"X-Part": {"required": True, "schema": {}}}}},
    ),
    "/text": body("text/plain", schema={"type": "string", "maxLength": 5}),
    "/number": body("text/plain", schema={"type": "integer", "minimum": 3}),
    "/image": body("image/*", schema={"type": "string", "format": "binary"}),
    "/any": body("*/*", schema={}),
    "/xml": body("application/xml"),
    "/415": {"post": {**body("application/json")["post"], **failing("415", "422")}},
    "/422": {"post": {**body("application/json")["post"], **failing("422")}},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with serve(tmp_path_factory.mktemp("contracts"), document(PATHS, schemas={"Thing": THING})) as running:
        yield running


def sent(
    server: MockServer, http: httpx2.Client, path: str, content: bytes | str, content_type: str | None
) -> tuple[int, list[tuple[str, str]]]:
    """The status of the response, and the rules that the request broke, each with its place."""
    headers = {} if content_type is None else {"content-type": content_type}
    response = http.post(f"{server.url}{path}", content=content, headers=headers)
    return response.status_code, [(each["rule"], each["pointer"]) for each in last(server, http)["violations"]]


def last(server: MockServer, http: httpx2.Client) -> Any:
    return http.get(f"{server.url}/__admin/requests").json()["requests"][-1]


def multipart(*parts: tuple[str, str], end: str = "--b--\r\n") -> str:
    """A multipart body of parts, each the headers besides the name and the data."""
    written = [f"--b\r\nContent-Disposition: form-data; {headers}\r\n\r\n{data}\r\n" for headers, data in parts]
    return "".join(written) + end


@pytest.mark.parametrize(
    ("path", "content", "content_type", "broken"),
    [
        ("/json", '{"name": "a"}', "application/json; charset=utf-8", []),
        ("/json", '{"name": "a"}', None, []),
        ("/json", "{}", "application/json", [("required", "/name")]),
        ("/json", "", "application/json", [("unreadable", "")]),
        ("/json", "", None, [("required", "")]),
        ("/json", '{"name": "a"}', "text/plain", [("media-type", "")]),
        ("/several", '{"name": "a"}', "application/merge-patch+json", []),
        ("/several", '{"name": 1}', "application/merge-patch+json", [("type", "/name")]),
        ("/several", "name=a", FORM, []),
        ("/several", "name=a", "application/xml", [("media-type", "")]),
        ("/optional", "", None, []),
        ("/optional", "", "application/json", []),
        ("/optional", "{}", "application/json", [("required", "/name")]),
        ("/form", "name=a&size=5&tags=x&tags=y&address[zip]=7", FORM, []),
        ("/form", "name=a&tags[]=x&tags[]=y", FORM, []),
        ("/form", f"name=a&address={quote_plus(json.dumps({'zip': 7}))}", FORM, []),
        ("/form", "name=a&size=big", FORM, [("type", "/size")]),
        ("/form", "name=a&address[zip]=x", FORM, [("type", "/address/zip")]),
        ("/form", "size=5", FORM, [("required", "/name")]),
        ("/form", "name=a&other=5", FORM, [("additionalProperties", "/other")]),
        ("/form", "name=a&other[b=5", FORM, [("additionalProperties", "/other[b")]),
        ("/form", "name=a&name=b", FORM, [("type", "/name")]),
        ("/form", "name=%E2%82%AC+5", FORM, []),
        ("/form", "", FORM, [("required", "/name")]),
        ("/lists", "name=a", FORM, []),
        ("/encoded", "name=a&tags=x,y&address[zip]=7", FORM, []),
        ("/encoded", "name=a&address[zip=7", FORM, [("style", "/address")]),
        ("/multipart", multipart(('name="name"', "a"), ('name="size"', "5")), PARTS, []),
        ("/multipart", multipart(('name="size"', "5")), PARTS, [("required", "/name")]),
        ("/multipart", multipart(('name="name"', "a"), ('name="size"', "x")), PARTS, [("type", "/size")]),
        ("/multipart", multipart(('name="name"', "a"), ('name="address"', '{"zip": 7}')), PARTS, []),
        (
            "/multipart",
            multipart(('name="name"', "a"), ('name="address"\r\nContent-Type: application/json', '{"zip": "7"}')),
            PARTS,
            [("type", "/address/zip")],
        ),
        (
            "/multipart",
            multipart(('name="name"', "a"), ('name="address"\r\nContent-Type: application/json', "{")),
            PARTS,
            [("type", "/address"), ("unreadable", "/address")],
        ),
        (
            "/multipart",
            multipart(('name="name"', "a"), (PNG, "PNG")),
            PARTS,
            [],
        ),
        (
            "/multipart",
            multipart(('name="name"', "a"), ('name="file"; filename="a.txt"\r\nContent-Type: text/plain', "PNG")),
            PARTS,
            [("content-type", "/file"), ("required", "/file")],
        ),
        ("/multipart", multipart(('name="name"', "a")), MULTIPART, [("unreadable", "")]),
        ("/multipart", multipart(('name="name"', "a"), end=""), PARTS, [("unreadable", "")]),
        ("/text", "hello", "text/plain; charset=utf-8", []),
        ("/text", "hello you", "text/plain", [("maxLength", "")]),
        ("/text", "hello", "text/html", [("media-type", "")]),
        ("/number", "7", "text/plain", []),
        ("/number", "1", "text/plain", [("minimum", "")]),
        ("/number", "seven", "text/plain", [("type", "")]),
        ("/image", b"\x89PNG\xff", "image/png", []),
        ("/image", b"\x89PNG\xff", "video/mp4", [("media-type", "")]),
        ("/image", "", None, [("required", "")]),
        ("/any", b"\x00\xff", "application/x-anything", []),
    ],
)  # fmt: skip
def test_a_body_is_judged_as_its_media_type_asks(
    server: MockServer,
    http: httpx2.Client,
    path: str,
    content: bytes | str,
    content_type: str | None,
    broken: list[tuple[str, str]],
) -> None:
    status, found = sent(server, http, path, content, content_type)
    assert (found, status // 100) == (broken, 4 if broken else 2)


@pytest.mark.parametrize(
    ("path", "content", "content_type", "status"),
    [
        ("/json", "x", "text/plain", 415),
        ("/json", "{}", "application/json", 400),
        ("/415", "x", "text/plain", 415),
        ("/415", "{}", "application/json", 422),
        ("/422", "x", "text/plain", 422),
        ("/422", "", None, 422),
    ],
)
def test_a_refusal_has_the_documented_status(
    server: MockServer, http: httpx2.Client, path: str, content: str, content_type: str | None, status: int
) -> None:
    assert sent(server, http, path, content, content_type)[0] == status


def test_what_is_not_judged_is_said(server: MockServer, http: httpx2.Client) -> None:
    assert sent(server, http, "/xml", "<thing/>", "application/xml") == (200, [])
    assert last(server, http)["not_judged"] == ["not judged: the body, which is application/xml"]
    assert sent(server, http, "/json", '{"name": "a"}', "application/json") == (200, [])
    assert "not_judged" not in last(server, http)
