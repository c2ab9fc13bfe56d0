"""Checks the form of an OpenAPI document, as far as a server reads it: types, names and bounds at every level."""

from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.errors import ContractError
from mockserver.support.keywords import METHODS

HEADER_NAME = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
"""HTTP calls this form a token."""
_TEXT = {"type": "string"}
_PRINTABLE = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]+$"}
_POINTER = {"type": "string", "pattern": "^(/|$)"}
_SECONDS = {"type": "integer", "minimum": 0, "maximum": 2**40}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}


def _object(required: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    """The form of an object: that of its members by name, `_` standing for the hyphens of an extension."""
    names = {name.replace("_", "-") if name.startswith("x_") else name.rstrip("_"): members[name] for name in members}
    return {"type": "object", "required": list(required), "properties": names}


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
_PARAMETERS = _list(_object(("name", "in"), name=_PRINTABLE, in_=_TEXT, schema=_SCHEMA))
_SECURITY = _list(_map({"type": "array"}, optional=False))
_SERVERS = _list(_object(url=_TEXT))
_RULE = _object(("name",), name=_TEXT, pointer=_POINTER, than=_POINTER, past=_SECONDS, future=_SECONDS)
_REFUSAL = _object(("name", "pointer", "because"), name=_TEXT, pointer=_POINTER, because=_TEXT)
_OPERATION = _object(
    operationId=_PRINTABLE,
    servers=_SERVERS,
    security=_SECURITY,
    parameters=_PARAMETERS,
    requestBody={**_object(content=_CONTENT), "type": ["object", "null"]},
    responses=_map(_RESPONSE, {"pattern": "^([1-5][0-9X]{2}|default|x-.*)$"}),
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


def check_form(document: Any, source: Path) -> None:
    """Raises ContractError for the first place of a document that has another form than OpenAPI asks for."""
    for error in jsonschema_rs.Draft202012Validator(DOCUMENT).iter_errors(document):
        raise ContractError(source, "/".join(map(str, error.instance_path)), error.message)
