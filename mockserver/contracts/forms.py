"""The forms that the values of a schema may have, by which texts are turned into values."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.contracts.merging import all_of, choice, merged
from mockserver.support.keywords import types_of
from mockserver.validation.coercion import TEXT, Form, Forms

MAX_DEPTH = 6
MAX_OPTIONS = 60
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_ORDER = ("object", "array", "null", "boolean", "integer", "number", "string")


def forms_of(document: Mapping[str, Any]) -> Forms:
    """The forms of a self-contained schema, those whose texts are told apart most easily first."""
    return _forms(document, document, 0)


def _forms(schema: Any, document: Mapping[str, Any], depth: int) -> Forms:
    if depth > MAX_DEPTH:
        return TEXT
    found: dict[str, Form] = {}
    for node in _simple(merged(schema, document), document, 0):
        for kind in _kinds(node):
            form = _form(kind, node, document, depth)
            found[kind] = _united(found[kind], form) if kind in found else form
    return tuple(sorted(found.values(), key=lambda form: _ORDER.index(form.kind))) or TEXT


def _simple(node: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The schemas without a choice that a schema stands for."""
    choices = choice(node, document) if depth < MAX_DEPTH else None
    if choices is None:
        yield node
        return
    rest, options = choices
    for option in options[:MAX_OPTIONS]:
        yield from _simple(merged(all_of(rest, option), document), document, depth + 1)


def _kinds(node: Mapping[str, Any]) -> list[str]:
    """The JSON types that a schema without choices allows, as far as its keywords tell."""
    kinds = [kind for kind in types_of(node) if kind in _ORDER]
    if kinds:
        return kinds
    if "enum" in node or "const" in node:
        return list(dict.fromkeys(map(_kind_of, node.get("enum", [node.get("const")]))))
    if not node.keys().isdisjoint(_NUMBERS):
        return ["number"]
    if "properties" in node:
        return ["object"]
    return ["array"] if "items" in node or "prefixItems" in node else ["string"]


def _kind_of(value: Any) -> str:
    kinds = {dict: "object", list: "array", bool: "boolean", int: "integer", float: "number", str: "string"}
    return kinds.get(type(value), "null")


def _form(kind: str, node: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> Form:
    if kind == "array":
        return Form(kind, items=_forms(node.get("items", {}), document, depth + 1))
    if kind == "object":
        members = {name: _forms(inner, document, depth + 1) for name, inner in node.get("properties", {}).items()}
        others = node.get("additionalProperties")
        rest = None if others is None or others is False else _forms(others, document, depth + 1)
        return Form(kind, members=members, others=rest)
    return Form(kind)


def _united(first: Form, second: Form) -> Form:
    """What two forms of one kind allow, that of the first where both speak of the same."""
    others = second.others if first.others is None else first.others
    return Form(first.kind, first.items or second.items, {**second.members, **first.members}, others)
