"""The quick way to find that there is nothing to say of a body says the same as the long way."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockserver import operations
from mockserver.contracts import packaged_schemas
from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.shapes import Shape
from mockserver.vendors.contracts import load_contracts
from tests.support.harness import Operation, each_operation

CATALOGUE = {operation.id: operation for operation in load_contracts(None, (), "documented").operations}
FIXTURES = packaged_schemas().parent / "fixtures"
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)


def names_known(shape: Shape | None, value: Any) -> bool:
    if shape is None:
        return True
    if isinstance(value, dict):
        known = shape.open_map or value.keys() <= shape.known
        return known and all(names_known(shape.children.get(name), inner) for name, inner in value.items())
    return not isinstance(value, list) or all(names_known(shape.items, item) for item in value)


def shape_of(operation: operations.Operation) -> Shape | None:
    """The names that the documented body knows, if a body is documented."""
    return operation.documented.shape if operation.documented else None


def fits(schema: CompiledSchema | None, body: Any) -> bool:
    return schema is None or schema.validator.is_valid(body)


def examples(operation: Operation) -> list[Any]:
    paths = FIXTURES.glob(f"*/{operation.id}/request.*.json")
    return [operation.accepted, *(json.loads(path.read_text("utf-8")) for path in paths)]


def places(value: Any) -> list[Any]:
    """The objects and arrays in a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *chain.from_iterable(map(places, inner))] if isinstance(value, (dict, list)) else []


@each_operation
def test_each_documented_example_is_plain_or_has_an_unknown_name_or_a_violation(operation: Operation) -> None:
    compiled = CATALOGUE[operation.id]
    for body in examples(operation):
        assert (body in compiled.prescreen) == (
            fits(compiled.documented, body) and fits(compiled.observed, body) and names_known(shape_of(compiled), body)
        ), body
    assert operation.accepted in compiled.prescreen


@given(data=st.data())
@each_operation
def test_a_change_anywhere_is_seen_as_the_long_way_sees_it(operation: Operation, data: st.DataObject) -> None:
    compiled, body = CATALOGUE[operation.id], json.loads(json.dumps(data.draw(st.sampled_from(examples(operation)))))
    place = data.draw(st.sampled_from(places(body)))
    known = st.sampled_from(sorted(place)) if isinstance(place, dict) and place else st.nothing()
    if isinstance(place, dict):
        place[data.draw(known | st.text(max_size=8) | st.just("attributes"))] = data.draw(SCALARS | st.just({"x": 1}))
    else:
        place.append(data.draw(SCALARS | st.just({"x": 1})))
    assert (body in compiled.prescreen) == (
        fits(compiled.documented, body) and fits(compiled.observed, body) and names_known(shape_of(compiled), body)
    )
