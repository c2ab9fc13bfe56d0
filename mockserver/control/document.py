"""The control API's own OpenAPI document, and the checks of calls that are compiled from it."""

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mockserver.contracts import read_yaml
from mockserver.contracts.cache import cached
from mockserver.contracts.schema import CompiledSchema
from mockserver.errors import ContractError
from mockserver.events.export import export_format, format_names
from mockserver.faults.script import fault_schemas
from mockserver.model import Json, Violation
from mockserver.support.keywords import resolved
from mockserver.support.suggestions import hint
from mockserver.validation.violations import by_place, schema_violations
from mockserver.vendors.views import Views

FOLDER = Path(__file__).parent
MAX_PLACE = 80
Problem = tuple[str, str]
"""A JSON pointer or the name of a parameter, and a sentence: what is wrong there, and what would be right."""


def control_document(views: Mapping[str, Views]) -> dict[str, Any]:
    """The OpenAPI document of the control API, with the calls of the vendors. Raises ContractError where two schemas
    have one name."""
    document = _read(FOLDER / "openapi.yaml", "control")
    schemas = document["components"]["schemas"]
    schemas |= fault_schemas() | {"ExportFormat": {"enum": format_names()}}
    for vendor, own in views.items():
        piece = _read(own.document, f"control-{vendor}")
        document["paths"] |= {f"/{vendor}{path}": item for path, item in piece["paths"].items()}
        for name, schema in piece.get("components", {}).get("schemas", {}).items():
            if name in schemas:
                raise ContractError(own.document, f"components/schemas/{name}", "there is another schema of this name")
            schemas[name] = schema
    return document


def _read(file: Path, name: str) -> dict[str, Any]:
    """A YAML document, from the contract cache if possible: YAML is slow."""
    return cached(file.parent, lambda: {"openapi": read_yaml(file)}, name)["openapi"]


def published(document: dict[str, Any], url: str) -> dict[str, Any]:
    """The document of the API at a URL, with the media types of the export formats."""
    public = {**copy.deepcopy(document), "servers": [{"url": url}]}
    export = public["paths"]["/export"]["get"]["responses"]["200"]
    export["content"] = {export_format(name).content_type: {} for name in format_names()}
    return public


class CallContract:
    """What the document says of one call: its query parameters, and its JSON body if it has one."""

    def __init__(self, document: Mapping[str, Any], path: str, method: str) -> None:
        spec = document["paths"][path][method.lower()]
        listed = (resolved(parameter, document) for parameter in spec.get("parameters", ()))
        parameters = {each["name"]: each for each in listed if each["in"] == "query"}
        body = spec.get("requestBody")
        self.has_body = body is not None
        self._types = {name: resolved(each["schema"], document).get("type") for name, each in parameters.items()}
        self._query = CompiledSchema("query", _object_of(parameters), document, ())
        self._defaults = _defaults(self._query)
        self._body = CompiledSchema("body", body["content"]["application/json"]["schema"] if body else {}, document, ())

    def query(self, texts: Mapping[str, str]) -> tuple[dict[str, Json], list[Problem]]:
        """The parameters of a call with the types and the defaults of the document, and what is wrong with them."""
        values = {name: _typed(self._types.get(name), text) for name, text in texts.items()}
        problems = [(pointer[1:], detail) for pointer, detail in _problems(self._query, values, "parameter")]
        return {**self._defaults, **values}, problems

    def body(self, value: Json) -> tuple[Json, list[Problem]]:
        """A body with the defaults of the document, and what is wrong with it."""
        problems = list(_problems(self._body, value, "member"))
        return ({**_defaults(self._body), **value} if isinstance(value, dict) else value), problems


def _object_of(parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, Json]:
    """The schema of all query parameters of a call as the members of one object."""
    return {
        "type": "object",
        "properties": {name: parameter["schema"] for name, parameter in parameters.items()},
        "required": [name for name, parameter in parameters.items() if parameter.get("required")],
        "additionalProperties": False,
    }


def _typed(kind: Json, text: str) -> Json:
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _defaults(schema: CompiledSchema) -> dict[str, Json]:
    members = schema.document.get("properties", {})
    return {name: member["default"] for name, member in members.items() if "default" in member}


def _problems(schema: CompiledSchema, value: Json, noun: str) -> Iterator[Problem]:
    """Every problem, sorted by place; `noun` is what the members of `value` are called."""
    if not schema.validator.is_valid(value):
        for violation in by_place(tuple(schema_violations(schema, value))):
            yield violation.pointer, _sentence(violation, schema, noun)


def _sentence(violation: Violation, schema: CompiledSchema, noun: str) -> str:
    place = violation.pointer[1 : MAX_PLACE + 1] or "the body"
    if violation.rule == "additionalProperties":
        known = schema.document.get("properties", {}) if violation.pointer.count("/") == 1 else {}
        return f"{place} is an unknown {noun}{hint(violation.limit, known) if known else ''}"
    actual = "" if violation.value is None else f"; it is {violation.value}"
    message = "is required" if violation.rule == "required" else violation.message
    return f"{place} {message}{actual}"
