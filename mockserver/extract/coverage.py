"""Coverage: how many rows of every table of every page were read, and how many are in the contract."""

from collections.abc import Iterator

from mockserver.extract.model import Endpoint, Operation, Page, TableCoverage
from mockserver.extract.schema import build, documented
from mockserver.support.pointers import follow


def coverage(operation: Operation) -> Iterator[TableCoverage]:
    """One for each table. A row counts as emitted if its place exists in the emitted schema."""
    for page, endpoint in operation.pages:
        for stem, body in documented(operation.id, endpoint):
            built = build(page.source, body)
            places = dict(built.places)
            schema = operation.schemas[f"{stem}.json"]
            lost = tuple(row.line for row in body.rows if row not in places or follow(schema, places[row]) is None)
            rows = set(body.rows)
            rules = tuple(f"{stem}#{left.pointer}:{left.tail}" for left in built.rules if left.row in rows)
            yield TableCoverage(page.source, stem, body.line, len(body.rows), lost, rules)
        if endpoint.parameters:
            yield _parameters(operation, page, endpoint)


def _parameters(operation: Operation, page: Page, endpoint: Endpoint) -> TableCoverage:
    table = f"{operation.id}.parameters"
    emitted = {(each["in"], each["name"]) for each in operation.object.get("parameters", ())}
    rows = [(each.location, each.row) for each in endpoint.parameters]
    lost = tuple(row.line for location, row in rows if (location, row.name) not in emitted)
    rules = tuple(rule.id for rule in operation.rules if rule.id.startswith(f"{table}#"))
    return TableCoverage(page.source, table, rows[0][1].line, len(rows), lost, rules)
