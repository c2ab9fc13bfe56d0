"""Facets: the flattened view of an event's body, and what a value of it counts as in texts and in numbers.

Custom attributes are flattened and searchable as facets (documented: send server-side events), so `{"customer":
{"tier": "premium"}}` has the facet `customer.tier`; a key that itself holds dots names the same facet, and only leaves
are facets. Arrays give a facet several values, whether they hold values or objects. Null, `{}` and `[]` are missing.
Booleans are the words true and false (assumed); a text never counts as a number (assumed).
"""

from collections.abc import Iterator, Mapping
from typing import Any

Scalar = str | int | float
Cell = Scalar | tuple[Scalar, ...]
"""The values of one facet in one event: a value by itself, or several as a tuple."""

MAX_NUMBER = 1e300
"""A number beyond this is left out of numeric aggregations, so that no sum overflows (assumed)."""
MAX_BITS = 1_024


def facet_name(name: str) -> str:
    """The path a request's facet or metric names: `@customer.tier` and `customer.tier` are the same (assumed)."""
    return name.removeprefix("@")


def flatten(body: Mapping[str, Any]) -> dict[str, Cell]:
    """The facets of an event's body (JSON values), each with its values in the order of the body."""
    found: dict[str, Any] = {}
    several: list[str] = []
    _collect_members(found, several, "", body)
    for path in several:
        found[path] = tuple(found[path])
    return found


def _collect_members(found: dict[str, Any], several: list[str], prefix: str, value: Mapping[str, Any]) -> None:
    for name, inner in value.items():
        path = prefix + name
        if type(inner) is str and path not in found:
            found[path] = inner
        else:
            _collect(found, several, path, inner)


def _collect(found: dict[str, Any], several: list[str], path: str, value: Any) -> None:
    """Adds what a value at a path holds to `found`: a list where a path has more than one, then it is in `several`."""
    if isinstance(value, dict):
        _collect_members(found, several, f"{path}.", value)
    elif isinstance(value, list):
        for element in value:
            _collect(found, several, path, element)
    elif value is not None:
        scalar = value if type(value) is str else _scalar(value)
        known = found.get(path)
        if known is None:
            found[path] = scalar
        elif isinstance(known, list):
            known.append(scalar)
        else:
            found[path] = [known, scalar]
            several.append(path)


def values_of(cell: Cell) -> tuple[Scalar, ...]:
    return cell if isinstance(cell, tuple) else (cell,)


def text_of(value: Scalar) -> str:
    """A value as search, groups and cardinality see it: 5 and 5.0 are both "5"."""
    return value if isinstance(value, str) else str(value)


def texts_of(cell: Cell) -> tuple[str, ...]:
    """The distinct texts of a cell, in order."""
    return tuple(dict.fromkeys(map(text_of, values_of(cell))))


def numbers_of(cell: Cell) -> Iterator[float]:
    """The values of a cell that numeric aggregations count, each as often as it stands there."""
    for value in values_of(cell):
        if not isinstance(value, str) and -MAX_NUMBER <= value <= MAX_NUMBER:
            yield float(value)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return int(value) if value.is_integer() else value if value - value == 0 else str(value)
    if isinstance(value, int):
        return value if value.bit_length() <= MAX_BITS else "Infinity" if value > 0 else "-Infinity"
    return str(value)
