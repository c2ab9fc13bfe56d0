"""Makes values that fit a JSON Schema, checked by the validator wherever they could be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, count, islice
from typing import Any, NamedTuple

import jsonschema_rs

from mockserver.contracts.formats import FORMATS
from mockserver.contracts.merging import NOTHING, all_of, choice, merged, references
from mockserver.contracts.patterns import UNBOUNDED, texts_for
from mockserver.contracts.scalars import numbers, texts
from mockserver.model import Json
from mockserver.support.jsontext import canonical
from mockserver.support.keywords import types_of

MAX_DEPTH = 32
MAX_MEMBERS = 500
MAX_STEPS = 10_000
MAX_REPEATS = 3
MAX_OF_A_FORM = 60
MAX_OF_A_TYPE = 15
MAX_ITEMS = 20_000
MAX_CHOICES = 4
_URN = "urn:mockserver:schema"
_TYPES: Mapping[str, frozenset[str]] = {
    "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"}
        | {"maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"}
    ),
    "array": frozenset({"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "integer": frozenset(),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""The types, and the keywords that speak of each."""
_UNSURE = frozenset(
    {"anyOf", "oneOf", "allOf", "not", "if", "contains", "uniqueItems", "pattern", "format", "propertyNames"}
    | {"patternProperties", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "multipleOf"}
    | {"example", "examples", "default", "const", "enum"}
)
"""The keywords for which a proposed value may be wrong."""


class NoValueError(ValueError):
    """No value was found that fits a schema."""


class ValueMaker:
    """Makes values for the schemas of one self-contained document: with the required members only or, if `full`, with
    all documented ones except those that would repeat themselves; from the schemas' own `examples`, if told so, where
    they fit."""

    def __init__(self, document: Mapping[str, Any], *, full: bool = False, examples: bool = False) -> None:
        self.document, self.full, self.examples = document, full, examples
        self._validators: dict[bytes, jsonschema_rs.Validator] = {}

    def value(self, schema: Any) -> Json:
        """The plainest value that fits a schema. Raises NoValueError where none is found."""
        for value in self.values(schema):
            return value
        raise NoValueError(f"no value was found for {canonical(schema)[:200].decode('utf-8', 'replace')}")

    def values(self, schema: Any) -> Iterator[Json]:
        """Values that fit a schema, the plainest first. They may share objects: copy what is to be changed."""
        return _Search(self).values(schema, Path())

    def merged(self, schema: Any) -> dict[str, Any]:
        """A schema of the document as one, with those that it refers to."""
        return merged(schema, self.document)

    def fits(self, schema: Any, value: Json) -> bool:
        """Whether a value fits a schema of the document."""
        key = canonical(schema)
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = jsonschema_rs.Draft202012Validator(
                _absolute(schema), registry=self._registry, validate_formats=True, formats=FORMATS
            )
        return validator.is_valid(value)

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([(_URN, dict(self.document))])


class Path(NamedTuple):
    """The way to a schema: how deep it lies, and the references that lead to it."""

    depth: int = 0
    references: tuple[str, ...] = ()


class _Search:
    """One search for values of a schema, within bounds. Schemas without choices propose values; what may be wrong of
    them is left to the validator."""

    def __init__(self, maker: ValueMaker) -> None:
        self._maker = maker
        self._inner: dict[tuple[bytes, Path], Choices] = {}
        self._members, self._steps = MAX_MEMBERS, MAX_STEPS

    def values(self, schema: Any, path: Path) -> Iterator[Json]:
        node, made = self._maker.merged(schema), references(schema, self._maker.document)
        if path.depth > MAX_DEPTH or any(path.references.count(reference) >= MAX_REPEATS for reference in made):
            return
        if node.get("not") == {} or [] in (node.get("type"), node.get("enum")) or self._is_over():
            return
        path = Path(path.depth + 1, path.references + tuple(sorted(made)))
        if path.depth > 1 and _UNSURE.isdisjoint(node):
            yield from self._typed(node, path)
            return
        seen: set[bytes] = set()
        for value in self._proposed(node, path):
            if self._is_over():
                return
            key = canonical(value)
            if key not in seen and self._maker.fits(schema, value):
                seen.add(key)
                yield value

    def _repeats(self, schema: Any, path: Path) -> bool:
        """Whether a schema is one of those that lead to it."""
        return not references(schema, self._maker.document).isdisjoint(path.references)

    def _is_over(self) -> bool:
        self._steps -= 1
        return self._steps < 0

    def _proposed(self, node: Mapping[str, Any], path: Path) -> Iterator[Json]:
        if self._maker.examples:
            yield from (node[keyword] for keyword in ("example", "default") if keyword in node)
            yield from node.get("examples", ())
        for form in self._forms(node, path, 0):
            yield from islice(self._typed(form, path), MAX_OF_A_FORM)

    def _forms(self, node: Mapping[str, Any], path: Path, depth: int) -> Iterator[Mapping[str, Any]]:
        """The schemas without choices that a schema stands for, each by one way through its `oneOf`, `if` and so on."""
        choices = choice(node, self._maker.document) if depth < MAX_DEPTH else None
        if choices is None or self._is_over():
            yield node
            return
        rest, options = choices
        for option in sorted(options, key=lambda option: self._repeats(option, path)):
            yield from self._forms(self._maker.merged(all_of(rest, option)), path, depth + 1)

    def _typed(self, node: Mapping[str, Any], path: Path) -> Iterator[Json]:
        """Values of the types that a schema without choices allows, those that its keywords speak of first."""
        if "const" in node:
            return iter((node["const"],))
        if "enum" in node:
            return iter(node["enum"])
        kinds = types_of(node) or sorted(_TYPES, key=lambda kind: _TYPES[kind].isdisjoint(node))
        most = None if len(kinds) == 1 else MAX_OF_A_TYPE
        return chain.from_iterable(islice(self._of_type(kind, node, path), most) for kind in kinds)

    def _of_type(self, kind: str, node: Mapping[str, Any], path: Path) -> Iterator[Json]:
        match kind:
            case "object":
                return self._objects(node, path)
            case "array":
                return self._arrays(node, path)
            case "string":
                return texts(node)
            case "integer" | "number":
                return numbers(node, whole=kind == "integer")
        return iter((True, False) if kind == "boolean" else (None,))

    def _inside(self, schema: Any, path: Path) -> Choices:
        """The values of a schema inside another, made once for all forms of that one."""
        key = (canonical(schema), path)
        if key not in self._inner:
            self._inner[key] = Choices(self.values(schema, path))
        return self._inner[key]

    def _objects(self, node: Mapping[str, Any], path: Path) -> Iterator[Json]:
        fewest, most = node.get("minProperties", 0), node.get("maxProperties", UNBOUNDED)
        required = _closed(node.get("required", ()), node)
        if len(required) > most or not all(self._member(node, name, path).has(0) for name in required):
            return
        made: list[Iterator[Json]] = []
        for wish in self._wishes(node, required, path):
            names = [name for name in _closed(wish, node) if self._member(node, name, path).has(0)]
            names = [name for name in names if set(names).issuperset(_closed((name,), node))]
            if len(names) < fewest:
                others = islice(self._others(node, names, path), fewest + MAX_OF_A_FORM)
                more = (name for name in others if self._member(node, name, path).has(0))
                names += islice(more, fewest - len(names))
            if fewest <= len(names) <= most:
                made.append(_objects_of({name: self._member(node, name, path) for name in names}))
                yield from islice(made[-1], 1)
        yield from chain.from_iterable(islice(each, MAX_OF_A_TYPE) for each in made)

    def _wishes(self, node: Mapping[str, Any], required: list[str], path: Path) -> Iterator[list[str]]:
        """The members that an object may have, the usual ones first."""
        known = node.get("properties", {})
        optional = [name for name in known if name not in required and not self._repeats(known[name], path)]
        if self._maker.full:
            self._members -= len(optional)
        if self._maker.full and self._members > 0:
            documented = [name for name in known if name in required or name in optional]
            yield [*documented, *(name for name in required if name not in known)]
        yield required
        room = max(0, node.get("maxProperties", UNBOUNDED) - len(required))
        yield [*required, *optional[:room]]
        yield from ([*required, name] for name in optional)
        yield from ([*required, name] for name in islice(self._others(node, [*known, *required], path), MAX_CHOICES))

    def _member(self, node: Mapping[str, Any], name: str, path: Path) -> Choices:
        """The values of a member of an object."""
        return self._inside(self._schema_of(node, name), path)

    def _schema_of(self, node: Mapping[str, Any], name: str) -> Any:
        schemas = [node["properties"][name]] if name in node.get("properties", {}) else []
        patterns = node.get("patternProperties", {})
        schemas += [patterns[pattern] for pattern in patterns if self._maker.fits({"pattern": pattern}, name)]
        return all_of(*schemas) if schemas else node.get("additionalProperties", True)

    def _others(self, node: Mapping[str, Any], taken: Iterable[str], path: Path) -> Iterator[str]:
        """Names of members that an object may have besides those that are taken, the documented ones first."""
        names: list[Iterable[Any]] = [node.get("properties", {}), *map(texts_for, node.get("patternProperties", {}))]
        if "propertyNames" in node:
            names.append(self.values(all_of({"type": "string"}, node["propertyNames"]), path))
        if node.get("additionalProperties", node.get("unevaluatedProperties")) is not False:
            names.append(f"extra{number or ''}" for number in range(MAX_ITEMS))
        seen = set(taken)
        for name in chain.from_iterable(names):
            if name not in seen and self._schema_of(node, name) not in (False, NOTHING):
                seen.add(name)
                yield name

    def _arrays(self, node: Mapping[str, Any], path: Path) -> Iterator[Json]:
        first, rest = node.get("prefixItems", []), node.get("items", True)
        wanted = node.get("minContains", 1) if "contains" in node else 0
        fewest = max(node.get("minItems", 0), wanted)
        most = min(node.get("maxItems", UNBOUNDED), len(first) if rest is False else UNBOUNDED, MAX_ITEMS)
        usual = fewest
        if self._maker.full and not self._repeats(rest, path):
            usual = min(most, max(fewest, len(first), 1 if "items" in node else 0))
        for size in dict.fromkeys((usual, fewest, *range(usual + 1, usual + MAX_CHOICES), len(first))):
            if fewest <= size <= most:
                schemas = [*first[:size], *([rest] * (size - len(first)))]
                for place in range(size - wanted, size):
                    schemas[place] = all_of(schemas[place], node["contains"])
                items = [self._inside(schema, path) for schema in schemas]
                if all(choices.has(0) for choices in items):
                    yield from _distinct(items) if node.get("uniqueItems") else _picks(items)


class Choices:
    """The values of an iterator, each made when it is first asked for."""

    def __init__(self, source: Iterator[Json]) -> None:
        self._source = source
        self._made: list[Json] = []

    def __iter__(self) -> Iterator[Json]:
        for index in count():
            if not self.has(index):
                return
            yield self._made[index]

    def up_to(self, most: int) -> int:
        """How many values there are, counted up to `most`."""
        self._made.extend(islice(self._source, max(0, most - len(self._made))))
        return min(most, len(self._made))

    def has(self, index: int) -> bool:
        """Whether there is a value of this number."""
        return self.up_to(index + 1) > index

    def at(self, index: int) -> Json:
        """The value of a number, the first one where there are not so many."""
        return self._made[index if self.has(index) else 0]


def _picks(choices: list[Choices]) -> Iterator[list[Json]]:
    """One value of each: the first of all, the second of all, …, then the first of all but one."""
    yield [each.at(0) for each in choices]
    for index in range(1, MAX_CHOICES):
        if not any(each.has(index) for each in choices):
            break
        yield [each.at(index) for each in choices]
    for place, each in enumerate(choices):
        for index in range(1, MAX_OF_A_FORM):
            if not each.has(index):
                break
            yield [other.at(index if number == place else 0) for number, other in enumerate(choices)]


def _distinct(choices: list[Choices]) -> Iterator[list[Json]]:
    """One value of each, no two of them equal, if such are found: those with the fewest values choose first."""
    picks: dict[int, Json] = {}
    keys: set[bytes] = set()
    for place in sorted(range(len(choices)), key=lambda place: choices[place].up_to(len(choices))):
        for value in choices[place]:
            if canonical(value) not in keys:
                picks[place] = value
                keys.add(canonical(value))
                break
    if len(picks) == len(choices):
        yield [picks[place] for place in range(len(choices))]


def _objects_of(members: Mapping[str, Choices]) -> Iterator[Json]:
    return (dict(zip(members, picks, strict=True)) for picks in _picks(list(members.values())))


def _closed(names: Iterable[str], node: Mapping[str, Any]) -> list[str]:
    """Names of members, with those that they require."""
    closed = list(names)
    for name in closed:
        closed += [other for other in node.get("dependentRequired", {}).get(name, ()) if other not in closed]
    return closed


def _absolute(schema: Any) -> Any:
    """A schema whose references lead into the maker's document from wherever it stands."""
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: _URN + value if keyword == "$ref" and isinstance(value, str) else _absolute(value)
        for keyword, value in schema.items()
    }
