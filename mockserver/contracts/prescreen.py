"""Recognises in one call the bodies that break no schema and misspell nothing: nearly all that a server is sent."""

from collections.abc import Iterable
from typing import Any

import jsonschema_rs

from mockserver.contracts.formats import FORMATS
from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.shapes import Shape
from mockserver.model import Json


class Prescreen:
    """The bodies that fit all of some schemas and hold no name that the first of them does not know. Named rules are
    not checked. The schemas are compiled at the first call."""

    def __init__(self, schemas: Iterable[CompiledSchema | None]) -> None:
        self._schemas = tuple(dict.fromkeys(schema for schema in schemas if schema is not None))
        self._validator: Any = None

    def __contains__(self, body: Json) -> bool:
        if self._validator is None:
            self._validator = self._compiled()
        return bool(self._validator.is_valid(body))

    def _compiled(self) -> Any:
        # each schema keeps its own references
        resources = {f"urn:mockserver:{number}": schema.document for number, schema in enumerate(self._schemas)}
        definitions = {identifier: {**document, "$id": identifier} for identifier, document in resources.items()}
        parts: list[Json] = [{"$ref": identifier} for identifier in resources]
        if self._schemas and self._schemas[0].shape is not None:
            parts.append(_closed(self._schemas[0].shape))
        document = {"$defs": definitions, "allOf": parts}
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True, formats=FORMATS)


def _closed(shape: Shape) -> Json:
    """A schema that rejects unknown names, and nothing else."""
    schema: dict[str, Json] = {}
    if shape.known:
        schema["properties"] = dict.fromkeys(shape.known, True) | {
            name: _closed(child) for name, child in shape.children.items()
        }
        schema |= {} if shape.open_map else {"additionalProperties": False}
    if shape.items is not None:
        schema["items"] = _closed(shape.items)
    return schema
