"""Finds the contract file and the line that the evidence of a rule stands in, for rules without a page's URL."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.contracts import packaged_schemas
from mockserver.support.evidence import UNSTATED
from mockserver.validation.body import SPELLING
from mockserver.vendors.contracts import known_contracts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.model import Evidence

OF_THE_WHOLE = (UNSTATED, SPELLING)
"""Evidence that is the contract as such, not a line of it."""


class ContractFiles:
    """The contract files of the vendors that are served from a schemas folder, or from installed packages. They are
    read when a violation is first shown; a file that is gone or changed by then only costs the line."""

    def __init__(self, schemas: Path | None) -> None:
        self._schemas = schemas
        self._places: dict[tuple[str, Evidence], str | None] = {}

    def place(self, vendor: str, evidence: Evidence) -> str | None:
        """`file:line` of a rule's evidence; `file` where several lines state it, or where it is the contract as such;
        None where no file states it."""
        key = vendor, evidence
        if key not in self._places:
            document = self._documents.get(vendor)
            self._places[key] = None if document is None else _place(document, evidence)
        return self._places[key]

    @cached_property
    def _documents(self) -> Mapping[str, Path]:
        return known_contracts(self._schemas)


def _place(document: Path, evidence: Evidence) -> str | None:
    folder = document.parent
    if evidence in OF_THE_WHOLE:
        return _shown(document, folder)
    in_folder = document.name == "openapi.yaml"  # a vendor's folder of its own, with overlays and schemas
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.json")]) if in_folder else [document]
    # A page and its section stand in a line each; the section is what is narrower.
    for text in dict.fromkeys((evidence.source, evidence.source.rpartition(" — ")[2])):
        for file in files:
            lines = [number for number, line in enumerate(_lines(file), 1) if text in line]
            if lines:
                return f"{_shown(file, folder)}{f':{lines[0]}' if len(lines) == 1 else ''}"
    return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _shown(file: Path, folder: Path) -> str:
    """A file as the working directory sees it; one of the package by its place in the package."""
    if folder.parent == packaged_schemas():
        return str(file.relative_to(folder.parents[2]))
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
