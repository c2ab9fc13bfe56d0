"""The frozen records between the dialects, which read pages, and the parts that emit, check and lint contracts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mockserver.support.pointers import position_of

Json = Any
Schema = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One row of a model or parameter table as it stands on the page. `line` counts from 1."""

    line: int
    parent: str
    name: str
    type: str
    description: str
    required: bool
    format: str = ""


@dataclass(frozen=True)
class Field:
    """A row in its place in the tree of the body."""

    row: Row
    children: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Example:
    """A JSON text on the page. `line` is that of its first character, `title` is empty for an example tab."""

    line: int
    text: str
    value: Json
    title: str = ""

    def line_of(self, pointer: str) -> int:
        """The line on the page of what a JSON Pointer into the value leads to."""
        return self.line + position_of(self.text, pointer)[0] - 1


@dataclass(frozen=True)
class Sample:
    """A call shown on the page. `path` is None where the page shows only a host or nothing; `broken` is the line
    where its body stops being JSON, or 0."""

    line: int
    title: str
    method: str
    host: str
    path: str | None
    headers: tuple[tuple[str, str], ...] = ()
    body: Example | None = None
    broken: int = 0


@dataclass(frozen=True)
class Body:
    """A documented request or response body: its table's rows, the same as a tree, and its examples.

    `rows` are the rows of the table; `fields` may hold more, where prose describes an envelope around them.
    """

    section: str
    line: int
    rows: tuple[Row, ...] = ()
    fields: tuple[Field, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Response:
    """A documented response. `status` is three digits, or `default` where the page names none."""

    status: str
    line: int
    body: Body | None = None


@dataclass(frozen=True)
class Site:
    """One row of an endpoint table. `url` is scheme and host, None where the page says there is no such server."""

    line: int
    name: str
    url: str | None


@dataclass(frozen=True)
class Parameter:
    """A documented path, query or header parameter."""

    location: str
    row: Row


@dataclass(frozen=True)
class Credential:
    """A way to authenticate: `name` is that of the security scheme, `scheme` its OpenAPI object as pairs."""

    name: str
    scheme: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RateLimit:
    """`limit` requests per `period` seconds, counted `per` credential, announced in `headers`."""

    limit: int
    period: int
    per: str
    headers: tuple[str, ...]


@dataclass(frozen=True)
class Prose:
    """A paragraph or list item. `line` is its first."""

    line: int
    text: str


@dataclass(frozen=True)
class Endpoint:
    """One method on one path as one page documents it.

    `operation` is the operation id without version; `version` is empty where the page has none, and `versions`
    is how many versions the section documents. `max_body_bytes` is measured after decompression.
    """

    line: int
    section: str
    operation: str
    method: str
    path: str
    version: str = ""
    versions: int = 1
    sites: tuple[Site, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    request: Body | None = None
    request_required: bool = False
    responses: tuple[Response, ...] = ()
    samples: tuple[Sample, ...] = ()
    credentials: tuple[Credential, ...] = ()
    prose: tuple[Prose, ...] = ()
    rate_limit: RateLimit | None = None
    max_body_bytes: int | None = None


@dataclass(frozen=True)
class Page:
    """A page that was read. `source` is how it was named on the command line, `label` how evidence names it."""

    source: str
    label: str
    dialect: str
    vendor: str
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A sentence that reads like a rule and is no keyword: our slug for it and the numbers and names in it."""

    kind: str
    details: tuple[tuple[str, Json], ...] = ()


@dataclass(frozen=True)
class Leftover:
    """A rule that a row's description states beyond its keywords. `tail` ends its id: its kind, and a number from
    the second of a kind on."""

    row: Row
    pointer: str
    rule: Rule
    tail: str


@dataclass(frozen=True)
class Unextracted:
    """A rule with its place: `place` is a file of the contract and a JSON Pointer into it; `page` and `line` are where
    it was read."""

    id: str
    place: str
    rule: Rule
    page: str
    line: int

    def as_dict(self) -> dict[str, Json]:
        """The entry of `x-unextracted`."""
        return {"id": self.id, "place": self.place, "kind": self.rule.kind, **dict(self.rule.details)}


@dataclass(frozen=True)
class TableCoverage:
    """How much of one table of one page is in the contract. `line` is that of the table, `read` counts its rows, `lost`
    are the lines of rows without a place in the contract, `rules` the ids of rules that no keyword expresses."""

    page: str
    table: str
    line: int
    read: int
    lost: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def emitted(self) -> int:
        """How many rows are in the contract."""
        return self.read - len(self.lost)


@dataclass(frozen=True)
class Operation:
    """An operation and what was extracted for it. `pages` are the pages that document it, each with its endpoint;
    `endpoint` is their union."""

    id: str
    pages: tuple[tuple[Page, Endpoint], ...]
    endpoint: Endpoint
    object: Schema
    schemas: dict[str, Schema]
    rules: tuple[Unextracted, ...] = ()


@dataclass(frozen=True)
class Contract:
    """Everything that is extracted for one vendor, before it becomes bytes.

    `schemas` maps file names to JSON Schemas, `examples` maps `<operation>/<file>` to bodies.
    """

    vendor: str
    openapi: Schema
    schemas: dict[str, Schema] = field(default_factory=dict)
    examples: dict[str, Json] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    coverage: tuple[TableCoverage, ...] = ()
    rules: tuple[Unextracted, ...] = ()


@dataclass(frozen=True, order=True)
class Finding:
    """A contradiction in the pages: `file` and `line` name the page and the place on it, `place` is an operation or a
    body of it."""

    file: str
    line: int
    kind: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.place}: {self.message}"
