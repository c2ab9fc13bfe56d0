"""The contracts that a command works on: those of a folder, or those that come with mockserver and with vendors."""

from __future__ import annotations

from pathlib import Path

from mockserver.contracts import Catalogue, contract_folders, load_catalogue, packaged_schemas
from mockserver.vendors.registry import installed_vendors


def known_contracts(schemas: Path | None) -> dict[str, Path]:
    """The folder of each vendor's contract: in `schemas`, or with None everywhere that a vendor brings one from.

    Raises ContractError where a folder holds no contract.
    """
    if schemas is not None:
        return contract_folders(schemas)
    brought = {name: vendor.schemas for name, vendor in installed_vendors().items()}
    return {
        **contract_folders(packaged_schemas()),
        **{name: contract_folders(folder)[name] for name, folder in brought.items() if folder is not None},
    }


def load_contracts(schemas: Path | None, vendors: tuple[str, ...], profile: str) -> Catalogue:
    """The contracts of `vendors`, all that are known if empty; see `load_catalogue`. Those that come with an installed
    package are prepared once and then cached, those of a folder are read anew."""
    return load_catalogue(known_contracts(schemas), vendors, profile, installed=schemas is None)
