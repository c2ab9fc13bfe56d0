"""Replaces the servers in a contract, so that a tool that reads it sends nothing to the vendor."""

from collections.abc import Mapping
from typing import Any


def served_at(document: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The OpenAPI document with `url` as its only server, for all paths and operations."""
    paths = {
        path: {key: _without_servers(part) for key, part in item.items() if key != "servers"}
        for path, item in document["paths"].items()
    }
    return {**document, "servers": [{"url": url}], "paths": paths}


def _without_servers(operation: Any) -> Any:
    if not isinstance(operation, dict):
        return operation
    return {key: part for key, part in operation.items() if key != "servers"}
