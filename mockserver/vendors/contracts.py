"""The contracts that a command works on: those that the user names, or those that come with mockserver and vendors."""

from pathlib import Path

from mockserver.contracts import Catalogue, contract_files, load_catalogue, packaged_schemas
from mockserver.errors import ContractError
from mockserver.vendors.registry import installed_vendors


def known_contracts(schemas: Path | None) -> dict[str, Path]:
    """The document of each vendor's contract: at `schemas`, or with None everywhere that a vendor brings one from.

    Raises ContractError where there is no contract.
    """
    if schemas is not None:
        return contract_files(schemas)
    files = contract_files(packaged_schemas())
    for name, vendor in installed_vendors().items():
        if vendor.schemas is not None:
            files[name] = vendor.schemas / name / "openapi.yaml"
            if not files[name].is_file():
                raise ContractError(files[name], "", "there is no such file")
    return files


def load_contracts(schemas: Path | None, vendors: tuple[str, ...], profile: str) -> Catalogue:
    """The contracts of `vendors`, all that are known if empty; see `load_catalogue`. Those that come with an installed
    package are prepared once and then cached, those at a path are read anew."""
    return load_catalogue(known_contracts(schemas), vendors, profile, installed=schemas is None)
