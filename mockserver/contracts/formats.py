"""The formats that validators know of themselves not, or not alike: checks to be given to each of them."""

from __future__ import annotations

from collections.abc import Callable

INT64 = range(-(2**63), 2**63)
SAFE_DIGITS = 19
"""Fewer digits than these always fit into 64 bits, more never do."""


def is_int64(text: object) -> bool:
    """Whether text is a 64-bit integer in decimal digits; what is no text is left to `type`."""
    if not isinstance(text, str):
        return True
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return False
    if len(digits) < SAFE_DIGITS:
        return True
    return len(digits.lstrip("0")) <= SAFE_DIGITS and int(text) in INT64


FORMATS: dict[str, Callable[[object], bool]] = {"int64": is_int64}
