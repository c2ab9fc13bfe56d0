"""A parameter that is written in any style is read as the value that it was."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args
from urllib.parse import unquote

import pytest

from mockserver.contracts.parameters import Parameter, ParameterLocation
from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.writing import write_parameters
from mockserver.validation.coercion import values_of
from mockserver.validation.styles import Sent, cookie_pairs, query_pairs, texts_as

pytestmark = pytest.mark.unit

STYLES: dict[ParameterLocation, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
MAP = {"type": "object", "properties": {"r": {"type": "integer"}, "g": {"type": "string"}}}
NESTED = {"type": "object", "properties": {"a": MAP, "b": {"type": "array", "items": {"type": "number"}}}}
VALUES: tuple[tuple[Any, Any], ...] = (
    ({"type": "integer"}, -7),
    ({"type": "string"}, "a b/c?é"),
    ({"type": "boolean"}, False),
    ({"type": "array", "items": {"type": "integer"}}, [1, 2, 3]),
    ({"type": "array", "items": {"type": "string"}}, ["a", "b c"]),
    (MAP, {"r": 100, "g": "x"}),
    (NESTED, {"a": {"r": 1, "g": "x"}, "b": [1.5, 2]}),
)
CASES = [
    (location, style, explode, schema, value)
    for location, styles in STYLES.items()
    for style, explode, (schema, value) in product(styles, (False, True), VALUES)
    if (style == "deepObject") == (schema is NESTED or (style == "deepObject" and schema is MAP))
    if not (location in ("header", "cookie") and value == "a b/c?é")
    if not (style in ("spaceDelimited", "pipeDelimited") and (explode or value in (["a", "b c"], {"r": 100, "g": "x"})))
    if not (location == "cookie" and explode and schema is not MAP)
]


@pytest.mark.parametrize(("location", "style", "explode", "schema", "value"), CASES)
def test_a_written_parameter_is_read_again(
    location: ParameterLocation, style: str, explode: bool, schema: Any, value: Any
) -> None:
    parameter = Parameter("p", location, True, CompiledSchema("test", schema, {}, ()), style, explode)
    written = write_parameters([(parameter, value)])
    sent = Sent(
        {name: unquote(text) for name, text in written.path.items()},
        query_pairs(written.query.encode()),
        {name.lower(): text for name, text in written.headers.items()},
        cookie_pairs([written.cookies.encode()]),
        frozenset({"p"}),
    )
    (form,) = parameter.schema.forms
    texts = texts_as(parameter, form, sent)
    assert texts is not None
    assert next(values_of(texts, parameter.schema.forms)) == value


def test_every_place_of_parameters_is_written() -> None:
    assert {*STYLES, "querystring"} == set(get_args(ParameterLocation))
