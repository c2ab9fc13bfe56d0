"""Writes small documents and loads them, for the tests of what is served of a document."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from mockserver.contracts import VendorContract
from mockserver.operations import Operation
from mockserver.vendors.contracts import load_contracts

OK: dict[str, Any] = {"200": {"description": "ok"}}


class Loaded(NamedTuple):
    """A loaded contract, and the lines that the log has about it."""

    contract: VendorContract
    lines: list[str]

    @property
    def document(self) -> Mapping[str, Any]:
        return self.contract.document

    @property
    def schemas(self) -> Mapping[str, Any]:
        schemas: Mapping[str, Any] = self.document["components"]["schemas"]
        return schemas

    @property
    def ids(self) -> list[str]:
        return [operation.id for operation in self.contract.operations]

    def operation(self, name: str) -> Operation:
        return next(each for each in self.contract.operations if each.id == name)


class Loader:
    """Loads documents as `acme` out of a folder of the test."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.folder = folder
        self._caplog = caplog

    def write(self, name: str, content: Any) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, str):
            content = json.dumps(content) if file.suffix == ".json" else yaml.safe_dump(content, sort_keys=False)
        file.write_text(content, "utf-8")
        return file

    def load(self, document: Mapping[str, Any] | str, name: str = "acme.yaml", **files: Any) -> Loaded:
        """The contract of a document, with the other files beside it, `__` standing for a slash and `_` for a dot."""
        for other, content in files.items():
            self.write(other.replace("__", "/").replace("_", "."), content)
        file = self.write(name, document)
        self._caplog.clear()
        with self._caplog.at_level(logging.WARNING, "mockserver"):
            catalogue = load_contracts(file, (), "documented")
        (contract,) = catalogue.vendors.values()
        return Loaded(contract, [record.getMessage() for record in self._caplog.records])


def three(paths: Mapping[str, Any], version: str = "3.1.0", **components: Any) -> dict[str, Any]:
    """A document of OpenAPI 3."""
    info = {"title": "Acme", "version": "1"}
    return {"openapi": version, "info": info, "paths": dict(paths), "components": components}


def get(schema: Any = None, **more: Any) -> dict[str, Any]:
    """A path item with one GET, whose 200 has the schema if one is given."""
    response: dict[str, Any] = {"description": "ok"}
    if schema is not None:
        response["content"] = {"application/json": {"schema": schema}}
    return {"get": {"responses": {"200": response}, **more}}
