"""The formats that validators know of themselves not, or not alike: checks to be given to each of them."""

from __future__ import annotations

from collections.abc import Callable

INT64 = range(-(2**63), 2**63)


def is_int64(text: object) -> bool:
    """Whether text is a 64-bit integer in decimal digits; what is no text is left to `type`."""
    if not isinstance(text, str):
        return True
    if len(text) < 19 and text.isascii() and text.removeprefix("-").isdigit():
        return True
    digits = text.removeprefix("-").lstrip("0")
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(digits) > 19:
        return False
    return int(text) in INT64


FORMATS: dict[str, Callable[[object], bool]] = {"int64": is_int64}
