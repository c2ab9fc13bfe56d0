"""The contracts that a command works on: those of a folder, or those that come with mockserver and with vendors."""

from pathlib import Path

from mockserver.contracts import Catalogue, contract_folders, load_catalogue, packaged_schemas
from mockserver.errors import ContractError
from mockserver.vendors.registry import installed_vendors


def known_contracts(schemas: Path | None) -> dict[str, Path]:
    """The folder of each vendor's contract: in `schemas`, or with None everywhere that a vendor brings one from.

    Raises ContractError where there is no contract.
    """
    if schemas is not None:
        return contract_folders(schemas)
    folders = contract_folders(packaged_schemas())
    for name, vendor in installed_vendors().items():
        if vendor.schemas is not None:
            folders[name] = vendor.schemas / name
            if not (folders[name] / "openapi.yaml").is_file():
                raise ContractError(folders[name] / "openapi.yaml", "", "there is no such file")
    return folders


def load_contracts(schemas: Path | None, vendors: tuple[str, ...], profile: str) -> Catalogue:
    """The contracts of `vendors`, all that are known if empty; see `load_catalogue`. Those that come with an installed
    package are prepared once and then cached, those of a folder are read anew."""
    return load_catalogue(known_contracts(schemas), vendors, profile, installed=schemas is None)
