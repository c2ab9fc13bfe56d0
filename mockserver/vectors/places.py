"""Finds every schema inside a schema, and says what a body is that holds a value at its place."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from mockserver.contracts.merging import all_of
from mockserver.contracts.values import ValueMaker
from mockserver.support.pointers import escaped

MAX_PLACES = 2000
MAX_STEPS = 40
ROOT = {"$ref": "#"}
"""The schema that the whole document is."""
EXTRA = "extra"
"""The name by which a member is tried that only `additionalProperties` describes."""


class Place(NamedTuple):
    """A merged schema inside a document, and where its value stands in a body. `around` turns a schema of that value
    into the schema of the bodies that hold it there."""

    pointer: str
    schema: Mapping[str, Any]
    around: Callable[[Any], Any]


def places(maker: ValueMaker) -> Iterator[Place]:
    """Every distinct schema of the maker's document, the outermost first; what is shared by reference comes once."""
    seen: set[str] = set()
    waiting: deque[tuple[int, str, Any, Callable[[Any], Any]]] = deque([(0, "", ROOT, lambda inner: inner)])
    for _ in range(MAX_PLACES):
        if not waiting:
            return
        steps, pointer, raw, around = waiting.popleft()
        reference = raw.get("$ref") if isinstance(raw, dict) else None
        schema = maker.merged(raw)
        if not schema or reference in seen or steps > MAX_STEPS:
            continue
        if reference is not None:
            seen.add(reference)
        yield Place(pointer, schema, around)
        for step, inner, wrap in _inside(maker, schema):
            waiting.append((steps + 1, pointer + step, inner, _chained(around, wrap)))


def _inside(maker: ValueMaker, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any, Callable[[Any], Any]]]:
    """The schemas right inside a schema: the step of the pointer to each, and what turns it into one of the whole."""
    for name, inner in schema.get("properties", {}).items():
        yield f"/{escaped(name)}", inner, _member(name)
    if "items" in schema:
        yield "/0", schema["items"], lambda item: {"type": "array", "prefixItems": [item], "minItems": 1}
    if isinstance(schema.get("additionalProperties"), dict):
        yield f"/{EXTRA}", schema["additionalProperties"], _member(EXTRA)
    for option in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if not {"properties", "type"}.isdisjoint(maker.merged(option)):
            yield "", option, partial(all_of, option)


def _member(name: str) -> Callable[[Any], Any]:
    return lambda inner: {"type": "object", "properties": {name: inner}, "required": [name]}


def _chained(outer: Callable[[Any], Any], inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda schema: outer(inner(schema))
