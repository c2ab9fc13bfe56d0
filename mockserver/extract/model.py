"""The frozen records between the dialects, which read pages, and the parts that emit, check and lint contracts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.errors import one_line
from mockserver.support.pointers import position_of

Json = Any
Schema = dict[str, Any]


class Row(NamedTuple):
    """One row of a model or parameter table as it stands on the page. `line` counts from 1; `cut` says that the page
    may show only the first values of an enum."""

    line: int
    parent: str
    name: str
    type: str
    description: str
    required: bool
    format: str = ""
    cut: bool = False


class Field(NamedTuple):
    """A row in its place in the tree of the body."""

    row: Row
    children: tuple[Field, ...] = ()


class Example(NamedTuple):
    """A JSON text on the page. `line` is that of its first character, `title` is empty for an example tab."""

    line: int
    text: str
    value: Json
    title: str = ""

    def line_of(self, pointer: str) -> int:
        """The line on the page of what a JSON Pointer into the value leads to."""
        return self.line + position_of(self.text, pointer)[0] - 1


class Sample(NamedTuple):
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


class Body(NamedTuple):
    """A documented request or response body: its table's rows, the same as a tree, and its examples. `rows` are the
    rows of the table; `fields` may hold more, where prose describes an envelope around them. `array` says that the body
    is a list, and the fields are those of its items; `sent` are the bodies of the page's sample calls."""

    section: str
    line: int
    rows: tuple[Row, ...] = ()
    fields: tuple[Field, ...] = ()
    examples: tuple[Example, ...] = ()
    array: bool = False
    sent: tuple[Example, ...] = ()


class Response(NamedTuple):
    """A documented response. `status` is three digits, or `default` where the page names none."""

    status: str
    line: int
    body: Body | None = None


class Site(NamedTuple):
    """One row of an endpoint table. `url` is scheme and host, None where the page says there is no such server."""

    line: int
    name: str
    url: str | None


class Parameter(NamedTuple):
    """A documented path, query or header parameter; `children` are the members of one that is an object."""

    location: str
    row: Row
    children: tuple[Field, ...] = ()


class Credential(NamedTuple):
    """A way to authenticate: `name` is that of the security scheme, `scheme` its OpenAPI object as pairs."""

    name: str
    scheme: tuple[tuple[str, str], ...]


class RateLimit(NamedTuple):
    """`limit` requests per `period` seconds, counted `per` credential, announced in `headers`."""

    limit: int
    period: int
    per: str
    headers: tuple[str, ...]


class Prose(NamedTuple):
    """A paragraph or list item. `line` is its first."""

    line: int
    text: str


class Endpoint(NamedTuple):
    """One method on one path as one page documents it. `operation` is the operation id without version; `version` is
    empty where the page has none, and `versions` is how many versions the section documents. `max_body_bytes` is
    measured after decompression. `unread` says why nothing but the method and the path could be read."""

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
    deprecated: bool = False
    unread: str = ""


class Unread(NamedTuple):
    """Something on a page that could not be read, and was left out: `what` it is, such as a row."""

    file: str
    line: int
    expected: str
    what: str

    def __str__(self) -> str:
        return one_line(f"{self.file}:{self.line}: expected {self.expected}; the {self.what} is left out")


class Page(NamedTuple):
    """A page that was read. `source` is how it was named on the command line, `label` how evidence names it; `unread`
    is what of it was left out."""

    source: str
    label: str
    dialect: str
    vendor: str
    endpoints: tuple[Endpoint, ...] = ()
    unread: tuple[Unread, ...] = ()


class Rule(NamedTuple):
    """A sentence that reads like a rule and is no keyword: our slug for it and the numbers and names in it."""

    kind: str
    details: tuple[tuple[str, Json], ...] = ()


class Leftover(NamedTuple):
    """A rule that a row's description states beyond its keywords. `tail` ends its id: its kind, and a number from
    the second of a kind on."""

    row: Row
    pointer: str
    rule: Rule
    tail: str


class Unextracted(NamedTuple):
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


class TableCoverage(NamedTuple):
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


class Operation(NamedTuple):
    """An operation and what was extracted for it. `pages` are the pages that document it, each with its endpoint;
    `endpoint` is their union."""

    id: str
    pages: tuple[tuple[Page, Endpoint], ...]
    endpoint: Endpoint
    object: Schema
    schemas: dict[str, Schema]
    rules: tuple[Unextracted, ...] = ()


class Contract(NamedTuple):
    """Everything that is extracted for one vendor, before it becomes bytes. `schemas` maps file names to JSON Schemas,
    `examples` maps `<operation>/<file>` to bodies. `unread` is what of the pages was left out, `sources` are the labels
    of OpenAPI documents that were read."""

    vendor: str
    openapi: Schema
    schemas: Mapping[str, Schema] = MappingProxyType({})
    examples: Mapping[str, Json] = MappingProxyType({})
    operations: tuple[Operation, ...] = ()
    coverage: tuple[TableCoverage, ...] = ()
    rules: tuple[Unextracted, ...] = ()
    unread: tuple[Unread, ...] = ()
    sources: tuple[str, ...] = ()


class Finding(NamedTuple):
    """A contradiction in the pages: `file` and `line` name the page and the place on it, `place` is an operation or a
    body of it."""

    file: str
    line: int
    kind: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.place}: {self.message}"
