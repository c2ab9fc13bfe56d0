"""Prepares the effective documents of one vendor: strictly those that are ours, all others as they are."""

import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.contracts.bundling import Bundler
from mockserver.contracts.cache import Documents
from mockserver.contracts.checking import check_schemas
from mockserver.contracts.files import bundle_strictly, check_form, is_packaged
from mockserver.contracts.locating import OVERLAYS, overlay_file
from mockserver.contracts.overlay import apply_overlay
from mockserver.contracts.sifting import sifted
from mockserver.contracts.sources import Sources, read_document
from mockserver.contracts.upgrading import dialect_of
from mockserver.errors import ContractError, one_line
from mockserver.support.evidence import EVIDENCE
from mockserver.support.form import FormError, check_head
from mockserver.support.keywords import METHODS

log = logging.getLogger("mockserver")


class Prepared(NamedTuple):
    """A vendor's effective documents by profile. `left_out` has a line for each operation of the documented profile
    that cannot be served; `strict` says that the documents were refused if there had been one."""

    documents: Documents
    strict: bool
    left_out: tuple[str, ...] = ()


def prepared(source: Path, vendor: str, *, installed: bool) -> Prepared:
    """The effective documents of the contract at `source`. Those of an installed package, and those that `mockserver
    extract` wrote, are refused for anything that cannot be served; of all others the log tells what cannot.

    Raises ContractError.
    """
    document = read_document(source)
    if installed or _is_extracted(document):
        return Prepared(checked_documents(source, document), strict=True)
    return _as_it_is(source, document, vendor)


def checked_documents(source: Path, document: Any = None) -> Documents:
    """The effective documents of a contract that is ours. Raises ContractError for what cannot be compiled of them."""
    document = bundle_strictly(source, read_document(source) if document is None else document)
    documents = _overlaid(source, document, lambda each: each)
    for each in documents.values():
        check_form(each, source)
        check_schemas(each, source)
    return documents


def _as_it_is(source: Path, document: Any, vendor: str) -> Prepared:
    """The effective documents of any contract, with what cannot be served left out by name."""
    dialect = dialect_of(document)
    if dialect is None:
        stated = document.get("openapi", document.get("swagger")) if isinstance(document, dict) else None
        problem = "expected OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0"
        raise ContractError(source, "", problem if stated is None else f"{problem}, found {stated}")
    _check_head(source, document)
    left_out: list[str] = []
    told: dict[str, None] = {}

    def served(each: dict[str, Any]) -> dict[str, Any]:
        _check_head(source, each)
        main = source.resolve()
        bundle = Bundler(main, Sources(main, each, dialect)).bundle()
        rest = sifted(bundle)
        left_out.extend(line for line in rest.left_out if line not in left_out)
        told.update(dict.fromkeys((*bundle.warnings, *rest.notes)))
        return rest.document

    documents = _overlaid(source, document, served)
    for line in (*told, *(f"left out: {line}" for line in left_out)):
        log.warning("%s: %s", vendor, one_line(line))
    return Prepared(documents, strict=False, left_out=tuple(left_out))


def _check_head(source: Path, document: dict[str, Any]) -> None:
    """Raises ContractError where what all operations share has another form than OpenAPI asks for; drops what is
    empty."""
    for name in [name for name, value in document.items() if value is None]:
        del document[name]
    try:
        check_head(document)
    except FormError as error:
        raise ContractError(source, error.place, error.problem) from error


def _overlaid(source: Path, document: dict[str, Any], finish: Callable[[dict[str, Any]], dict[str, Any]]) -> Documents:
    """A document by profile, each with the overlays of its own and of the one before, either of which may be absent;
    `finish` is applied to each that differs."""
    documents = Documents()
    finished: dict[str, Any] = {}
    for profile in OVERLAYS:
        overlay = overlay_file(source, profile)
        if overlay.is_file():
            document = copy.deepcopy(document) if documents else document
            apply_overlay(document, overlay, packaged=is_packaged(source))
        if overlay.is_file() or not documents:
            document.setdefault("info", {})["x-profile"] = profile
            finished = finish(document)
        documents[profile] = finished
    return documents


def _is_extracted(document: Any) -> bool:
    """Whether `mockserver extract` wrote a document: its operations name the pages that they come from."""
    paths = document.get("paths") if isinstance(document, dict) else None
    items = paths.values() if isinstance(paths, dict) else ()
    operations = [item[method] for item in items if isinstance(item, dict) for method in METHODS if method in item]
    evidence = [each.get(EVIDENCE) for each in operations if isinstance(each, dict)]
    return any(isinstance(each, dict) and "page" in each for each in evidence)
