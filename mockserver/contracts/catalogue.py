"""Loads every vendor's contract once, at start: the effective documents and the operations compiled from them."""

import copy
import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.contracts.cache import Documents, cached
from mockserver.contracts.checking import check_schemas
from mockserver.contracts.compiling import Compiler
from mockserver.contracts.files import check_form, is_packaged, read_bundle
from mockserver.contracts.overlay import OVERLAYS, apply_overlay
from mockserver.errors import ContractError, SettingsError
from mockserver.model import Operation
from mockserver.support.keywords import METHODS
from mockserver.support.suggestions import hint


class VendorContract(NamedTuple):
    """A vendor's effective contract: one self-contained OpenAPI 3.1 document for the profile, and its operations."""

    vendor: str
    document: Mapping[str, Any]
    operations: tuple[Operation, ...]

    @property
    def operations_with_default(self) -> frozenset[str]:
        """The ids of the operations that document a default response, for every status that they do not name."""
        paths = self.document["paths"]
        return frozenset(
            operation.id
            for operation in self.operations
            if "default" in (paths[operation.path][operation.method.lower()].get("responses") or {})
        )


class Catalogue(NamedTuple):
    """All contracts that a server serves."""

    profile: str
    vendors: Mapping[str, VendorContract]

    @property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(operation for contract in self.vendors.values() for operation in contract.operations)


def load_catalogue(
    folders: Mapping[str, Path], vendors: tuple[str, ...], profile: str, *, installed: bool = False
) -> Catalogue:
    """Reads, overlays, checks and compiles the contracts of `vendors` (all if empty) for `profile` (`documented` or
    `observed`). `folders` are those of the known contracts, by vendor; the contracts of `installed` packages are
    prepared once and then cached.

    Raises SettingsError for a vendor that is not known, and ContractError, one line that names the file and the place,
    for anything that cannot be served: an unknown keyword, a dangling reference, a schema that its metaschema rejects,
    two operations on one path and method.
    """
    for vendor in vendors:
        if vendor not in folders:
            raise SettingsError(f"unknown vendor '{vendor}'{hint(vendor, folders)}")
    vendors = tuple(dict.fromkeys(vendors)) or tuple(folders)
    contracts = {vendor: _load_vendor(folders[vendor], vendor, profile, installed=installed) for vendor in vendors}
    seen: dict[tuple[str, str], Operation] = {}
    for contract in contracts.values():
        for operation in contract.operations:
            key = (operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path))
            if key in seen:
                other, place = seen[key], f"paths/{operation.path}/{operation.method.lower()}"
                problem = f"{operation.id} is already served as {other.vendor} {other.id} ({other.path})"
                raise ContractError(folders[operation.vendor] / "openapi.yaml", place, problem)
            seen[key] = operation
    return Catalogue(profile, contracts)


def _load_vendor(folder: Path, vendor: str, profile: str, *, installed: bool) -> VendorContract:
    source = folder / "openapi.yaml"
    documents = cached(folder, partial(compilable_documents, folder)) if installed else checked_documents(folder)
    operations = _operations(Compiler(vendor, source, documents, profile, known_good=installed), documents[profile])
    for name, number in Counter(operation.id for operation in operations).items():
        if number > 1:
            raise ContractError(source, "paths", f"two operations have the operationId {name}")
    return VendorContract(vendor, documents[profile], operations)


def _operations(compiler: Compiler, document: Mapping[str, Any]) -> tuple[Operation, ...]:
    paths = [(path, item) for path, item in document["paths"].items() if path.startswith("/")]
    return tuple(compiler.compile(path, method) for path, item in paths for method in METHODS if method in item)


def compilable_documents(folder: Path) -> Documents:
    """A vendor's effective documents. Raises ContractError for what cannot be compiled of them, in either profile."""
    documents = checked_documents(folder)
    for profile in documents:
        compiler = Compiler(folder.name, folder / "openapi.yaml", documents, profile, known_good=False)
        _operations(compiler, documents[profile])
    return documents


def checked_documents(folder: Path) -> Documents:
    """A vendor's effective documents. Raises ContractError for what they cannot be compiled from."""
    documents = effective_documents(folder)
    for document in documents.values():
        check_form(document, folder / "openapi.yaml")
        check_schemas(document, folder / "openapi.yaml")
    return documents


def effective_documents(folder: Path) -> Documents:
    """A vendor's contract by profile, each with the overlays of its own and of the one before; either may be absent."""
    document, documents = read_bundle(folder), Documents()
    for profile, name in OVERLAYS.items():
        overlay = folder / name
        if overlay.is_file():
            document = copy.deepcopy(document) if documents else document
            apply_overlay(document, overlay, packaged=is_packaged(folder))
        if overlay.is_file() or not documents:
            document.setdefault("info", {})["x-profile"] = profile
        documents[profile] = document
    return documents
