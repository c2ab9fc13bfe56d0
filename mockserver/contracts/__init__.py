"""The contracts: `schemas/` read, overlaid, checked and compiled into the operations that the server answers."""

from mockserver.contracts.catalogue import Catalogue, VendorContract, load_catalogue
from mockserver.contracts.files import packaged_schemas, read_yaml, vendors_in

__all__ = ["Catalogue", "VendorContract", "load_catalogue", "packaged_schemas", "read_yaml", "vendors_in"]
