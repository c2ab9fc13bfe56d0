"""Writes the journal for people and tools, credentials masked: a module a format, found by its name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.events.export.writing import ExportFormat

_SHARED = "writing"


def format_names() -> list[str]:
    """The names of the formats."""
    return sorted(module.name for module in iter_modules(__path__) if module.name != _SHARED)


def export_format(name: str) -> ExportFormat:
    """The format of a name, one of `format_names`."""
    format_: ExportFormat = import_module(f"{__name__}.{name}").FORMAT
    return format_
