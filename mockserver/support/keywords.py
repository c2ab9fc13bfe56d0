"""Keywords of OpenAPI and JSON Schema that mean the same wherever a document is read."""

from collections.abc import Mapping
from typing import Any

from mockserver.support.pointers import follow

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The metaschema of OpenAPI 3.1's schemas."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The members of a path item that are operations."""
MAX_HOPS = 24


def resolved(schema: Any, document: Any) -> Mapping[str, Any]:
    """The schema behind at most MAX_HOPS references into a document; an empty one where there is none."""
    for _ in range(MAX_HOPS):
        if not (isinstance(schema, dict) and "$ref" in schema):
            break
        schema = follow(document, schema["$ref"])
    return schema if isinstance(schema, dict) else {}


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema lists; none where it allows every type."""
    kind = schema.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]
