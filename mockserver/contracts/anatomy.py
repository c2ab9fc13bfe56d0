"""The kinds of objects in an OpenAPI document: which members of each are objects again, and of which kind."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from mockserver.support.keywords import METHODS


class Part(NamedTuple):
    """The kind of a member's value: `one` object, a `list` of them, or a `map` of names to them."""

    kind: str
    shape: Literal["one", "list", "map"]


def _parts(**members: str) -> dict[str, Part]:
    """Members by name: `kind` for one object, `[kind]` for a list, `{kind}` for a map."""
    shapes: Mapping[str, Literal["one", "list", "map"]] = {"[": "list", "{": "map"}
    return {name.rstrip("_"): Part(kind.strip("[]{}"), shapes.get(kind[0], "one")) for name, kind in members.items()}


SECTIONS: Mapping[str, str] = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "requestBody": "requestBodies",
    "header": "headers",
    "securityScheme": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
    "pathItem": "pathItems",
    "mediaType": "mediaTypes",
}
"""The kinds that a `$ref` may stand for, and the section of the components that holds each."""

KINDS: Mapping[str, Mapping[str, Part]] = {
    "document": _parts(paths="paths", webhooks="{pathItem}", components="components"),
    "components": {section: Part(kind, "map") for kind, section in SECTIONS.items()},
    "pathItem": _parts(
        parameters="[parameter]",
        additionalOperations="{operation}",
        **dict.fromkeys((*METHODS, "query"), "operation"),
    ),
    "operation": _parts(
        parameters="[parameter]", requestBody="requestBody", responses="{response}", callbacks="{callback}"
    ),
    "parameter": _parts(schema="schema", content="{mediaType}", examples="{example}"),
    "header": _parts(schema="schema", content="{mediaType}", examples="{example}"),
    "requestBody": _parts(content="{mediaType}"),
    "response": _parts(headers="{header}", content="{mediaType}", links="{link}"),
    "mediaType": _parts(
        schema="schema",
        itemSchema="schema",
        examples="{example}",
        encoding="{encoding}",
        prefixEncoding="[encoding]",
        itemEncoding="encoding",
    ),
    "encoding": _parts(headers="{header}", encoding="{encoding}"),
    "schema": _parts(
        **dict.fromkeys(("items", "additionalProperties", "not_", "if_", "then", "else_", "contains"), "schema"),
        **dict.fromkeys(("propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema"), "schema"),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schema]"),
        **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), "{schema}"),
    )
    | {name: Part("schema", "map") for name in ("$defs", "definitions")},
    "example": {},
    "link": {},
    "securityScheme": {},
}
OPEN_KINDS: Mapping[str, str] = {"paths": "pathItem", "callback": "pathItem"}
"""The kinds whose members are all of one kind, but for extensions."""


def part_of(kind: str, name: str) -> Part | None:
    """What a member of an object of a kind is; None where it is no object of the document's own."""
    if kind in OPEN_KINDS:
        return None if name.startswith("x-") else Part(OPEN_KINDS[kind], "one")
    return KINDS[kind].get(name)


def members_of(kind: str, node: Any) -> Iterator[tuple[str, Any]]:
    """The kind and the value of each object that an object of a kind directly holds."""
    for name, value in node.items():
        part = part_of(kind, name)
        if part is None:
            continue
        values: Iterable[Any]
        if part.shape == "map":
            values = value.values() if isinstance(value, dict) else ()
        elif part.shape == "list" or isinstance(value, list):
            values = value if isinstance(value, list) else ()
        else:
            values = (value,)
        yield from ((part.kind, each) for each in values)


def schema_references(kind: str, node: Any) -> Iterator[str]:
    """Every reference of a schema in an object of a kind and in the objects that it holds; callbacks are left out."""
    waiting = [(kind, node)]
    while waiting:
        at, value = waiting.pop()
        if not isinstance(value, dict) or at == "callback":
            continue
        reference = value.get("$ref")
        if at == "schema" and isinstance(reference, str):
            yield reference
        waiting.extend(members_of(at, value))
