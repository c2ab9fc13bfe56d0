"""Reads what a JSON Schema says at one place: with those that it refers to and its `allOf` merged, choice by choice."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from mockserver.support.pointers import follow

NOTHING: Mapping[str, Any] = {"not": {}}
"""The schema that no value fits."""


def merged(schema: Any, document: Any) -> dict[str, Any]:
    """A schema without `$ref`, and without an `allOf` that could be merged, that accepts the same values. `document` is
    what references lead into. What cannot be said in one schema, such as two patterns, stays in `allOf`."""
    whole: dict[str, Any] = {}
    for part in _parts(schema, document, ()):
        _add(whole, part)
    sizes = {keyword: int(whole[keyword]) for keyword in _SIZES & whole.keys()}  # 1.0 is an integer in JSON Schema
    return whole | sizes


def all_of(*schemas: Any) -> Any:
    """The schema of the values that fit every one of these."""
    parts: list[Any] = []
    for schema in schemas:
        if schema is False:
            return NOTHING
        several = schema["allOf"] if isinstance(schema, dict) and schema.keys() == {"allOf"} else [schema]
        parts += [part for part in several if part is not True and part != {} and part not in parts]
    return (parts[0] if len(parts) == 1 else {"allOf": parts}) if parts else {}


def choice(node: Mapping[str, Any], document: Any) -> tuple[Any, list[Any]] | None:
    """The first choice that a merged schema leaves: the rest of it and the options, of which one has to hold as well.
    None where it leaves none. An option may be more than what the choice asks for."""
    for keyword in ("oneOf", "anyOf"):
        if keyword in node:
            return without(node, keyword), node[keyword]
    if "if" in node:
        return without(node, "if", "then", "else"), [node.get("else", True), all_of(node["if"], node.get("then", True))]
    forbidden = node.get("not")
    if isinstance(forbidden, dict) and "required" in forbidden and forbidden.keys() <= {"required", "type"}:
        return without(node, "not"), [{"properties": {name: False}} for name in reversed(forbidden["required"])]
    if "dependentSchemas" in node:
        schemas = node["dependentSchemas"]
        options = [{"properties": dict.fromkeys(schemas, False)}, all_of(*schemas.values())]
        return without(node, "dependentSchemas"), options
    for part in node.get("allOf", ()):
        inner = choice(merged(part, document), document)
        if inner is not None:
            others = [other for other in node["allOf"] if other is not part]
            return all_of(without(node, "allOf"), *others, inner[0]), inner[1]
    return None


def without(node: Mapping[str, Any], *keywords: str) -> dict[str, Any]:
    """A schema without some of its keywords."""
    return {keyword: value for keyword, value in node.items() if keyword not in keywords}


def references(schema: Any, document: Any, above: frozenset[str] = frozenset()) -> frozenset[str]:
    """The references by which a schema says something of its own place, and those that they lead to."""
    if not isinstance(schema, dict):
        return above
    made = above
    reference = schema.get("$ref")
    if reference is not None and reference not in made:
        made = references(follow(document, reference), document, made | {reference})
    for part in schema.get("allOf", ()):
        made = references(part, document, made)
    return made


def _parts(
    schema: Any, document: Any, above: tuple[str, ...], *, beside: bool = False, apart: bool = False
) -> Iterator[Mapping[str, Any]]:
    """The schemas that hold at the place of a schema, those in a circle of references once. `beside`: others hold there
    too. `unevaluatedProperties` does not see what those say, so that a schema with it stays `apart`, in `allOf`; what
    leaves no choice is merged as well."""
    if not isinstance(schema, dict):
        yield NOTHING if schema is False else {}
        return
    own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf")}
    inner, reference = list(schema.get("allOf", ())), schema.get("$ref")
    if reference is not None and reference not in above:
        inner.insert(0, follow(document, reference))
        above = (*above, reference)
    left = beside and not apart and not _UNEVALUATED.isdisjoint(own)
    apart = apart or left
    yield {keyword: value for keyword, value in own.items() if not (apart and keyword in _CHOOSING)}
    for part in inner:
        yield from _parts(part, document, above, beside=beside or bool(own) or len(inner) > 1, apart=apart)
    if left:
        yield {"allOf": [schema]}


def _add(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Adds what a part says to the whole."""
    single = dict(part)
    for group, add in _GROUPS.items():
        own = {keyword: value for keyword, value in part.items() if keyword in group}
        if own and not group.isdisjoint(whole):
            add(whole, own)
            single = without(single, *own)
    for keyword, value in single.items():
        if keyword not in whole:
            whole[keyword] = value
        elif keyword in _COMBINED:
            whole[keyword] = _COMBINED[keyword](whole[keyword], value)
        elif keyword in _ASSERTING and whole[keyword] != value:
            _leave(whole, {keyword: value})


def _leave(whole: dict[str, Any], rest: Mapping[str, Any]) -> None:
    whole["allOf"] = _united(whole.get("allOf", []), [rest])


def _add_members(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Merges `properties` and `additionalProperties`. Patterns of names are left as they are, for they can overlap."""
    patterned = [each for each in (whole, part) if "patternProperties" in each]
    if patterned:
        _leave(whole, part)
    said = [
        (each.get("properties", {}), True if each in patterned else each.get("additionalProperties", True))
        for each in (whole, part)
    ]
    whole["properties"] = {
        name: all_of(*(known.get(name, others) for known, others in said))
        for name in {**whole.get("properties", {}), **part.get("properties", {})}
    }
    if not patterned and any(others is not True for _, others in said):
        others = all_of(*(others for _, others in said))
        whole["additionalProperties"] = False if others is NOTHING else others


def _add_items(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    said = [(each.get("prefixItems", []), each.get("items", True)) for each in (whole, part)]
    length = max(len(first) for first, _ in said)
    if length:
        whole["prefixItems"] = [
            all_of(*(first[index] if index < len(first) else rest for first, rest in said)) for index in range(length)
        ]
    items = all_of(*(rest for _, rest in said))
    whole["items"] = False if items is NOTHING else items


def _types(first: Any, second: Any) -> Any:
    """The types that both list; an integer is a number too."""
    one, two = ([each] if isinstance(each, str) else each for each in (first, second))
    shared = [name for name in one if name in two or (name == "integer" and "number" in two)]
    return shared + [name for name in two if name == "integer" and "number" in one and name not in one]


def _multiple(first: float, second: float) -> float:
    one, two = (Fraction(str(each)) for each in (first, second))
    both = Fraction(lcm(one.numerator * two.denominator, two.numerator * one.denominator)) / (
        one.denominator * two.denominator
    )
    return int(both) if both.denominator == 1 else float(both)


def _united(first: list[Any], second: list[Any]) -> list[Any]:
    return [*first, *(each for each in second if each not in first)]


def _by_name(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    return {**first, **{name: _united(first.get(name, []), second[name]) for name in second}}


_SIZES = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains", "minProperties", "maxProperties"}
)
_COMBINED: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "type": _types,
    "enum": lambda first, second: [each for each in first if each in second],
    **dict.fromkeys(("required", "allOf"), _united),
    "multipleOf": _multiple,
    "uniqueItems": lambda first, second: first or second,
    "dependentRequired": _by_name,
}
_GROUPS: Mapping[frozenset[str], Callable[[dict[str, Any], Mapping[str, Any]], None]] = {
    frozenset({"properties", "patternProperties", "additionalProperties"}): _add_members,
    frozenset({"prefixItems", "items"}): _add_items,
    frozenset({"if", "then", "else"}): _leave,
    frozenset({"contains", "minContains", "maxContains"}): _leave,
}
"""Keywords that mean something only beside each other, and what adds them to others of the same."""
_UNEVALUATED = frozenset({"unevaluatedItems", "unevaluatedProperties"})
_CHOOSING = _UNEVALUATED | {"oneOf", "anyOf", "if", "then", "else", "not", "dependentSchemas"}
_ASSERTING = _UNEVALUATED | {"const", "pattern", "format", "not", "anyOf", "oneOf", "propertyNames", "dependentSchemas"}
"""Keywords that assert something and cannot be said twice; of other ones, annotations, the first is kept."""
