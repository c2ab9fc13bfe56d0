"""Responses are those of the document: examples and made values that fit, its media types, headers and errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema
import pytest

from mockserver.testing import MockServer
from tests.support.documents import document, serve

pytestmark = pytest.mark.socket

PET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 10, "multipleOf": 7},
        "name": {"type": "string", "pattern": "^[A-Z][a-z]{3}$"},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "uniqueItems": True},
        "password": {"type": "string", "writeOnly": True},
        "parent": {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "null"}]},
    },
    "required": ["id", "name", "tags", "password"],
    "additionalProperties": False,
}
ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "enum": ["E1"]},
        "info": {"$ref": "#/components/schemas/Info"},
        "causes": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
        "details": {"type": "object", "properties": {"error": {"$ref": "#/components/schemas/Error"}}},
    },
    "required": ["code", "info"],
}
INFO = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "trace": {"type": "string", "format": "uuid"}},
    "required": ["message", "trace"],
}
REFERENCE = {"$ref": "#/components/schemas/Pet"}
GOOD = {"id": 14, "name": "Rexx", "tags": ["a", "b"]}
GONE = {"code": "E1", "info": {"message": "gone", "trace": "2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11"}}
IN_TEXT = '{"id": 21, "name": "Rexx", "tags": ["a", "b"]}'
OTHER = {"type": "object", "properties": {"msg": {"type": "string"}, "at": {"type": ["integer", "null"]}}}
ROWS = {
    "type": "array",
    "items": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}},
}
LOCATION = {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}


def response(*media_types: str, schema: Any = None, headers: Any = None, **more: Any) -> dict[str, Any]:
    holder = {} if schema is None else {"schema": schema}
    found: dict[str, Any] = {"description": "…"}
    if media_types:
        found["content"] = {media_type: {**holder, **more} for media_type in media_types}
    return found if headers is None else {**found, "headers": headers}


def get(**responses: dict[str, Any]) -> dict[str, Any]:
    named = {status.removeprefix("_"): each for status, each in responses.items()}
    return {"get": {"parameters": [LIMIT], "responses": named}}


PATHS = {
    "/made": get(_200=response("application/json", schema=REFERENCE)),
    "/example": get(_200=response("application/json", schema=REFERENCE, example=GOOD)),
    "/text-example": get(_200=response("application/json", schema=REFERENCE, example=IN_TEXT)),
    "/bad-example": get(_200=response("application/json", schema=REFERENCE, example={"id": "x"})),
    "/examples": get(
        _200=response(
            "application/json", schema=REFERENCE,
            examples={"wrong": {"value": 5}, "first": {"value": GOOD}, "second": {"value": {**GOOD, "id": 28}}},
        ),
        _404=response("application/json", schema=ERROR, examples={"gone": {"value": GONE}}),
        _201=response("application/json", schema=REFERENCE, example={**GOOD, "id": 35}),
    ),
    "/several": get(_200=response("application/json", "application/xml", "text/csv", schema=REFERENCE)),
    "/headers": get(
        _200=response(
            headers={
                "X-Total": {"required": True, "schema": {"type": "integer", "minimum": 3}},
                "X-Next": {"schema": {"type": "string"}, "example": "/next"},
                "Content-Type": {"schema": {"const": "never"}},
            }
        )
    ),
    "/nothing": get(_200=response()),
    "/204": get(_204=response("application/json", schema=REFERENCE)),
    "/range": get(
        **{"2XX": response("application/json", schema=REFERENCE), "4XX": response("application/json", schema=ERROR)}
    ),
    "/default": get(_200=response(), default=response("application/json", schema=ERROR)),
    "/only-default": get(default=response("application/json", schema=REFERENCE)),
    "/error": get(_200=response(), _400=response("application/json", schema=ERROR)),
    "/plain-error": get(_200=response(), _400=response("text/plain", schema={"type": "string"})),
    "/other-name": get(_200=response(), default=response("application/json", schema=OTHER)),
    "/no-error": get(_200=response()),
    "/redirect": get(_302=response(headers=LOCATION)),
    "/image": get(_200=response("image/png", schema={"type": "string", "format": "binary"})),
    "/text": get(_200=response("text/plain", schema={"type": "string", "minLength": 20})),
    "/csv": get(_200=response("text/csv", schema=ROWS)),
    "/406": get(_200=response("application/json", schema=REFERENCE), _406=response()),
    "/anything": get(_200=response("*/*", schema={"type": "object", "required": ["a"]})),
    "/no-schema": get(_200=response("application/json")),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    folder = tmp_path_factory.mktemp("contracts")
    with serve(folder, document(PATHS, schemas={"Pet": PET, "Info": INFO, "Error": ERROR})) as running:
        yield running


def fits(value: Any, schema: Any) -> bool:
    visible = {**PET, "required": ["id", "name", "tags"]}
    whole = {**schema, "components": {"schemas": {"Pet": visible, "Info": INFO, "Error": ERROR}}}
    jsonschema.Draft202012Validator(whole).validate(value)
    return True


@pytest.mark.parametrize("path", ["/made", "/bad-example", "/range", "/only-default"])
def test_a_made_value_fits_its_schema_and_holds_nothing_that_is_only_written(
    server: MockServer, http: httpx2.Client, path: str
) -> None:
    answer = http.get(f"{server.url}{path}")
    assert answer.status_code == 200
    assert fits(answer.json(), REFERENCE)
    assert "password" not in answer.json()


@pytest.mark.parametrize(
    ("path", "prefer", "status", "number", "applied"),
    [
        ("/example", None, 200, 14, None),
        ("/text-example", None, 200, 21, None),
        ("/examples", None, 200, 14, None),
        ("/examples", "example=second", 200, 28, "example=second"),
        ("/examples", "example=wrong", 200, 14, None),
        ("/examples", "example=none", 200, 14, None),
        ("/examples", "code=201", 201, 35, "code=201"),
    ],
)
def test_documented_examples_go_first_where_they_fit(
    server: MockServer,
    http: httpx2.Client,
    path: str,
    prefer: str | None,
    status: int,
    number: int,
    applied: str | None,
) -> None:
    answer = http.get(f"{server.url}{path}", headers={"prefer": prefer} if prefer else {})
    assert (answer.status_code, answer.json()["id"]) == (status, number)
    assert answer.headers.get("preference-applied") == applied


def test_a_preferred_failure_is_the_documented_example(server: MockServer, http: httpx2.Client) -> None:
    answer = http.get(f"{server.url}/examples", headers={"prefer": "code=404, example=gone"})
    assert (answer.status_code, answer.json()["info"]["message"]) == (404, "gone")
    assert set(answer.headers["preference-applied"].split(", ")) == {"example=gone", "code=404"}


def test_dynamic_responses_differ_and_fit(server: MockServer, http: httpx2.Client) -> None:
    answers = [http.get(f"{server.url}/example", headers={"prefer": "dynamic=true"}) for _ in range(12)]
    assert all(fits(each.json(), REFERENCE) for each in answers)
    assert len({each.text for each in answers}) > 1
    assert {each.headers["preference-applied"] for each in answers} == {"dynamic=true"}


@pytest.mark.parametrize(
    ("path", "accept", "content_type", "beginning"),
    [
        ("/several", "application/json", "application/json", "{"),
        ("/several", "application/xml", "application/xml", '<?xml version="1.0" encoding="UTF-8"?><Pet><id>'),
        ("/several", "text/*;q=0.5, application/xml;q=0.1", "text/csv", "id,name"),
        ("/several", "image/png", "application/json", "{"),
        ("/several", "application/json;q=0, */*", "application/xml", "<?xml"),
        ("/image", "*/*", "image/png", "\ufffdPNG"),
        ("/text", "*/*", "text/plain", "string"),
        ("/csv", "*/*", "text/csv", "a,b\r\n1,string"),
        ("/anything", "*/*", "application/json", "{"),
        ("/no-schema", "*/*", "application/json", "{}"),
    ],
)
def test_the_media_type_is_one_that_the_client_accepts(
    server: MockServer, http: httpx2.Client, path: str, accept: str, content_type: str, beginning: str
) -> None:
    answer = http.get(f"{server.url}{path}", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.content.decode("utf-8", "replace").startswith(beginning)


def test_a_client_that_accepts_nothing_documented_gets_a_documented_406(
    server: MockServer, http: httpx2.Client
) -> None:
    statuses = [http.get(f"{server.url}/406", headers={"accept": each}).status_code for each in ("image/*", "*/*")]
    assert statuses == [406, 200]


def test_documented_headers_are_sent(server: MockServer, http: httpx2.Client) -> None:
    answer = http.get(f"{server.url}/headers")
    assert (answer.headers["x-total"], answer.headers["x-next"]) == ("3", "/next")
    redirect = http.get(f"{server.url}/redirect", follow_redirects=False)
    assert (redirect.status_code, redirect.headers["location"][:8]) == (302, "https://")


@pytest.mark.parametrize(("path", "status"), [("/nothing", 200), ("/204", 204)])
def test_a_response_without_content_has_none(server: MockServer, http: httpx2.Client, path: str, status: int) -> None:
    answer = http.get(f"{server.url}{path}")
    assert (answer.status_code, answer.content, "content-type" in answer.headers) == (status, b"", False)


@pytest.mark.parametrize("path", ["/range", "/default", "/error"])
def test_a_failure_has_the_envelope_of_the_document_with_our_message(
    server: MockServer, http: httpx2.Client, path: str
) -> None:
    answer = http.get(f"{server.url}{path}?limit=x")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert fits(answer.json(), ERROR)
    assert "limit" in answer.json()["info"]["message"]


def test_a_failure_in_plain_text_and_one_of_which_nothing_is_documented_tell_the_message(
    server: MockServer, http: httpx2.Client
) -> None:
    plain = http.get(f"{server.url}/plain-error?limit=x")
    assert (plain.headers["content-type"], "limit" in plain.text) == ("text/plain", True)
    other = http.get(f"{server.url}/other-name?limit=x").json()
    assert (set(other), "limit" in other["msg"]) == ({"msg", "at"}, True)
    problem = http.get(f"{server.url}/no-error?limit=x")
    assert (problem.status_code, problem.headers["content-type"]) == (400, "application/problem+json")
    assert "limit" in problem.json()["detail"]
