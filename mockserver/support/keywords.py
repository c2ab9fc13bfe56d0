"""Reads the keywords of JSON Schema that mean the same wherever a schema is read: `$ref` and `type`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.support.pointers import follow

HOPS_AT_MOST = 24


def resolved(schema: Any, document: Any) -> Mapping[str, Any]:
    """The schema behind its references into a document, which are followed HOPS_AT_MOST times; one that says nothing
    where there is none."""
    for _ in range(HOPS_AT_MOST):
        if not (isinstance(schema, dict) and "$ref" in schema):
            break
        schema = follow(document, schema["$ref"])
    return schema if isinstance(schema, dict) else {}


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema lists; none where it takes every type."""
    kind = schema.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]
