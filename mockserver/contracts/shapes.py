"""The names that a schema knows at each place of a body, by which a misspelt optional field is recognised."""

import re
from typing import Any

from mockserver.support.pointers import follow
from mockserver.support.suggestions import closest

MAX_MEMO = 1024
MAX_DEPTH = 24


class Shape:
    """The known names of one object with the shapes below them. `open_map` is set where every name is allowed."""

    __slots__ = ("_memo", "_plain", "children", "items", "known", "open_map")

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.children: dict[str, Shape] = {}
        self.items: Shape | None = None
        self.open_map = False
        self._memo: dict[str, str | None] = {}
        self._plain: dict[str, str] = {}

    def nearest(self, name: str) -> str | None:
        """The known name that `name` probably misspells: equal but for case and separators, or close."""
        if name in self._memo:
            return self._memo[name]
        if not self._plain:
            self._plain = {_plain(known): known for known in sorted(self.known)}
        meant = self._plain.get(_plain(name))
        if meant is None and 3 <= len(name) <= 64:
            meant = closest(name, sorted(self.known), 0.8)
        if len(self._memo) < MAX_MEMO:
            self._memo[name] = meant
        return meant


def shape_of(document: Any) -> Shape | None:
    """The shape of a self-contained schema, or None where no place in it knows any name."""
    shape = Shape()
    _collect(shape, document, document, 0)
    return _pruned(shape)


def _pruned(shape: Shape) -> Shape | None:
    """The shape without the places that know no name."""
    children = {name: _pruned(child) for name, child in shape.children.items()}
    shape.children = {name: child for name, child in children.items() if child is not None}
    shape.items = None if shape.items is None else _pruned(shape.items)
    return shape if shape.known or shape.items else None


def _collect(shape: Shape, schema: Any, document: Any, depth: int) -> None:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    if "$ref" in schema:
        _collect(shape, follow(document, schema["$ref"]), document, depth + 1)
    for name, inner in schema.get("properties", {}).items():
        shape.known.add(name)
        _collect(shape.children.setdefault(name, Shape()), inner, document, depth + 1)
    if isinstance(schema.get("additionalProperties"), dict) and not schema.get("properties"):
        shape.open_map = True
    if "items" in schema:
        shape.items = shape.items or Shape()
        _collect(shape.items, schema["items"], document, depth + 1)
    for keyword in ("oneOf", "anyOf", "allOf"):
        for option in schema.get(keyword, ()):
            _collect(shape, option, document, depth + 1)
    for keyword in ("then", "else"):
        _collect(shape, schema.get(keyword), document, depth + 1)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
