"""Finds the vendors: a folder each beside this module, and those that installed packages bring as entry points."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mockserver.errors import StartError
from mockserver.settings import options_of
from mockserver.vendors.base import Vendor

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from mockserver.extract.dialects import Dialect

GROUP = "mockserver.vendors"
"""The group of the entry points: the vendor's name = `module:Class`, a subclass of `vendors.base.Vendor`."""


def vendor_named(name: str) -> Vendor:
    """The vendor of a name; one of which only the contract is known where nobody says more.

    Raises StartError where the package that brings a vendor is broken.
    """
    return BUILT_IN.get(name) or installed_vendors().get(name) or Vendor(name)


def all_vendors() -> dict[str, Vendor]:
    """Every vendor of which more than a contract is known, the built-in ones first. Raises like `vendor_named`."""
    return {**BUILT_IN, **installed_vendors()}


def vendor_settings() -> dict[str, type[Any]]:
    """The dataclasses of the vendors' own options, by vendor."""
    return {name: vendor.settings for name, vendor in all_vendors().items()}


def dialects() -> list[Dialect]:
    """The dialects of the vendors' documentation pages."""
    return [dialect for vendor in all_vendors().values() if (dialect := vendor.load_dialect()) is not None]


@cache
def installed_vendors() -> Mapping[str, Vendor]:
    """The vendors that installed packages bring, loaded once. Raises StartError for one that cannot be loaded."""
    if not _is_group_in_use():
        return {}
    from importlib.metadata import entry_points  # noqa: PLC0415 - a start without such packages does without

    vendors: dict[str, Vendor] = {}
    for entry in entry_points(group=GROUP):
        if entry.name in BUILT_IN or entry.name in vendors:
            raise StartError(f"{_described(entry)}: there is another vendor of this name")
        vendors[entry.name] = _load(entry)
    return vendors


def _is_group_in_use() -> bool:
    """Whether a package on sys.path names the group. Looking into the files takes half a millisecond, importing
    importlib.metadata to read them takes forty, which only a start beside such a package pays."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - pathlib takes twice as long
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(f"{folder or '.'}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123
                        if b"[" + GROUP.encode() + b"]" in file.read():
                            return True
                except OSError:
                    continue
    return False


def _load(entry: EntryPoint) -> Vendor:
    try:
        kind = entry.load()
    except (ImportError, AttributeError) as error:
        raise StartError(f"{_described(entry)}: cannot be loaded: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, Vendor)):
        raise StartError(f"{_described(entry)}: is not a subclass of mockserver.vendors.base.Vendor")
    prefix = f"{entry.name.replace('-', '_')}_"
    for option in options_of(kind.settings):
        if not option.name.startswith(prefix):
            raise StartError(f"{_described(entry)}: the name of its option {option.name} must begin with {prefix}")
    return kind(entry.name)


def _described(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist else "an installed package"
    return f"vendor {entry.name} of {package} ({entry.value})"


def _class_in(module: ModuleType) -> type[Vendor]:
    """The vendor's class that a module defines."""
    defined = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    return next(each for each in defined if isinstance(each, type) and issubclass(each, Vendor))


BUILT_IN: Mapping[str, Vendor] = {
    name: _class_in(import_module(f"{__package__}.{name}.vendor"))(name)
    for name in sorted(file.parent.name for file in Path(__file__).parent.glob("*/vendor.py"))
}
"""The vendors that come with mockserver, by the names of their folders."""
