"""What `readOnly` and `writeOnly` mean for a schema: which members a request or a response need not have."""

from collections.abc import Mapping
from typing import Any, Literal

from mockserver.support.keywords import resolved
from mockserver.support.pointers import walk

Direction = Literal["request", "response"]
_FOREIGN: Mapping[Direction, str] = {"request": "readOnly", "response": "writeOnly"}
"""The keyword of the members that belong to the other direction only."""
MAX_DEPTH = 8


def directed(document: dict[str, Any], direction: Direction) -> dict[str, Any]:
    """A self-contained schema that does not require the members of the other direction. The same object where it has
    none."""
    keyword = _FOREIGN[direction]
    return _without(document, document, keyword, drop=False) if _speaks_of(document, keyword) else document


def made_from(document: dict[str, Any], direction: Direction) -> dict[str, Any]:
    """A self-contained schema without the members of the other direction, for values to be made of."""
    keyword = _FOREIGN[direction]
    return _without(document, document, keyword, drop=True) if _speaks_of(document, keyword) else document


def _speaks_of(document: dict[str, Any], keyword: str) -> bool:
    return any(isinstance(node, dict) and node.get(keyword) is True for _, node in walk(document))


def _without(node: Any, document: Any, keyword: str, *, drop: bool, above: frozenset[str] = frozenset()) -> Any:
    """A schema and those inside it, without the members of the other direction among `required` and, with `drop`, among
    `properties`. `above` are those of a schema whose `allOf` this one is part of."""
    if isinstance(node, list):
        return [_without(each, document, keyword, drop=drop) for each in node]
    if not isinstance(node, dict):
        return node
    foreign = above | _foreign(node, document, keyword, 0) if "required" in node or "properties" in node else above
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key == "required" and isinstance(value, list):
            made[key] = [name for name in value if name not in foreign]
        elif key == "properties" and isinstance(value, dict):
            kept = {name: inner for name, inner in value.items() if not (drop and name in foreign)}
            made[key] = {name: _without(inner, document, keyword, drop=drop) for name, inner in kept.items()}
        elif key == "allOf" and isinstance(value, list):
            inherited = above | _foreign(node, document, keyword, 0)
            made[key] = [_without(part, document, keyword, drop=drop, above=inherited) for part in value]
        elif key in ("const", "enum", "default", "example", "examples"):
            made[key] = value
        else:
            made[key] = _without(value, document, keyword, drop=drop)
    return made


def _foreign(node: Any, document: Any, keyword: str, depth: int) -> frozenset[str]:
    """The names of the members of a schema, and of those that it combines, that belong to the other direction."""
    node = resolved(node, document)
    known = node.get("properties")
    names = frozenset(
        name
        for name, inner in (known.items() if isinstance(known, dict) else ())
        if resolved(inner, document).get(keyword) is True or (isinstance(inner, dict) and inner.get(keyword) is True)
    )
    for part in (node.get("allOf") or ()) if depth < MAX_DEPTH else ():
        names |= _foreign(part, document, keyword, depth + 1)
    return names
