"""Checks the form of what was read from a file: whether it is JSON, a JSON Schema or an OpenAPI document."""

import datetime as dt
import re
from functools import cache
from math import isfinite
from typing import Any

import jsonschema_rs

from mockserver.support.keywords import DIALECT, METHODS

MAX_LEVELS = 100
_SURROGATE = re.compile("[\ud800-\udfff]")

HEADER_NAME = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
"""HTTP calls this form a token."""
_TEXT = {"type": "string"}
_PRINTABLE = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]+$"}
_POINTER = {"type": "string", "pattern": "^(/|$)"}
_SECONDS = {"type": "integer", "minimum": 0, "maximum": 2**40}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}


def _object(needed: tuple[str, ...] = (), /, **members: Any) -> dict[str, Any]:
    """The form of an object: that of its members by name, `_` standing for the hyphens of an extension."""
    names = {name.replace("_", "-") if name.startswith("x_") else name.rstrip("_"): members[name] for name in members}
    return {"type": "object", "required": list(needed), "properties": names}


def _map(form: Any, names: Any = True, *, optional: bool = True) -> dict[str, Any]:
    kinds = ["object", "null"] if optional else ["object"]
    return {"type": kinds, "propertyNames": names, "additionalProperties": form}


def _list(form: Any) -> dict[str, Any]:
    return {"type": "array", "items": form}


_SCHEMA = {"type": ["object", "boolean"]}
_CONTENT = _map(_object(schema=_SCHEMA), {"pattern": "^[ -~]+$"})
_CONSTANT = {"properties": {"const": {"type": ["string", "integer", "null"], "pattern": "^[\t -~\u00a0-\u00ff]*$"}}}
_HEADERS = _map(_object(schema={**_SCHEMA, **_CONSTANT}), {"pattern": HEADER_NAME})
_RESPONSE = _object(content=_CONTENT, headers=_HEADERS)
_FLAG = {"type": "boolean"}
_PARAMETERS = _list(_object(("name", "in"), name=_PRINTABLE, in_=_TEXT, required=_FLAG, schema=_SCHEMA))
_SECURITY = _list(_map({"type": "array"}, optional=False))
_SERVERS = _list(_object(("url",), url=_TEXT))
_RULE = _object(("name",), name=_TEXT, pointer=_POINTER, than=_POINTER, past=_SECONDS, future=_SECONDS)
_REFUSAL = _object(("name", "pointer", "because"), name=_TEXT, pointer=_POINTER, because=_TEXT)
_OPERATION = _object(
    operationId=_PRINTABLE,
    servers=_SERVERS,
    security=_SECURITY,
    parameters=_PARAMETERS,
    requestBody={**_object(content=_CONTENT, required=_FLAG), "type": ["object", "null"]},
    responses=_map(_RESPONSE, {"pattern": "^([1-5][0-9X]{2}|default|x-.*)$"}),
    x_evidence=_object(page=_TEXT, also=_list(_TEXT)),
    x_unextracted=_list(_object(("id", "place", "kind"), id=_TEXT, place=_TEXT, kind=_TEXT)),
    x_rules=_list(_RULE),
    x_refusals=_list(_REFUSAL),
    x_max_body_bytes={**_COUNT, "minimum": 0},
    x_rate_limit=_object(("limit", "period"), limit=_COUNT, period=_COUNT),
    x_credential_statuses=_object(missing=_STATUS, invalid=_STATUS, application_key_missing=_STATUS),
)
_PATH_ITEM = {
    "type": "object",
    "properties": {"parameters": _PARAMETERS, "servers": _SERVERS, **dict.fromkeys(METHODS, _OPERATION)},
}
_SCHEME = _object(("type",), name={"type": "string", "pattern": HEADER_NAME}, x_prefix=_PRINTABLE) | {
    "if": {"properties": {"type": {"const": "apiKey"}}},
    "then": {"required": ["name", "in"]},
}
DOCUMENT = _object(
    info=_object(),
    servers=_SERVERS,
    security=_SECURITY,
    paths={"type": "object", "patternProperties": {"^/": _PATH_ITEM}, "propertyNames": {"pattern": "^(/|x-)"}},
    components=_object(schemas={"type": "object"}, securitySchemes=_map(_SCHEME, optional=False)),
)
"""A JSON Schema of the documents; what is not named here may have any form."""
_MAP = {"type": ["object", "null"]}
_SECTIONS = ("schemas", "parameters", "responses", "requestBodies", "headers", "examples", "links", "callbacks")
_HEAD = _object(
    info=_object(),
    servers=_SERVERS,
    security=_SECURITY,
    paths=_MAP,
    webhooks=_MAP,
    components=_object(**dict.fromkeys((*_SECTIONS, "securitySchemes", "pathItems", "mediaTypes"), _MAP)),
    **dict.fromkeys(("definitions", "responses", "parameters", "securityDefinitions"), _MAP),
    host=_TEXT,
    basePath=_TEXT,
    **dict.fromkeys(("schemes", "consumes", "produces"), _list(_TEXT)),
)
"""A JSON Schema of what the operations of a document share, in any version of OpenAPI."""


class FormError(Exception):
    """A value has another form than it must have: `place` is the way to it, `problem` says what is wrong there."""

    def __init__(self, path: tuple[str, ...], problem: str) -> None:
        self.place, self.problem = "/".join(path), problem
        super().__init__(f"{self.place}: {problem}" if path else problem)


def check_openapi(document: Any) -> None:
    """Raises FormError for the first place of a document that has another form than OpenAPI asks for."""
    for error in jsonschema_rs.Draft202012Validator(DOCUMENT).iter_errors(document):
        raise FormError(tuple(map(str, error.instance_path)), error.message)


def check_head(document: Any) -> None:
    """Raises FormError for the first place of what the operations of a document share that has another form than
    OpenAPI asks for."""
    for error in jsonschema_rs.Draft202012Validator(_HEAD).iter_errors(document):
        raise FormError(tuple(map(str, error.instance_path)), error.message)


def check_operation(operation: Any) -> None:
    """Raises FormError for the first place of an operation that has another form than OpenAPI asks for."""
    for error in _operation_form().iter_errors(operation):
        raise FormError(tuple(map(str, error.instance_path)), error.message)


@cache
def _operation_form() -> Any:
    return jsonschema_rs.Draft202012Validator(_OPERATION)


def check_schema(schema: Any, place: str = "") -> None:
    """Raises FormError for a schema that the metaschema of JSON Schema 2020-12 refuses."""
    for error in jsonschema_rs.validator_for({"$ref": DIALECT}).iter_errors(schema):
        raise FormError((*filter(None, [place]), *map(str, error.instance_path)), error.message)


def as_json(value: Any, path: tuple[str, ...] = ()) -> Any:
    """A value of YAML as one of JSON: dates and numbers as keys are texts. Raises FormError for a value that has no
    form in JSON, or is nested too deep."""
    if len(path) > MAX_LEVELS:
        raise FormError(path[:3], f"is nested more than {MAX_LEVELS} levels deep")
    if isinstance(value, dict):
        return {_name(key, path): as_json(member, (*path, str(key))) for key, member in value.items()}
    if isinstance(value, list):
        return [as_json(item, (*path, str(index))) for index, item in enumerate(value)]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise FormError(path, f"expected a number, found {value}")
    if isinstance(value, str) and _SURROGATE.search(value):
        raise FormError(path, f"expected Unicode, found {value!r}")
    if value is None or isinstance(value, str | int | float):
        return value
    raise FormError(path, f"expected JSON, found {type(value).__name__} {value!r}")


def _name(key: Any, path: tuple[str, ...]) -> str:
    """A key, or the text of a number, as in `200:`."""
    if not isinstance(key, str) and (not isinstance(key, int) or isinstance(key, bool)):
        raise FormError(path, f"expected text as a key, found {key!r}: put it in quotes")
    return str(as_json(str(key), path))
