"""Turns schemas of OpenAPI 3.0 and Swagger 2.0 into schemas of JSON Schema 2020-12, as OpenAPI 3.1 has them."""

from typing import Any, Literal

Dialect = Literal["2.0", "3.0", "3.1"]
"""The dialect of a document's schemas; 3.1 stands for 3.2 too."""

_ANNOTATIONS = frozenset(
    {"title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs"}
    | {"xml", "discriminator"}
)
_BITS = {"int32": 32, "int64": 64}
_CHOICES = ("allOf", "anyOf", "oneOf", "not", "$ref")


def dialect_of(document: Any) -> Dialect | None:
    """The dialect of a document by its version; None where it is no OpenAPI document of a known version."""
    if not isinstance(document, dict):
        return None
    if str(document.get("swagger", "")) == "2.0":
        return "2.0"
    version = str(document.get("openapi", ""))
    if version.startswith("3.0"):
        return "3.0"
    return "3.1" if version.startswith(("3.1", "3.2")) else None


def upgraded_schema(schema: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """A schema whose subschemas are upgraded already, in the dialect of 3.1.

    Where `nullable` stands beside an enum or a combination of schemas, null is allowed too: that is what the authors
    of such documents mean, though 3.0 only says it of `type`.
    """
    if dialect == "3.1":
        return _bounded(_with_tuple(schema))
    upgraded = _bounded(_with_tuple(dict(schema)))
    if upgraded.get("type") == "file":
        upgraded |= {"type": "string", "format": "binary"}
    if isinstance(upgraded.get("required"), bool):
        del upgraded["required"]  # of draft 3, still written by many; it says something of the parent, if anything
    _upgrade_bound(upgraded, "exclusiveMinimum", "minimum")
    _upgrade_bound(upgraded, "exclusiveMaximum", "maximum")
    if "example" in upgraded:
        example = upgraded.pop("example")
        upgraded.setdefault("examples", [example])
    if isinstance(upgraded.get("discriminator"), str):
        upgraded["discriminator"] = {"propertyName": upgraded["discriminator"]}
    if upgraded.get("format") == "byte":
        upgraded.setdefault("contentEncoding", "base64")
    elif upgraded.get("format") == "binary":
        upgraded.setdefault("contentMediaType", "application/octet-stream")
    nullable = upgraded.pop("nullable", None)
    if dialect == "2.0":
        nullable = upgraded.get("x-nullable", nullable)
    return _nullable(upgraded) if nullable is True else upgraded


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of integers with the bounds that its format says: `int32` and `int64` are formats of OpenAPI, of which
    JSON Schema knows nothing."""
    bits, kind = _BITS.get(str(schema.get("format"))), schema.get("type")
    if bits is None or not (kind == "integer" or (isinstance(kind, list) and "integer" in kind)):
        return schema
    bounds = {"minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}
    stated = {name.replace("exclusiveM", "m") for name in schema}
    return {**schema, **{name: bound for name, bound in bounds.items() if name not in stated}}


def _with_tuple(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with `items` and `additionalItems` of older drafts as `prefixItems` and `items`."""
    if not isinstance(schema.get("items"), list):
        return schema
    schema = {"prefixItems" if name == "items" else name: value for name, value in schema.items()}
    if "additionalItems" in schema:
        schema["items"] = schema.pop("additionalItems")
    return schema


def _upgrade_bound(schema: dict[str, Any], exclusive: str, bound: str) -> None:
    """Replaces a boolean `exclusiveMinimum` or `exclusiveMaximum` by the bound that it says is exclusive."""
    if not isinstance(schema.get(exclusive), bool):
        return
    if schema.pop(exclusive) and bound in schema:
        schema[exclusive] = schema.pop(bound)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that allows null, too."""
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if not any(name in schema for name in _CHOICES):
        return schema
    outside = {name: value for name, value in schema.items() if name in _ANNOTATIONS or name.startswith("x-")}
    inside = {name: value for name, value in schema.items() if name not in outside}
    return {**outside, "anyOf": [inside, {"type": "null"}]}
