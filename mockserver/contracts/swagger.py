"""Turns a Swagger 2.0 document into the form of OpenAPI 3.1; its schemas are left to the upgrade of schemas."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mockserver.support.keywords import METHODS

Look = Callable[[Any], Any]
"""Gives the object behind a Reference Object; the reference itself where it leads nowhere."""

JSON = "application/json"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
BINARY = {"type": "string", "format": "binary"}
_OF_THE_PARAMETER = ("name", "in", "required", "description", "allowEmptyValue", "collectionFormat", "deprecated")
_STYLES: Mapping[str, tuple[str, bool]] = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""Style and explode of each `collectionFormat` in a query or a form."""
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
_SECTIONS = frozenset(
    {"swagger", "host", "basePath", "schemes", "consumes", "produces", "paths", "definitions", "parameters"}
    | {"responses", "securityDefinitions"}
)


def modernised(document: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """The document in the form of OpenAPI 3.1. References to parameters, responses and path items are resolved with
    `look`, those of schemas stay as they are."""
    return {
        "openapi": "3.1.0",
        **{name: value for name, value in document.items() if name not in _SECTIONS},
        "servers": list(_servers(document)),
        "paths": {path: _path_item(item, document, look) for path, item in _items(document.get("paths"))},
        "components": {
            "schemas": document.get("definitions") or {},
            "securitySchemes": {
                name: _security_scheme(scheme) for name, scheme in _items(document.get("securityDefinitions"))
            },
        },
    }


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    yield from value.items() if isinstance(value, dict) else ()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _servers(document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    base = str(document.get("basePath") or "")
    if not document.get("host"):
        yield {"url": base or "/"}
        return
    for scheme in document.get("schemes") or ["https"]:
        yield {"url": f"{scheme}://{document['host']}{base}"}


def _path_item(item: Any, document: Mapping[str, Any], look: Look) -> Any:
    item = look(item)
    if not isinstance(item, dict):
        return item
    shared = [look(each) for each in _list(item.get("parameters"))]
    made: dict[str, Any] = {name: value for name, value in item.items() if name != "parameters"}
    for method in METHODS:
        if isinstance(item.get(method), dict):
            made[method] = _operation(item[method], shared, document, look)
    return made


def _operation(
    operation: Mapping[str, Any], shared: list[Any], document: Mapping[str, Any], look: Look
) -> dict[str, Any]:
    consumes = _list(operation.get("consumes") or document.get("consumes"))
    produces = _list(operation.get("produces") or document.get("produces")) or [JSON]
    parameters = {
        (str(each.get("name")), str(each.get("in")), str(each.get("$ref"))): each
        for each in (*shared, *map(look, _list(operation.get("parameters"))))
        if isinstance(each, dict)
    }
    made = {
        name: value
        for name, value in operation.items()
        if name not in ("consumes", "produces", "parameters", "responses", "schemes")
    }
    listed = parameters.values()
    made["parameters"] = [_parameter(each) for each in listed if each.get("in") not in ("body", "formData")]
    body = _request_body(listed, consumes)
    if body is not None:
        made["requestBody"] = body
    made["responses"] = {
        status: response if status.startswith("x-") else _response(look(response), produces)
        for status, response in _items(operation.get("responses"))
    }
    return made


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in parameter:  # it leads nowhere: whoever serves the operation says so
        return dict(parameter)
    made = {name: value for name, value in parameter.items() if name in _OF_THE_PARAMETER or name.startswith("x-")}
    collection = made.pop("collectionFormat", "csv")
    made["schema"] = _schema_of(parameter)
    if parameter.get("type") == "array":
        if parameter.get("in") == "query":
            made |= _style(collection)
        if collection == "tsv":
            made["schema"] = {"type": "string"}
    return made


def _style(collection: Any) -> dict[str, Any]:
    style, explode = _STYLES.get(str(collection), ("form", False))
    return {"style": style, "explode": explode}


def _schema_of(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that a parameter, a header or an item of one states among its own members."""
    schema = {
        name: value
        for name, value in parameter.items()
        if name not in _OF_THE_PARAMETER and (not name.startswith("x-") or name == "x-nullable")
    }
    if isinstance(schema.get("items"), dict):
        items = schema["items"]
        nested = items.get("type") == "array"  # a list of lists has no style in OpenAPI 3
        schema["items"] = {"type": "string"} if nested else _schema_of(items)
    return schema


def _request_body(parameters: Iterable[Mapping[str, Any]], consumes: list[str]) -> dict[str, Any] | None:
    """The request body out of the parameter in `body`, or of those in `formData`; None where there is none."""
    body = next((each for each in parameters if each.get("in") == "body"), None)
    if body is not None:
        made = {"required": body.get("required", False), "content": _content(consumes or [JSON], body.get("schema"))}
        return {**made, "description": body["description"]} if "description" in body else made
    fields = [each for each in parameters if each.get("in") == "formData"]
    if not fields:
        return None
    files = any(each.get("type") == "file" for each in fields)
    types = [each for each in consumes if each in (FORM, MULTIPART)] or [MULTIPART if files else FORM]
    required = [str(each.get("name")) for each in fields if each.get("required") is True]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {str(each.get("name")): _field(each) for each in fields},
        **({"required": required} if required else {}),
    }
    encoding = {
        str(each.get("name")): _style(each.get("collectionFormat", "csv"))
        for each in fields
        if each.get("type") == "array"
    }
    media_type = {"schema": schema, **({"encoding": encoding} if encoding else {})}
    return {"required": bool(required), "content": dict.fromkeys(types, media_type)}


def _field(parameter: Mapping[str, Any]) -> dict[str, Any]:
    schema = dict(BINARY) if parameter.get("type") == "file" else _schema_of(parameter)
    return {**schema, "description": parameter["description"]} if "description" in parameter else schema


def _content(types: list[str], schema: Any) -> dict[str, Any]:
    return {str(media_type): {"schema": {} if schema is None else schema} for media_type in types}


def _response(response: Any, produces: list[str]) -> Any:
    if not isinstance(response, dict) or "$ref" in response:
        return response
    made = {name: value for name, value in response.items() if name not in ("schema", "headers", "examples")}
    headers = {name: _header(header) for name, header in _items(response.get("headers"))}
    if headers:
        made["headers"] = headers
    schema, examples = response.get("schema"), dict(_items(response.get("examples")))
    if schema is not None or examples:
        content = _content(produces, schema)
        for media_type, example in examples.items():
            content.setdefault(media_type, {"schema": {} if schema is None else schema})["example"] = example
        made["content"] = content
    return made


def _header(header: Any) -> Any:
    if not isinstance(header, dict):
        return header
    outside = {name: value for name, value in header.items() if name == "description" or name.startswith("x-")}
    return {**outside, "schema": _schema_of(header)}


def _security_scheme(scheme: Any) -> Any:
    if not isinstance(scheme, dict):
        return scheme
    rest = {name: value for name, value in scheme.items() if name == "description" or name.startswith("x-")}
    if scheme.get("type") == "basic":
        return {**rest, "type": "http", "scheme": "basic"}
    if scheme.get("type") == "oauth2":
        flow = {name: scheme[name] for name in ("authorizationUrl", "tokenUrl") if name in scheme}
        name = _FLOWS.get(str(scheme.get("flow")), "implicit")
        return {**rest, "type": "oauth2", "flows": {name: {**flow, "scopes": scheme.get("scopes") or {}}}}
    return scheme
