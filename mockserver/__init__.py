"""mockserver: a fake of the vendor APIs that a backend sends its events to."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("mockserver")
except PackageNotFoundError:  # a bare checkout that was never installed
    __version__ = "0.0.0"
