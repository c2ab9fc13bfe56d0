"""Whether one JSON value is a subset of another."""

from __future__ import annotations

from mockserver.model import Json


def is_subset(expected: Json, actual: Json) -> bool:
    """Every member of an expected object is a subset of the same member of the actual one; every item of an expected
    array is a subset of some item of the actual one; anything else is equal, true and false only to themselves."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and is_subset(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and all(any(is_subset(item, other) for other in actual) for item in expected)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)
