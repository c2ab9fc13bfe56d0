"""Serves OpenAPI documents that a test writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mockserver.testing import MockServer


def document(paths: dict[str, Any], **components: Any) -> dict[str, Any]:
    """An OpenAPI 3.1 document of paths; operations without an operationId are named after their path and method."""
    for path, item in paths.items():
        for method, operation in item.items():
            if method != "parameters":
                operation.setdefault("operationId", f"{method} {path}")
                operation.setdefault("responses", {"200": {"description": "OK"}})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": paths,
        "components": {"schemas": {}, **components},
    }


def serve(folder: Path, written: dict[str, Any], **settings: Any) -> MockServer:
    """A server of one document, as the vendor `things`."""
    (folder / "things").mkdir()
    (folder / "things" / "openapi.yaml").write_text(yaml.safe_dump(written), "utf-8")
    return MockServer(schemas=folder, **settings)
