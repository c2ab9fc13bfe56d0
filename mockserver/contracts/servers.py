"""Replaces the servers in a contract, so that a tool that reads it sends nothing to the vendor."""

from collections.abc import Mapping
from typing import Any


def served_at(document: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The OpenAPI document with `url` as its only server, for all paths and operations."""
    paths = {
        path: {key: _without_servers(part) for key, part in _without_servers(item).items()}
        for path, item in document["paths"].items()
    }
    return {**document, "servers": [{"url": url}], "paths": paths}


def _without_servers(part: Any) -> Any:
    return {key: value for key, value in part.items() if key != "servers"} if isinstance(part, dict) else part
