"""Parameters of every place and style are read as OpenAPI writes them, and judged as values of their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mockserver.testing import MockServer
from tests.support.documents import document, serve

pytestmark = pytest.mark.socket

INTEGERS = {"type": "array", "items": {"type": "integer"}}
COLOR = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}, "required": ["R"]}
UNION = {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "array", "items": {"enum": ["a", "b"]}}]}


def parameter(name: str, location: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "schema": schema, "required": location == "path", **more}


def operation(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"parameters": list(parameters)}}


STYLES = (("simple", "s"), ("label", "l"), ("matrix", "m"))
PATHS = {
    f"/{short}/{kind}/{'explode' if explode else 'plain'}/{{v}}": operation(
        parameter("v", "path", schema, style=style, explode=explode)
    )
    for style, short in STYLES
    for explode in (False, True)
    for kind, schema in (("one", {"type": "integer"}), ("list", INTEGERS), ("map", COLOR))
}
QUERIES = {
    "/q/scalars": operation(
        parameter("i", "query", {"type": "integer"}),
        parameter("n", "query", {"type": "number"}),
        parameter("b", "query", {"type": "boolean"}),
        parameter("u", "query", UNION),
        parameter("null", "query", {"type": ["integer", "null"]}),
        parameter("flag", "query", {"type": "integer"}, allowEmptyValue=True),
        parameter("text", "query", {"type": "string", "minLength": 2}, allowReserved=True),
        parameter("any", "query", {"anyOf": [{"type": "boolean"}, {"enum": ["auto"]}]}),
    ),
    "/q/required": operation(parameter("i", "query", {"type": "integer"}, required=True)),
    "/q/lists": operation(
        parameter("form", "query", INTEGERS),
        parameter("csv", "query", INTEGERS, explode=False),
        parameter("space", "query", INTEGERS, style="spaceDelimited", explode=False),
        parameter("pipe", "query", INTEGERS, style="pipeDelimited", explode=False),
        parameter("texts", "query", {"type": "array", "items": {"type": "string", "maxLength": 3}}, explode=False),
        parameter("few[]", "query", {**INTEGERS, "maxItems": 2}),
    ),
    "/q/exploded": operation(parameter("color", "query", COLOR)),
    "/q/required-exploded": operation(parameter("color", "query", COLOR, required=True)),
    "/q/maps": operation(
        parameter("csv", "query", COLOR, explode=False),
        parameter(
            "deep",
            "query",
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": INTEGERS, "c": COLOR},
                "additionalProperties": False,
            },
            style="deepObject",
        ),
        {"name": "json", "in": "query", "content": {"application/json": {"schema": COLOR}}},
        {"name": "xml", "in": "query", "content": {"application/xml": {"schema": COLOR}}},
    ),
    "/h": operation(
        parameter("X-Count", "header", {"type": "integer"}, required=True),
        parameter("X-List", "header", INTEGERS),
        parameter("X-Map", "header", COLOR, explode=True),
        parameter("Accept", "header", {"const": "never"}, required=True),
        parameter("authorization", "header", {"const": "never"}, required=True),
        parameter("Content-Type", "header", {"const": "never"}, required=True),
    ),
    "/c": operation(
        parameter("session", "cookie", {"type": "integer"}, required=True),
        parameter("ids", "cookie", INTEGERS, explode=False),
    ),
    "/o/{v}": {
        "parameters": [parameter("v", "path", {"type": "integer"}), parameter("p", "query", {"type": "integer"})],
        "get": {"parameters": [parameter("p", "query", {"type": "boolean"})]},
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with serve(tmp_path_factory.mktemp("contracts"), document({**PATHS, **QUERIES})) as running:
        yield running


def rules(server: MockServer, http: httpx2.Client, path: str, **headers: str) -> list[tuple[str, str]]:
    """The rules that a request breaks, with the parameters that break them."""
    response = http.get(f"{server.url}{path}", headers=headers)
    (record,) = http.get(f"{server.url}/__admin/requests").json()["requests"][-1:]
    broken = [(each["rule"], each["parameter"]) for each in record["violations"]]
    assert response.status_code == (400 if broken else 200)
    return broken


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        ("/s/one/plain/5", None),
        ("/s/one/plain/x", "type"),
        ("/s/list/plain/1,2", None),
        ("/s/list/plain/1,x", "type"),
        ("/s/map/plain/R,1,G,2", None),
        ("/s/map/plain/R,1,G", "style"),
        ("/s/map/plain/G,1", "required"),
        ("/s/map/explode/R=1,G=2", None),
        ("/s/map/explode/R=1,G=x", "type"),
        ("/s/map/explode/R,1", "style"),
        ("/l/one/plain/.5", None),
        ("/l/one/plain/5", "style"),
        ("/l/one/plain/.x", "type"),
        ("/l/list/plain/.1,2", None),
        ("/l/list/explode/.1.2", None),
        ("/l/list/explode/.1.x", "type"),
        ("/l/map/plain/.R,1,G,2", None),
        ("/l/map/explode/.R=1.G=2", None),
        ("/m/one/plain/;v=5", None),
        ("/m/one/plain/;w=5", "style"),
        ("/m/one/plain/5", "style"),
        ("/m/list/plain/;v=1,2", None),
        ("/m/list/explode/;v=1;v=2", None),
        ("/m/list/explode/;v=1;v=x", "type"),
        ("/m/map/plain/;v=R,1,G,2", None),
        ("/m/map/explode/;R=1;G=2", None),
        ("/m/map/explode/;G=2", "required"),
    ],
)
def test_a_path_parameter_is_read_in_its_style(
    server: MockServer, http: httpx2.Client, path: str, broken: str | None
) -> None:
    assert rules(server, http, path) == ([(broken, "v")] if broken else [])


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ("scalars?i=-5&n=1.5e3&b=true&u=7&null=null&flag=&text=a/b?c&any=auto", []),
        ("scalars?any=true&u=a&u=b&n=7&null=3", []),
        ("scalars?i=5.5", [("type", "i")]),
        ("scalars?i=007", [("type", "i")]),
        ("scalars?i=", [("type", "i")]),
        ("scalars?i=1&i=2", [("style", "i")]),
        ("scalars?n=one", [("type", "n")]),
        ("scalars?n=1e999", [("type", "n")]),
        ("scalars?b=True&null=none", [("type", "b"), ("type", "null")]),
        ("scalars?u=4", [("minimum", "u")]),
        ("scalars?any=later", [("type", "any")]),
        ("scalars?text=a", [("minLength", "text")]),
        ("scalars?text=%E2%82%AC+", []),
        ("required", [("required", "i")]),
        ("required?i=1", []),
        ("lists?form=1&form=2&csv=1,2&space=1%202&pipe=1%7C2&few[]=1&few[]=2", []),
        ("lists?csv=1%2C2&space=1+2&pipe=1|2&few%5B%5D=1", []),
        ("lists?form=1,2", [("type", "form")]),
        ("lists?csv=1;2", [("type", "csv")]),
        ("lists?texts=a%2Cb,c", []),
        ("lists?texts=abcd,c", [("maxLength", "texts")]),
        ("lists?few[]=1&few[]=2&few[]=3", [("maxItems", "few[]")]),
        ("exploded", []),
        ("exploded?R=1&G=2&other=3", []),
        ("exploded?G=2", [("required", "color")]),
        ("exploded?R=red", [("type", "color")]),
        ("required-exploded?other=1", [("required", "color")]),
        ("maps?csv=R,1,G,2&deep[a]=1&deep[b]=1&deep[b]=2&deep[c][R]=1", []),
        ("maps?deep[a]=x", [("type", "deep")]),
        ("maps?deep[z]=x", [("additionalProperties", "deep")]),
        ("maps?deep[a=1", [("style", "deep")]),
        ('maps?json={"R":1}', []),
        ('maps?json={"R":"1"}', [("type", "json")]),
        ("maps?json=R", [("style", "json")]),
    ],
)
def test_a_query_parameter_is_read_in_its_style(
    server: MockServer, http: httpx2.Client, query: str, broken: list[tuple[str, str]]
) -> None:
    assert rules(server, http, f"/q/{query}") == broken


@pytest.mark.parametrize(
    ("path", "headers", "broken"),
    [
        ("/h", {"x-count": "1", "X-LIST": "1, 2", "x-map": "R=1, G=2"}, []),
        ("/h", {"x-count": "one"}, [("type", "X-Count")]),
        ("/h", {"x-list": "1,a"}, [("required", "X-Count"), ("type", "X-List")]),
        ("/c", {"cookie": "a=b; session=1; ids=1,2"}, []),
        ("/c", {"cookie": "session=x"}, [("type", "session")]),
        ("/c", {}, [("required", "session")]),
        ("/o/1?p=true", {}, []),
        ("/o/x?p=1", {}, [("type", "v"), ("type", "p")]),
    ],
)
def test_a_header_a_cookie_and_an_inherited_parameter_are_judged(
    server: MockServer, http: httpx2.Client, path: str, headers: dict[str, str], broken: list[tuple[str, str]]
) -> None:
    assert rules(server, http, path, **headers) == broken


def test_a_parameter_of_an_unread_media_type_is_said_not_to_be_judged(server: MockServer, http: httpx2.Client) -> None:
    assert rules(server, http, "/q/maps?xml=%3Ca/%3E") == []
    record = http.get(f"{server.url}/__admin/requests").json()["requests"][-1]
    assert record["verdict"] == "valid"
    assert record["not_judged"] == ["not judged: query parameter 'xml', which is application/xml"]
