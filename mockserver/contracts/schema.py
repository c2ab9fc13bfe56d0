"""The schemas of a contract, compiled when they are first needed: one alone, and several at once."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import jsonschema_rs

from mockserver.contracts.directions import Direction, directed, made_from
from mockserver.contracts.files import SCHEMA_PREFIX
from mockserver.contracts.formats import FORMATS
from mockserver.contracts.merging import NOTHING
from mockserver.contracts.shapes import Shape, shape_of
from mockserver.model import Json
from mockserver.operations import Annotation, Rule
from mockserver.support.keywords import DIALECT
from mockserver.support.pointers import follow, walk
from mockserver.validation.coercion import Forms


class CompiledSchema:
    """`schema` as it stands in the document `contract`, and the named `rules` that go with it. `annotations` are the
    evidence and the reason of its keywords, by their paths, as far as they were looked up. `certain` says that its
    inferred rules refuse too, as those of an observed service; `direction` whether requests or responses have it."""

    def __init__(
        self,
        name: str,
        schema: Any,
        contract: Mapping[str, Any],
        rules: tuple[Rule, ...],
        *,
        certain: bool = False,
        direction: Direction | None = None,
    ) -> None:
        self.name = name
        self.certain = certain
        self.rules = rules
        self.annotations: dict[tuple[str | int, ...], Annotation] = {}
        self._schema = schema
        self._contract = contract
        self._direction = direction

    @cached_property
    def document(self) -> dict[str, Json]:
        """The schema as a document of its own, with the components that it refers to."""
        document = _self_contained(self._contract, self._schema)
        return document if self._direction is None else directed(document, self._direction)

    @cached_property
    def validator(self) -> Any:
        """The compiled schema. Raises ValueError or jsonschema_rs.ValidationError where it cannot be compiled."""
        return jsonschema_rs.validator_for(self.document, validate_formats=True, formats=FORMATS)

    @cached_property
    def shape(self) -> Shape | None:
        return shape_of(self.document)

    @cached_property
    def forms(self) -> Forms:
        """The forms of its values, by which texts are turned into such values."""
        from mockserver.contracts.forms import forms_of  # noqa: PLC0415 - few need them

        return forms_of(self.document)

    @cached_property
    def sample(self) -> Json:
        """A value that fits, or None where none could be made."""
        from mockserver.contracts.samples import sample_of  # noqa: PLC0415 - few need one

        return sample_of(self.made_from, self.validator.is_valid)

    @cached_property
    def made_from(self) -> dict[str, Json]:
        """The schema without the members that are of the other direction only, for values to be made of."""
        return self.document if self._direction is None else made_from(self.document, self._direction)


def _self_contained(contract: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    reached: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for name in _components_in(waiting.pop()):
            if name not in reached:
                reached[name] = follow(contract, SCHEMA_PREFIX + name)
                waiting.append(reached[name])
    whole = schema if isinstance(schema, dict) else {} if schema else NOTHING
    return {"$schema": DIALECT, **whole, "components": {"schemas": reached}}


def _components_in(schema: Any) -> Iterator[str]:
    """The names of the component schemas that a schema refers to."""
    for _, node in walk(schema):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if isinstance(reference, str) and reference.startswith(SCHEMA_PREFIX):
            yield reference.removeprefix(SCHEMA_PREFIX).split("/")[0]


class Prescreen:
    """The bodies that fit all of some schemas and hold no name that the first of them does not know. Named rules are
    not checked. The schemas are compiled at the first call."""

    def __init__(self, schemas: Iterable[CompiledSchema | None]) -> None:
        self._schemas = tuple(dict.fromkeys(schema for schema in schemas if schema is not None))
        self._validator: Any = None

    def __contains__(self, body: Json) -> bool:
        if self._validator is None:
            self._validator = self._compiled()
        return bool(self._validator.is_valid(body))

    def _compiled(self) -> Any:
        # each schema keeps its own references
        resources = {f"urn:mockserver:{number}": schema.document for number, schema in enumerate(self._schemas)}
        definitions = {identifier: {**document, "$id": identifier} for identifier, document in resources.items()}
        parts: list[Json] = [{"$ref": identifier} for identifier in resources]
        if self._schemas and self._schemas[0].shape is not None:
            parts.append(_closed(self._schemas[0].shape))
        document = {"$defs": definitions, "allOf": parts}
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True, formats=FORMATS)


def _closed(shape: Shape) -> Json:
    """A schema that rejects unknown names, and nothing else."""
    schema: dict[str, Json] = {}
    if shape.known:
        schema["properties"] = dict.fromkeys(shape.known, True) | {
            name: _closed(child) for name, child in shape.children.items()
        }
        schema |= {} if shape.open_map else {"additionalProperties": False}
    if shape.items is not None:
        schema["items"] = _closed(shape.items)
    return schema
