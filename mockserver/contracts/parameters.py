"""Compiles the parameters of an operation into records."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from mockserver.contracts.schema import CompiledSchema

ParameterLocation = Literal["path", "query", "header", "cookie", "querystring"]
SchemaOf = Callable[[Any, str], CompiledSchema]
"""Compiles a schema that stands at a place, which messages name."""
_STYLES: Mapping[ParameterLocation, str] = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
    "querystring": "content",
}
"""The places of parameters, and the style that those have which state none."""
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI tells readers to ignore: other members of the document describe them."""


class Parameter(NamedTuple):
    """A documented parameter with its compiled schema, and the style in which it is written; `media_type` is that of
    its text where it is described by `content`. A `querystring` is the whole query."""

    name: str
    location: ParameterLocation
    required: bool
    schema: CompiledSchema
    style: str = "form"
    explode: bool = False
    allow_empty: bool = False
    media_type: str | None = None


def compile_parameters(listed: Iterable[Mapping[str, Any]], schema_of: SchemaOf, place: str) -> tuple[Parameter, ...]:
    """The parameters of an operation, whose references are resolved. Raises what `schema_of` raises."""
    compiled: list[Parameter] = []
    for number, spec in enumerate(listed):
        location: Any = spec.get("in")
        name = str(spec.get("name", ""))
        if location in _STYLES and not (location == "header" and name.lower() in _NOT_PARAMETERS):
            compiled.append(_parameter(spec, name, location, schema_of, f"{place}/parameters/{number}"))
    return tuple(compiled)


def _parameter(
    spec: Mapping[str, Any], name: str, location: ParameterLocation, schema_of: SchemaOf, place: str
) -> Parameter:
    style = spec.get("style") or _STYLES[location]
    media_type, schema, where = None, spec.get("schema", {}), f"{place}/schema"
    for each, content in (spec.get("content") or {}).items():
        media_type, schema, where = each, content.get("schema", {}), f"{place}/content/{each}/schema"
        break
    return Parameter(
        name=name,
        location=location,
        required=bool(spec.get("required")),
        schema=schema_of(schema, where),
        style=style,
        explode=bool(spec.get("explode", style in ("form", "cookie"))),
        allow_empty=bool(spec.get("allowEmptyValue")),
        media_type=media_type,
    )
