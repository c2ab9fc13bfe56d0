"""mockserver: a fake of the vendor APIs that a backend sends its events to."""

__version__ = "0.1.0"
