"""Checks an effective contract before it is compiled: its schemas, their keywords and references."""

from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.errors import ContractError
from mockserver.support.keywords import DIALECT
from mockserver.support.pointers import follow, walk

KEYWORDS = (
    *("$ref", "$anchor", "$comment", "$defs", "title", "description", "default", "examples", "example", "deprecated"),
    *("readOnly", "writeOnly", "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum"),
    *("maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems"),
    *("minContains", "maxContains", "minProperties", "maxProperties", "required", "dependentRequired"),
    *("contentEncoding", "contentMediaType", "contentSchema", "discriminator", "properties", "patternProperties"),
    *("dependentSchemas", "allOf", "anyOf", "oneOf", "prefixItems", "not", "if", "then", "else", "items", "contains"),
    *("additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
)
_METASCHEMA = {
    "$schema": DIALECT,
    "$id": "urn:mockserver:metaschema",
    "$dynamicAnchor": "meta",
    "$ref": DIALECT,
    "propertyNames": {"anyOf": [{"enum": list(KEYWORDS)}, {"pattern": "^x-"}]},
}
"""The metaschema of 2020-12, which refuses unknown keywords at every place of a schema."""


def check_schemas(document: dict[str, Any], source: Path) -> None:
    """Raises ContractError for a component schema that the 2020-12 metaschema rejects, that holds a keyword which is
    neither of JSON Schema 2020-12 nor begins with `x-`, or whose `$ref` leads nowhere."""
    metaschema = jsonschema_rs.validator_for(_METASCHEMA, validate_formats=True)
    for name, schema in document["components"]["schemas"].items():
        file = _file_of(name, source)
        errors: list[Any] = []
        try:
            errors += metaschema.iter_errors(schema)
        except ValueError as error:
            raise ContractError(file, name, str(error)) from error
        unknown = [each for each in errors if each.schema_path[-2:] == ["propertyNames", "anyOf"]]
        if len(errors) > len(unknown):
            _refuse(name, schema, source)
        for found in unknown:
            keyword = next(each for each in found.instance if each not in KEYWORDS and not each.startswith("x-"))
            place = "/".join(map(str, (name, *found.instance_path, keyword)))
            raise ContractError(file, place, "is not a keyword of JSON Schema 2020-12")
        for pointer, node in walk(schema):
            reference = node.get("$ref") if isinstance(node, dict) else None
            if isinstance(reference, str) and follow(document, reference) is None:
                raise ContractError(file, f"{name}{pointer}/$ref", f"{reference} leads nowhere")


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
