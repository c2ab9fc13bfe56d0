"""mockserver: a fake of the vendor APIs that a backend sends its events to."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["MockServer", "__version__"]

if TYPE_CHECKING:
    from mockserver.testing import MockServer
else:

    def __getattr__(name: str) -> Any:
        """`MockServer` is imported when it is asked for: it brings the whole server along."""
        if name == "MockServer":
            return import_module("mockserver.testing").MockServer
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
