"""Checks of the formats that validators do not know by themselves, or do not check alike."""

from collections.abc import Callable

from mockserver.support.timestamps import is_time

INT64 = range(-(2**63), 2**63)
SAFE_DIGITS = 19
"""Integers of fewer digits always fit into 64 bits, those of more never do."""


def is_int64(text: object) -> bool:
    """Whether a text is a 64-bit integer in decimal digits. Other values pass: `type` checks them."""
    if not isinstance(text, str):
        return True
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return False
    if len(digits) < SAFE_DIGITS:
        return True
    return len(digits.lstrip("0")) <= SAFE_DIGITS and int(text) in INT64


def is_iso_8601_time(text: object) -> bool:
    """Whether a text is a date and time in ISO 8601. Other values pass: `type` checks them."""
    return not isinstance(text, str) or is_time(text)


FORMATS: dict[str, Callable[[object], bool]] = {"int64": is_int64, "iso-8601-time": is_iso_8601_time}
