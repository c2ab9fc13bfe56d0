"""Tells numbers from the booleans, which Python counts among them and JSON does not."""

from typing import Any, TypeGuard


def is_integer(value: Any) -> TypeGuard[int]:
    """Whether a value is an integer, and neither true nor false. 1.0 is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is an integer or a float, and neither true nor false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
