"""Makes one JSON value that fits a schema: the answer of an operation for which no behaviour was written."""

from __future__ import annotations

from typing import Any

from mockserver.support.pointers import follow

_BY_FORMAT = {
    "date-time": "2024-01-01T00:00:00Z",
    "date": "2024-01-01",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "email": "user@example.com",
}
_BY_TYPE: dict[str, Any] = {"boolean": True, "integer": 1, "number": 1.0, "string": "string", "null": None}
_DEEPEST = 20


def sample(document: Any) -> Any:
    """A value for a self-contained schema: what it names (const, enum, default, example) or the plainest of its type.

    Optional properties are filled too, so that a client sees every documented field. The caller checks that it fits:
    patterns and rules that cross fields are not solved here.
    """
    return _value(document, document, 0)


def _value(schema: Any, document: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return _value(follow(document, schema["$ref"]), document, depth + 1)
    for keyword in ("const", "default", "example"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum") or schema.get("examples"):
        return (schema.get("enum") or schema["examples"])[0]
    for keyword in ("oneOf", "anyOf", "allOf"):
        if schema.get(keyword):
            return _value({**schema[keyword][0], "title": ""}, document, depth + 1)
    return _plain(schema, document, depth)


def _plain(schema: dict[str, Any], document: Any, depth: int) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or "properties" in schema:
        return {name: _value(inner, document, depth + 1) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return (
            [_value(schema["items"], document, depth + 1)] * max(1, schema.get("minItems", 1))
            if ("items" in schema)
            else []
        )
    if kind == "string":
        text = _BY_FORMAT.get(schema.get("format", ""), "string").ljust(schema.get("minLength", 0), "x")
        return text[: schema["maxLength"]] if "maxLength" in schema else text
    if kind in ("integer", "number"):
        return min(max(_BY_TYPE[kind], schema.get("minimum", 1)), schema.get("maximum", 1))
    return _BY_TYPE.get(str(kind))
