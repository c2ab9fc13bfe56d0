"""The contracts: `schemas/` read, overlaid, checked and compiled into the operations that the server answers."""

from mockserver.contracts.catalogue import Catalogue, VendorContract, load_catalogue
from mockserver.contracts.files import packaged_schemas, read_yaml
from mockserver.contracts.locating import contract_files
from mockserver.contracts.overlay import overlay_actions
from mockserver.contracts.servers import served_at

__all__ = [
    "Catalogue",
    "VendorContract",
    "contract_files",
    "load_catalogue",
    "overlay_actions",
    "packaged_schemas",
    "read_yaml",
    "served_at",
]
