"""Tells a stranger what this server is, and where it says more."""

from mockserver import __version__
from mockserver.contracts import Catalogue
from mockserver.model import Json

ADMIN = "/__admin"
"""The path of the control API."""


def index_of(catalogue: Catalogue) -> dict[str, Json]:
    """What `GET /` and `GET /__admin` tell."""
    return {
        "name": "mockserver",
        "version": __version__,
        "vendors": list(catalogue.vendors),
        "profile": catalogue.profile,
        "control": ADMIN,
        "openapi": f"{ADMIN}/openapi.json",
        "routes": {vendor: f"{ADMIN}/contracts/{vendor}/openapi.json" for vendor in catalogue.vendors},
    }
