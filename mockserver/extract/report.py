"""The text and the JSON that the command prints."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mockserver.extract.kept import Call
from mockserver.extract.model import Contract, Finding, TableCoverage
from mockserver.support.jsontext import indented


def summary(
    contract: Contract, covered: set[str], written: int, removed: Sequence[Path], taken: Sequence[Call] = ()
) -> Iterator[str]:
    """Rows read, emitted and left over for each table of each page, what was not read, then each rule that is no
    keyword. `taken` are the operations that an earlier contract describes and the pages no longer do."""
    yield f"{contract.vendor}: {len(contract.operations)} operations, {written} files"
    yield from (f"  removed {path}" for path in removed)
    yield from (f"  kept from the earlier contract: {method.upper()} {path}" for path, method in taken)
    for page in dict.fromkeys(table.page for table in contract.coverage):
        yield f"  {page}"
        yield from (f"    {_table(table)}" for table in contract.coverage if table.page == page)
    read = sum(table.read for table in contract.coverage)
    lost = sum(len(table.lost) for table in contract.coverage)
    yield f"  total: rows read {read}, emitted {read - lost}, lost {lost}"
    yield from (f"  not read: {left}" for left in contract.unread)
    rules = {rule.id: rule for rule in contract.rules}
    yield f"  unextracted rules: {len(rules.keys() & covered)} covered, {len(rules.keys() - covered)} open"
    for name, rule in rules.items():
        yield f"    {'covered' if name in covered else 'open':7}  {name}  ({rule.page}:{rule.line})"
    yield from (f"    x-covers names no rule of the pages: {unknown}" for unknown in sorted(covered - rules.keys()))


def _table(table: TableCoverage) -> str:
    lost = f"  LOST lines {', '.join(map(str, table.lost))}" if table.lost else ""
    counts = f"read {table.read:3}  emitted {table.emitted:3}  unextracted {len(table.rules):2}"
    return f"{table.line:5}  {table.table:45}  {counts}{lost}"


def linted(found: Sequence[Finding], form: str) -> str:
    """The findings, one a line, or as JSON."""
    if form == "json":
        return indented({"findings": [each._asdict() for each in found]}).rstrip()
    return "\n".join([*map(str, found), f"{len(found)} findings" if found else "no findings"])
