"""The generated schemathesis.toml explains what the contract of any document leaves undocumented or open."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.schemathesis_config import schemathesis_config
from mockserver.support.jsontext import indented
from mockserver.vendors.contracts import load_contracts

OK: dict[str, Any] = {"200": {"description": "ok"}}
ANY = {**OK, "default": {"description": "else"}}
SCHEMES = {
    "key": {"type": "apiKey", "in": "query", "name": "api_key"},
    "basic": {"type": "http", "scheme": "basic"},
    "token": {"type": "oauth2", "flows": {}},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
}


def query(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "q", "in": "query", "schema": schema, **more}


def body(media_type: str, *, required: bool = True, **members: Any) -> dict[str, Any]:
    return {"required": required, "content": {media_type: {"schema": {"type": "object", "properties": members}}}}


def configuration(tmp_path: Path, paths: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The configuration for a document with these paths, read, with its text under `text`."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "made", "version": "1"},
        "paths": paths,
        "components": {
            "securitySchemes": SCHEMES,
            "schemas": {"Cat": {"type": "object", "properties": {"kind": {"enum": ["cat"]}}}},
        },
    }
    path = tmp_path / "made.json"
    path.write_text(indented(document), "utf-8")
    text = schemathesis_config(load_contracts(path, ("made",), "documented").vendors["made"], **options)
    return {**tomllib.loads(text), "text": text}


def checks(tmp_path: Path, operation: dict[str, Any]) -> dict[str, Any]:
    """What is configured for the one operation of a document."""
    found = configuration(tmp_path, {"/a": {"post": operation}}).get("operations", [])
    assert [each["include-name"] for each in found] in ([], ["POST /a"])
    return found[0]["checks"] if found else {}


INT64, OBJECT = {"type": "string", "format": "int64"}, {"type": "object"}
FORM, XML = "application/x-www-form-urlencoded", "application/xml"
CHOOSING = {"oneOf": [{"$ref": "#/components/schemas/Cat"}], "discriminator": {"propertyName": "kind"}}
NAMED = {**CHOOSING, "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}}}


def answered(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {status: {"description": "ok", "content": content}, "default": {"description": "else"}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"responses": ANY}, []),
        ({"responses": OK}, []),
        ({"responses": {"4XX": {"description": "no"}}}, ["status_code_conformance"]),
        ({"responses": OK, "parameters": [query({"type": "integer"})]}, ["status_code_conformance"]),
        ({"responses": ANY, "parameters": [query({"type": "integer"})]}, []),
        ({"responses": OK, "security": [{"basic": []}]}, ["status_code_conformance"]),
        ({"responses": ANY, "requestBody": body("application/json")}, []),
        ({"responses": ANY, "requestBody": body(FORM, a={"type": "string"})}, []),
        ({"responses": ANY, "requestBody": body(FORM, required=False)}, ["negative_data_rejection"]),
        ({"responses": ANY, "requestBody": body(XML)}, ["negative_data_rejection"]),
        (
            {"responses": ANY, "requestBody": body(FORM, a={"type": "array", "items": {"type": "string"}})},
            ["negative_data_rejection"],
        ),
        (
            {"responses": ANY, "requestBody": body(FORM, a={"type": "object"})},
            ["positive_data_acceptance", "negative_data_rejection"],
        ),
        (
            {"responses": ANY, "parameters": [query({"type": "string", "format": "int64"})]},
            ["positive_data_acceptance"],
        ),
        (
            {"responses": ANY, "parameters": [query({"type": "object"}, style="deepObject")]},
            ["positive_data_acceptance"],
        ),
        ({"responses": answered("204", {})}, ["content_type_conformance", "response_schema_conformance"]),
        ({"responses": answered("200", CHOOSING)}, ["response_schema_conformance"]),
        ({"responses": answered("200", NAMED)}, []),
    ],
)
def test_a_check_is_configured_only_where_the_document_makes_it_fail(
    operation: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    assert list(checks(tmp_path, operation)) == expected


def test_the_reason_names_the_operation_and_the_status_that_it_does_not_document(tmp_path: Path) -> None:
    text = configuration(tmp_path, {"/a": {"post": {"responses": OK, "security": [{"basic": []}]}}})["text"]
    assert "# POST /a documents no 401, with which requests without a valid credential are refused.\n" in text


def test_a_method_of_a_less_literal_path_is_explained(tmp_path: Path) -> None:
    named = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {"/a/b": {"get": {"responses": ANY}}, "/a/{id}": {"post": {"responses": ANY, "parameters": [named]}}}
    found = configuration(tmp_path, paths)
    assert found["operations"] == [
        {"include-name": "GET /a/b", "checks": {"unsupported_method": {"enabled": False}}},
    ]
    assert "# POST /a/b is a request to POST /a/{id}.\n" in found["text"]


def test_each_operation_gets_the_credentials_that_it_takes(tmp_path: Path) -> None:
    secured: list[Any] = [[{"basic": []}], [{"token": []}], [{"key": [], "header": []}], []]
    paths = {f"/{number}": {"get": {"responses": ANY, "security": each}} for number, each in enumerate(secured)}
    found = configuration(tmp_path, paths)
    assert found["headers"] == {"X-Key": "fuzz"}
    assert found["parameters"] == {"query.api_key": "fuzz"}
    own = {each["include-name"]: each["headers"] for each in found["operations"]}
    assert own == {
        "GET /0": {"Authorization": "Basic ZnV6ejo="},
        "GET /1": {"Authorization": "Bearer fuzz"},
    }


@pytest.mark.parametrize("state", [False, True])
def test_what_is_deleted_stays_without_state(state: bool, tmp_path: Path) -> None:
    checks_of_all = configuration(tmp_path, {"/a": {"delete": {"responses": ANY}}}, state=state).get("checks", {})
    assert checks_of_all == ({} if state else {"use_after_free": {"enabled": False}})


def test_the_head_of_the_file_is_the_command_that_wrote_it(tmp_path: Path) -> None:
    text = configuration(tmp_path, {"/a": {"get": {"responses": ANY}}}, schemas="made.json")["text"]
    command = "mockserver openapi made --profile documented --schemas made.json --schemathesis-config"
    assert text.startswith(f"# schemathesis for made, profile documented: written by `{command}`.\n\n[headers]\n")
