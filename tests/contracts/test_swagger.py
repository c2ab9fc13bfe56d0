"""A document of Swagger 2.0 is served as the same document of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from tests.contracts.documents import Loaded, Loader

PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "x-nullable": True}}}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Acme", "version": "1"},
    "host": "acme.example",
    "basePath": "/v1",
    "schemes": ["https", "http"],
    "consumes": ["application/json"],
    "produces": ["application/json", "text/csv"],
    "definitions": {"Pet": PET, "Bag": {"discriminator": "kind", "properties": {"kind": {"type": "string"}}}},
    "parameters": {
        "Ids": {
            "name": "ids",
            "in": "query",
            "type": "array",
            "items": {"type": "integer"},
            "collectionFormat": "pipes",
        },
        "Pet": {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}},
    },
    "responses": {
        "Bad": {"description": "bad", "schema": {"type": "object"}, "headers": {"X-Id": {"type": "integer"}}}
    },
    "securityDefinitions": {
        "plain": {"type": "basic"},
        "key": {"type": "apiKey", "in": "query", "name": "key"},
        "flow": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "u",
            "tokenUrl": "t",
            "scopes": {"a": "b"},
        },
    },
    "security": [{"plain": []}],
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/parameters/Ids"}],
            "post": {
                "operationId": "makePet",
                "parameters": [{"$ref": "#/parameters/Pet"}],
                "responses": {
                    "201": {
                        "description": "made",
                        "schema": {"$ref": "#/definitions/Pet"},
                        "examples": {"text/csv": "a"},
                    },
                    "400": {"$ref": "#/responses/Bad"},
                },
            },
            "put": {
                "operationId": "upload",
                "consumes": ["multipart/form-data"],
                "produces": ["image/png"],
                "parameters": [
                    {"name": "photo", "in": "formData", "type": "file", "required": True},
                    {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}},
                ],
                "responses": {"200": {"description": "ok", "schema": {"type": "file"}}, "204": {"description": "none"}},
            },
            "get": {
                "operationId": "listPets",
                "parameters": [
                    {"name": "ids", "in": "query", "type": "integer", "maximum": 3, "exclusiveMaximum": True},
                    {"name": "many", "in": "header", "type": "array", "items": {"type": "string"}},
                ],
                "responses": {"default": {"description": "any"}},
            },
        }
    },
}


def loaded(acme: Loader) -> Loaded:
    contract = acme.load(DOCUMENT)
    assert contract.lines == []
    return contract


def test_servers_and_schemes_are_those_of_3_1(acme: Loader) -> None:
    document = loaded(acme).document
    assert document["openapi"] == "3.1.0"
    assert [each["url"] for each in document["servers"]] == ["https://acme.example/v1", "http://acme.example/v1"]
    assert document["components"]["securitySchemes"] == {
        "plain": {"type": "http", "scheme": "basic"},
        "key": {"type": "apiKey", "in": "query", "name": "key"},
        "flow": {
            "type": "oauth2",
            "flows": {"authorizationCode": {"authorizationUrl": "u", "tokenUrl": "t", "scopes": {"a": "b"}}},
        },
    }
    assert document["components"]["schemas"]["Bag"]["discriminator"] == {"propertyName": "kind"}
    assert {"swagger", "host", "basePath", "definitions", "consumes", "parameters"}.isdisjoint(document)


def test_a_body_has_the_media_types_that_are_consumed(acme: Loader) -> None:
    operation = loaded(acme).document["paths"]["/pets"]["post"]
    reference = {"schema": {"$ref": "#/components/schemas/Pet"}}
    assert operation["requestBody"] == {"required": True, "content": {"application/json": reference}}
    assert operation["parameters"] == [
        {
            "name": "ids",
            "in": "query",
            "style": "pipeDelimited",
            "explode": False,
            "schema": {"type": "array", "items": {"type": "integer"}},
        }
    ]


def test_a_response_has_the_media_types_that_are_produced(acme: Loader) -> None:
    responses = loaded(acme).document["paths"]["/pets"]["post"]["responses"]
    reference = {"schema": {"$ref": "#/components/schemas/Pet"}}
    assert responses["201"]["content"] == {"application/json": reference, "text/csv": {**reference, "example": "a"}}
    assert responses["400"]["headers"] == {"X-Id": {"schema": {"type": "integer"}}}


def test_a_form_is_a_body(acme: Loader) -> None:
    operation = loaded(acme).document["paths"]["/pets"]["put"]
    binary = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
    properties = {"photo": binary, "tags": {"type": "array", "items": {"type": "string"}}}
    assert operation["requestBody"] == {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": properties, "required": ["photo"]},
                "encoding": {"tags": {"style": "form", "explode": False}},
            }
        },
    }
    assert operation["responses"]["200"]["content"] == {"image/png": {"schema": binary}}
    assert "content" not in operation["responses"]["204"]


def test_parameters_of_an_operation_go_before_those_of_its_path(acme: Loader) -> None:
    operation = loaded(acme).document["paths"]["/pets"]["get"]
    assert operation["parameters"] == [
        {"name": "ids", "in": "query", "schema": {"type": "integer", "exclusiveMaximum": 3}},
        {"name": "many", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}},
    ]


def test_references_may_lead_into_another_file(acme: Loader) -> None:
    shared = {"swagger": "2.0", "definitions": {"Pet": PET}, "parameters": {"Pet": {**DOCUMENT["parameters"]["Pet"]}}}
    paths = {
        "/pets": {
            "post": {
                "parameters": [{"$ref": "shared.yaml#/parameters/Pet"}],
                "responses": {"200": {"description": "ok"}},
            }
        }
    }
    contract = acme.load({"swagger": "2.0", "info": {}, "paths": paths}, shared_yaml=shared)
    assert contract.lines == []
    (operation,) = contract.contract.operations
    assert operation.documented is not None
    assert operation.documented.validator.is_valid({"name": None})
    assert not operation.documented.validator.is_valid({"name": 5})
