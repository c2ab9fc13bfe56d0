"""Loads every vendor's contract once, at start: the effective documents and the operations compiled from them."""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.contracts.cache import Documents, cached
from mockserver.contracts.compiling import Compiler
from mockserver.contracts.loading import Prepared, checked_documents, prepared
from mockserver.errors import ContractError, SettingsError, one_line
from mockserver.operations import Operation
from mockserver.support.keywords import METHODS
from mockserver.support.suggestions import hint

log = logging.getLogger("mockserver")


class VendorContract(NamedTuple):
    """A vendor's effective contract: one self-contained OpenAPI 3.1 document for the profile, and its operations."""

    vendor: str
    document: Mapping[str, Any]
    operations: tuple[Operation, ...]


class Catalogue(NamedTuple):
    """All contracts that a server serves."""

    profile: str
    vendors: Mapping[str, VendorContract]

    @property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(operation for contract in self.vendors.values() for operation in contract.operations)

    def prefix_of(self, vendor: str) -> str:
        """What the paths of a vendor begin with so that they mean no other vendor's: `/<vendor>` where another one
        documents one of its paths, else nothing."""
        others = {
            _shape(each.path)
            for name, contract in self.vendors.items()
            if name != vendor
            for each in contract.operations
        }
        shared = any(_shape(each.path) in others for each in self.vendors[vendor].operations)
        return f"/{vendor}" if shared else ""


def _shape(template: str) -> str:
    """A path template without the names of its variables."""
    return re.sub(r"\{[^}]*\}", "{}", template)


def load_catalogue(
    files: Mapping[str, Path], vendors: tuple[str, ...], profile: str, *, installed: bool = False
) -> Catalogue:
    """Reads, overlays, checks and compiles the contracts of `vendors` (all if empty) for `profile` (`documented` or
    `observed`). `files` are the documents of the known contracts, by vendor; the contracts of `installed` packages are
    prepared once and then cached.

    Raises SettingsError for a vendor that is not known, and ContractError, one line that names the file and the place,
    for a document that cannot be read, and for anything in one of our own that cannot be served: an unknown keyword, a
    dangling reference, a schema that its metaschema rejects. Of any other document, an operation that cannot be served
    is left out, and the log says why.
    """
    for vendor in vendors:
        if vendor not in files:
            raise SettingsError(f"unknown vendor '{vendor}'{hint(vendor, files)}")
    vendors = tuple(dict.fromkeys(vendors)) or tuple(files)
    return Catalogue(
        profile, {vendor: _load_vendor(files[vendor], vendor, profile, installed=installed) for vendor in vendors}
    )


def _load_vendor(source: Path, vendor: str, profile: str, *, installed: bool) -> VendorContract:
    if installed:
        documents = cached(source.parent, partial(compilable_documents, source))
        contract = Prepared(documents, strict=True)
    else:
        contract = prepared(source, vendor, installed=False)
    document = contract.documents[profile]
    compiler = Compiler(vendor, source, contract.documents, profile, known_good=installed or not contract.strict)
    if not contract.strict:
        return _loaded(compiler, document, vendor)
    operations = _operations(compiler, document)
    for name, number in Counter(operation.id for operation in operations).items():
        if number > 1:
            raise ContractError(source, "paths", f"two operations have the operationId {name}")
    return VendorContract(vendor, document, operations)


def _loaded(compiler: Compiler, document: Mapping[str, Any], vendor: str) -> VendorContract:
    """A contract without the operations that do not compile; the log says why not."""
    paths = {path: dict(item) for path, item in document["paths"].items()}
    operations = []
    for path, method in _endpoints(document):
        try:
            operations.append(compiler.compile(path, method))
        except ContractError as error:
            name = paths[path].pop(method)["operationId"]
            problem = one_line(f"{method.upper()} {path} ({name}): {error.place}: {error.problem}")
            log.warning("%s: left out: %s", vendor, problem)
    served = {path: item for path, item in paths.items() if not item.keys().isdisjoint(METHODS)}
    return VendorContract(vendor, {**document, "paths": served}, tuple(operations))


def _operations(compiler: Compiler, document: Mapping[str, Any]) -> tuple[Operation, ...]:
    return tuple(compiler.compile(path, method) for path, method in _endpoints(document))


def _endpoints(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Path and method of each operation of a document, in its order."""
    paths = [(path, item) for path, item in document["paths"].items() if path.startswith("/")]
    return [(path, method) for path, item in paths for method in METHODS if method in item]


def compilable_documents(source: Path) -> Documents:
    """A vendor's effective documents. Raises ContractError for what cannot be compiled of them, in either profile."""
    documents = checked_documents(source)
    for profile in documents:
        compiler = Compiler(source.parent.name, source, documents, profile, known_good=False)
        _operations(compiler, documents[profile])
    return documents
