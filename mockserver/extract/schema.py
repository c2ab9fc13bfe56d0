"""The tree of a documented body → its JSON Schema, the place of every row in it, and the rules left over."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mockserver.extract import limits, remarks
from mockserver.extract.model import Body, Endpoint, Field, Json, Leftover, Parameter, Row, Schema
from mockserver.extract.names import numbered
from mockserver.extract.tree import ANY_KEY, OPTION, Shown
from mockserver.support.evidence import EVIDENCE_FOR
from mockserver.support.numbers import is_integer
from mockserver.support.pointers import escaped, walk

ORDER = (
    *("$ref", "title", "deprecated", "type", "format", "enum", "default", "pattern", "not", "minLength", "maxLength"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "items"),
    *("minProperties", "maxProperties", "required", "properties", "additionalProperties", "oneOf", "anyOf", "$defs"),
    EVIDENCE_FOR,
)
"""Keywords in the order in which one reads them."""
_POSITION = {keyword: position for position, keyword in enumerate(ORDER)}
SCALARS = ["string", "number", "boolean", "null"]
MAY_BE_CUT = {"source": "an enum of which the page shows the first ten values only", "level": "warning"}
"""What is said beside an enum that may have more values: a value that is none of them warns."""


@dataclass
class Built:
    """A schema, JSON pointers of rows in it, what is no keyword, and the rows whose type is not known: they take any
    value."""

    schema: Schema
    places: list[tuple[Row, str]] = field(default_factory=list)
    rules: list[Leftover] = field(default_factory=list)
    unread: list[Row] = field(default_factory=list)


def build(body: Body) -> Built:
    """The schema of a body from its table, or from its example where it has none."""
    if not body.fields and body.examples and body.examples[0].value:
        return Built(infer_body(body.examples[0].value))
    return _Builder(Shown([*body.examples, *body.sent])).body(body)


def one(parameter: Parameter) -> Built:
    """The schema of a parameter."""
    builder = _Builder(Shown())
    schema = builder.field(Field(parameter.row, parameter.children), "", (parameter.row.name,))
    schema.pop("deprecated", None)  # the parameter object says it
    if parameter.row.cut:
        _exemplify(schema)
    return Built(schema, builder.places, builder.rules, builder.unread)


def documented(name: str, endpoint: Endpoint) -> Iterator[tuple[str, Body]]:
    """File stem and body of every documented body of the operation called `name`."""
    if endpoint.request:
        yield f"{name}.request", endpoint.request
    for response in endpoint.responses:
        if response.body:
            yield f"{name}.response.{response.status}", response.body


_TYPES: dict[str, Schema] = {
    **{name: {"type": name} for name in ("string", "object", "boolean", "integer", "number", "array")},
    **{name: {"type": "string", "format": name} for name in ("uuid", "date-time", "date", "email", "uri", "binary")},
    **{name: {"type": "number", "format": name} for name in ("double", "float")},
    "int32": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    "enum": {"type": "string"},
    "json": {"type": "object"},
    "bool": {"type": "boolean"},
    **{name: {} for name in ("any", "")},
}
"""A type cell → its schema."""


class _Builder:
    """Builds one body. Examples tell whether an enum's values are integers."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.places: list[tuple[Row, str]] = []
        self.rules: list[Leftover] = []
        self.unread: list[Row] = []
        self.definitions: dict[str, Schema] = {}

    def body(self, body: Body) -> Built:
        """The schema of a whole body."""
        choice = any(OPTION.match(each.row.name) for each in body.fields)
        whole: Schema = {} if choice else {"type": "object"}
        lists = not choice and body.array
        self._members(whole, body.fields, "/items" if lists else "", ())
        if lists:
            whole = {"type": "array", "items": whole}
        if self.definitions:
            whole["$defs"] = self.definitions
        return Built(_ordered(whole), self.places, self.rules, self.unread)

    def field(self, node: Field, pointer: str, path: tuple[str, ...]) -> Schema:
        row = node.row
        self.places.append((row, pointer))
        schema = self._typed(row)
        inner, inner_pointer = schema, pointer
        while inner.get("type") == "array" and ("items" in inner or node.children):
            inner, inner_pointer = inner.setdefault("items", {}), inner_pointer + "/items"
        self._enumerate(inner, row, path)
        self._inside(inner, node, inner_pointer, path)
        self._limit(schema, inner, node, pointer)
        _remark(schema, row)
        if inner is not schema:
            schema["items"] = _ordered(schema["items"])
        return _ordered({"title": row.name, **schema} if OPTION.match(row.name) else schema)

    def _typed(self, row: Row) -> Schema:
        schema = schema_of(row.type, row.format)
        if schema is None:
            self.unread.append(row)
        return schema or {}

    def _inside(self, inner: Schema, node: Field, pointer: str, path: tuple[str, ...]) -> None:
        """The members of an object; or, of a list of lists, what one row called `items` says of the inner items."""
        only = node.children[0] if len(node.children) == 1 else None
        if only and only.row.name == "items" and "array" in node.row.type and not any(self.shown.at((*path, "items"))):
            inner.update(self.field(only, pointer, path))
            return
        self._members(inner, node.children, pointer, path, choice="anyOf" if "<anyOf>" in node.row.type else "oneOf")
        if "properties" in inner:
            inner.setdefault("type", "object")

    def _enumerate(self, schema: Schema, row: Row, path: tuple[str, ...]) -> None:
        allowed = limits.allowed_values(row.description)
        if not allowed:
            return
        shown = [value for node in self.shown.at(path) for value in node.values]
        whole = schema.get("type") == "integer" or ("enum" in row.type and all(map(is_integer, shown)))
        schema["enum"] = list(allowed)
        if whole and all(re.fullmatch(r"-?\d{1,18}", value) for value in allowed):
            schema["type"], schema["enum"] = "integer", list(map(int, allowed))
        elif schema.get("type") == "boolean" and set(allowed) <= {"true", "false"}:
            schema["enum"] = [value == "true" for value in allowed]
        else:
            schema["type"] = "string"
        if row.cut:
            schema[EVIDENCE_FOR] = {"enum": {"kind": "documented", **MAY_BE_CUT}}

    def _members(
        self, schema: Schema, fields: Sequence[Field], pointer: str, path: tuple[str, ...], choice: str = "oneOf"
    ) -> None:
        options = [child for child in fields if OPTION.match(child.row.name)]
        if options:
            schema[choice] = [self.field(each, f"{pointer}/{choice}/{i}", path) for i, each in enumerate(options)]
        named = [child for child in fields if not OPTION.match(child.row.name) and child.row.name != ANY_KEY]
        required = [child.row.name for child in named if child.row.required]
        if required:
            schema["required"] = required
        if named:
            schema["properties"] = {
                name: self.field(child, f"{pointer}/properties/{escaped(name)}", (*path, name))
                for name, child in ((child.row.name, child) for child in named)
            }
        for child in fields:
            if child.row.name == ANY_KEY:
                schema["additionalProperties"] = self.field(child, f"{pointer}/additionalProperties", (*path, ANY_KEY))

    def _limit(self, schema: Schema, inner: Schema, node: Field, pointer: str) -> None:
        context = limits.Context(schema, tuple(enums(schema)), tuple(inner.get("required", ())))
        keywords, rules = limits.read(node.row.description, context)
        depth = keywords.pop("x-depth", None)
        _merge(schema, keywords)
        if depth is not None:
            self._limit_depth(schema, depth)
        tails = numbered(rule.kind for rule in rules)
        self.rules.extend(Leftover(node.row, pointer, rule, tail) for rule, tail in zip(rules, tails, strict=True))

    def _limit_depth(self, schema: Schema, depth: int) -> None:
        """`schema` is the first of `depth` levels; every object or list is one, and each object has the same limit."""
        most = schema.get("maxProperties")
        name = f"of{depth}" + (f"max{most}" if most is not None else "")
        for level in range(2, depth + 1):
            inside: Schema = {"$ref": f"#/$defs/level{level + 1}{name}"}
            limit = {"maxProperties": most} if most is not None else {}
            self.definitions[f"level{level}{name}"] = {**limit, "additionalProperties": inside, "items": inside}
        self.definitions[f"level{depth + 1}{name}"] = {"type": SCALARS}
        schema["additionalProperties"] = {"$ref": f"#/$defs/level2{name}"}


def _exemplify(schema: Schema) -> None:
    """Keeps the values of an enum that may have more as examples: a parameter is refused for its enum, never warned
    of."""
    inner = schema.get("items", schema)
    if "enum" in inner:
        inner["examples"] = inner.pop("enum")
        inner[EVIDENCE_FOR] = inner.pop(EVIDENCE_FOR)


def _remark(schema: Schema, row: Row) -> None:
    if remarks.is_deprecated(row.description):
        schema["deprecated"] = True
    schema.update(remarks.default(schema, row.description))
    remarks.nullable(schema, row.description)


def _ordered(schema: Schema) -> Schema:
    """The same with its keywords in their order."""
    return {key: schema[key] for key in sorted(schema, key=_POSITION.__getitem__)}


def _merge(schema: Schema, keywords: Schema) -> None:
    """Lay stated keywords over a type's own; of two bounds the tighter holds."""
    tighter = {"minimum": max, "maximum": min}
    for key, value in keywords.items():
        if value is None:
            schema.pop(key, None)
            continue
        schema[key] = tighter[key](schema[key], value) if key in tighter and key in schema else value


def enums(schema: Json) -> list[tuple[Json, ...]]:
    """Every enum in a schema."""
    found = (node.get("enum") for _, node in walk(schema) if isinstance(node, dict))
    return [tuple(values) for values in found if isinstance(values, list)]


def infer_body(value: Json) -> Schema:
    """The schema of a body of which the page shows one example and no table; a list says what its items are."""
    items = [infer(item) for item in value] if isinstance(value, list) else []
    return {"type": "array", "items": items[0]} if items and all(each == items[0] for each in items) else infer(value)


def infer(value: Json) -> Schema:
    """The schema of a body of which the page shows one example and no table: its members and their types."""
    if isinstance(value, dict):
        members = {key: infer(item) for key, item in value.items()}
        return {"type": "object", "required": list(value), "properties": members} if value else {"type": "object"}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "integer" if isinstance(value, int) else "number"}
    if value is None:
        return {}
    return {"type": "array" if isinstance(value, list) else "string"}


def schema_of(cell: str, form: str = "") -> Schema | None:
    """The schema of a type cell, such as `int64`, `[object]`, `[]` or `object <oneOf>`; `form` is the cell of a format
    column. None for a type that is not known."""
    name = cell.strip()
    if name.startswith("[") and name.endswith("]"):
        items = schema_of(name[1:-1], form) if name != "[]" else {}
        return None if items is None else {"type": "array", "items": items} if items else {"type": "array"}
    base = re.sub(r"\s*<(?:one|any)Of>$", "", name)
    if base not in _TYPES:
        return None
    schema = dict(_TYPES[base])
    if form == "int64" and name == "string":
        return {**schema, "format": form, "pattern": "^-?[0-9]+$", "not": {"type": "string", "pattern": r"\n"}}
    return {**schema, "format": form} if form else schema
