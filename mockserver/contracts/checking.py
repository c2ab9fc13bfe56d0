"""Checks an effective contract before it is compiled: its schemas, their keywords and references."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.errors import ContractError
from mockserver.support.keywords import DIALECT
from mockserver.support.pointers import follow

_NAME_MAPS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SCHEMAS = frozenset(
    {"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"}
    | {"unevaluatedItems", "unevaluatedProperties", "contentSchema"}
)
_PLAIN = frozenset(
    {"$ref", "$anchor", "$comment", "title", "description", "default", "examples", "example", "deprecated"}
    | {"readOnly", "writeOnly", "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum"}
    | {"maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems"}
    | {"minContains", "maxContains", "minProperties", "maxProperties", "required", "dependentRequired"}
    | {"contentEncoding", "contentMediaType", "discriminator"}
)
_METASCHEMA = {"$ref": DIALECT}
_KEYWORDS = _NAME_MAPS | _SCHEMA_LISTS | _SCHEMAS | _PLAIN


def check_schemas(document: dict[str, Any], source: Path) -> None:
    """Raises ContractError for a component schema that the 2020-12 metaschema rejects, that holds a keyword which is
    neither of JSON Schema 2020-12 nor begins with `x-`, or whose `$ref` leads nowhere."""
    metaschema = jsonschema_rs.validator_for(_METASCHEMA, validate_formats=True)
    for name, schema in document["components"]["schemas"].items():
        if not _fits(metaschema, schema):
            _refuse(name, schema, source)
        file = _file_of(name, source)
        for place, keyword, value in _walk(schema, name):
            if keyword not in _KEYWORDS and not keyword.startswith("x-"):
                raise ContractError(file, f"{place}/{keyword}", "is not a keyword of JSON Schema 2020-12")
            if keyword == "$ref" and follow(document, value) is None:
                raise ContractError(file, f"{place}/$ref", f"{value} leads nowhere")


def _fits(metaschema: jsonschema_rs.Validator, schema: Any) -> bool:
    try:
        return metaschema.is_valid(schema)
    except ValueError:  # not JSON: a date, or a key that is not text
        return False


def _refuse(name: str, schema: Any, source: Path) -> None:
    """Raises ContractError with the message of `jsonschema`, the clearest for a bad schema. What only jsonschema_rs
    rejects, such as its own dialect of regular expressions, is left to compiling."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only a bad schema pays for it
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(part) for part in (name, *error.absolute_path))
        raise ContractError(_file_of(name, source), place, error.message) from error


def _file_of(name: str, source: Path) -> Path:
    """The file that a component schema came from: its own, or the document's."""
    own = source.with_name(f"{name}.json")
    return own if own.is_file() else source


def _walk(schema: Any, place: str) -> Iterator[tuple[str, str, Any]]:
    """Every (place, keyword, value) of a schema and of the schemas inside it."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        yield place, keyword, value
        here = f"{place}/{keyword}"
        if keyword in _SCHEMAS:
            yield from _walk(value, here)
        elif keyword in _NAME_MAPS or keyword in _SCHEMA_LISTS:
            for name, inner in value.items() if keyword in _NAME_MAPS else enumerate(value):
                yield from _walk(inner, f"{here}/{name}")
