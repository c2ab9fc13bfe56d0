"""Pages of one vendor → its contract: the OpenAPI document, the schemas, the examples and their coverage."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from mockserver.extract import openapi
from mockserver.extract import rules as prose_rules
from mockserver.extract.errors import ExtractError
from mockserver.extract.examples import bodies
from mockserver.extract.merge import Documentation, by_call, union
from mockserver.extract.model import (
    Body,
    Contract,
    Json,
    Leftover,
    Operation,
    Page,
    Parameter,
    Schema,
    TableCoverage,
    Unextracted,
    Unread,
)
from mockserver.extract.schema import Built, build, documented, one
from mockserver.support.evidence import EVIDENCE
from mockserver.support.keywords import DIALECT
from mockserver.support.pointers import follow

Call = tuple[str, str]


def contract(vendor: str, pages: Sequence[Page], renames: Mapping[Call, str]) -> Contract:
    """The contract of `vendor` as the pages state it; the same pages give the same contract in any order. `renames`
    maps (path, METHOD) to an operation id. Raises ExtractError if two operations have one id."""
    calls = by_call(pages)
    ids = _ids(calls, renames)
    operations = [_operation(ids[call], pages) for call, pages in calls.items()]
    tables = {each.id: _tables(each) for each in operations}
    return Contract(
        vendor=vendor,
        openapi=openapi.document(vendor, operations),
        schemas={name: schema for each in operations for name, schema in each.schemas.items()},
        examples={f"{each.id}/{name}": body for each in operations for name, body in bodies(each.endpoint)},
        operations=tuple(operations),
        coverage=tuple(table for each in operations for table in coverage(each, tables[each.id])),
        rules=tuple(rule for each in operations for rule in each.rules),
        unread=tuple(dict.fromkeys([*(left for page in pages for left in page.unread), *_untyped(tables)])),
    )


class _Tables(NamedTuple):
    """What one page says of one operation: its bodies by file stem, and its parameters, with their schemas."""

    page: Page
    bodies: list[tuple[str, Body, Built]]
    parameters: list[tuple[Parameter, Built]]


def _tables(operation: Operation) -> list[_Tables]:
    return [
        _Tables(
            page,
            [(stem, body, build(body)) for stem, body in documented(operation.id, endpoint)],
            [(each, one(each)) for each in endpoint.parameters],
        )
        for page, endpoint in operation.pages
    ]


def _untyped(tables: Mapping[str, Sequence[_Tables]]) -> Iterator[Unread]:
    """The types that are not known, each with the line of its row."""
    for each in (each for some in tables.values() for each in some):
        made = [*(built for _, _, built in each.bodies), *(built for _, built in each.parameters)]
        for row in (row for built in made for row in built.unread):
            yield Unread(each.page.source, row.line, f"a known type, not {row.type!r}", "type")


def _ids(calls: Mapping[Call, Documentation], renames: Mapping[Call, str]) -> dict[Call, str]:
    """The pages' names, with the version where one section has several or two paths would share a name, and a number
    where they still do. Raises ExtractError for a rename to a name that is taken."""
    named = {call: pages[0][1] for call, pages in calls.items()}
    uses = Counter(endpoint.operation for endpoint in named.values())
    ids: dict[Call, str] = {}
    for call, endpoint in named.items():
        plural = max(each.versions for _, each in calls[call]) > 1 or uses[endpoint.operation] > 1
        name = endpoint.operation + (endpoint.version.upper() if plural else "")
        if call not in renames and name in ids.values():
            name = next(each for number in count(2) if (each := f"{name}_{number}") not in ids.values())
        name = renames.get(call, name)
        if name in ids.values():
            page = calls[call][0][0]
            raise ExtractError(page.source, endpoint.line, f"an operation id other than {name}, which is taken")
        ids[call] = name
    return ids


def _operation(name: str, pages: Documentation) -> Operation:
    endpoint = union(pages)
    page = pages[0][0].source
    place = openapi.place(endpoint)
    rules: dict[str, Unextracted] = {}

    def leave(key: str, where: str, left: Leftover) -> None:
        name = f"{key}:{left.tail}"
        rules.setdefault(name, Unextracted(name, where, left.rule, page, left.row.line))

    schemas: dict[str, Schema] = {}
    for stem, body in documented(name, endpoint):
        built = build(body)
        schemas[f"{stem}.json"] = _framed(stem, built, evidence(pages, body.section))
        for left in built.rules:
            leave(f"{stem}#{left.pointer}", f"{stem}.json#{left.pointer}", left)
    parameters: list[Schema] = []
    for index, each in enumerate(endpoint.parameters):
        built = one(each)
        parameters.append(openapi.parameter(each, built.schema))
        for left in built.rules:
            leave(f"{name}.parameters#{each.row.name}", f"{place}/parameters/{index}/schema", left)
    for rule in prose_rules.unextracted(name, endpoint, schemas.get(f"{name}.request.json", {}), place, page):
        rules.setdefault(rule.id, rule)
    parameters.extend(openapi.undeclared(endpoint.path, parameters))
    unextracted = tuple(rules.values())
    made = openapi.operation(name, endpoint, evidence(pages, endpoint.section), unextracted, parameters)
    return Operation(name, tuple(pages), endpoint, made, schemas, unextracted)


def evidence(pages: Documentation, section: str) -> dict[str, Json]:
    """The page and section that document something; `also` names further pages that document the same endpoint."""
    labels = list(dict.fromkeys(page.label for page, _ in pages))
    also = {"also": labels[1:]} if labels[1:] else {}
    return {"kind": "documented", "page": labels[0], "section": section, **also}


def _framed(stem: str, built: Built, origin: Schema) -> Schema:
    head = {"$schema": DIALECT, "$id": f"{stem}.json", "title": stem.replace(".", " "), EVIDENCE: origin}
    return {**head, **built.schema}


def coverage(operation: Operation, tables: Sequence[_Tables]) -> Iterator[TableCoverage]:
    """One for each table of each page. A row counts as emitted if its place exists in the emitted schema."""
    for page, described, parameters in tables:
        for stem, body, built in described:
            places = dict(built.places)
            schema = operation.schemas[f"{stem}.json"]
            kept = places.keys() - set(built.unread)
            lost = tuple(row.line for row in body.rows if row not in kept or follow(schema, places[row]) is None)
            own = set(body.rows)
            rules = tuple(f"{stem}#{left.pointer}:{left.tail}" for left in built.rules if left.row in own)
            yield TableCoverage(page.source, stem, body.line, len(body.rows), lost, rules)
        if parameters:
            table = f"{operation.id}.parameters"
            emitted = {(each["in"], each["name"]) for each in operation.object["parameters"]}
            rows = [(each.location, each.row, built.unread) for each, built in parameters]
            lost = tuple(row.line for where, row, bad in rows if bad or (where, row.name) not in emitted)
            rules = tuple(rule.id for rule in operation.rules if rule.id.startswith(f"{table}#"))
            yield TableCoverage(page.source, table, rows[0][1].line, len(rows), lost, rules)
