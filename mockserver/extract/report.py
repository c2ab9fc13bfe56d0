"""The text and the JSON that the command prints."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mockserver.extract.compare import Difference
from mockserver.extract.model import Contract, Finding, TableCoverage
from mockserver.support.jsontext import indented


def summary(contract: Contract, covered: set[str], written: int, removed: Sequence[Path]) -> Iterator[str]:
    """Rows read, emitted and left over for each table of each page, then each rule that is no keyword."""
    yield f"{contract.vendor}: {len(contract.operations)} operations, {written} files"
    for path in removed:
        yield f"  removed {path}"
    for page in dict.fromkeys(table.page for table in contract.coverage):
        yield f"  {page}"
        for table in contract.coverage:
            if table.page == page:
                yield f"    {_table(table)}"
    yield f"  total: {_totals(contract.coverage)}"
    yield from _rules(contract, covered)


def _table(table: TableCoverage) -> str:
    lost = f"  LOST lines {', '.join(map(str, table.lost))}" if table.lost else ""
    counts = f"read {table.read:3}  emitted {table.emitted:3}  unextracted {len(table.rules):2}"
    return f"{table.line:5}  {table.table:45}  {counts}{lost}"


def _totals(coverage: Sequence[TableCoverage]) -> str:
    read, emitted = sum(each.read for each in coverage), sum(each.emitted for each in coverage)
    return f"rows read {read}, emitted {emitted}, lost {read - emitted}"


def _rules(contract: Contract, covered: set[str]) -> Iterator[str]:
    open_rules = sum(rule.id not in covered for rule in contract.rules)
    yield f"  unextracted rules: {len(contract.rules) - open_rules} covered, {open_rules} open"
    for rule in contract.rules:
        yield f"    {'covered' if rule.id in covered else 'open':7}  {rule.id}  ({rule.page}:{rule.line})"
    for unknown in sorted(covered - {rule.id for rule in contract.rules}):
        yield f"    x-covers names no rule of the pages: {unknown}"


def checked(found: Mapping[str, Sequence[Difference]], skipped: Mapping[str, Sequence[str]], form: str) -> str:
    """The differences of each vendor, those that break clients first."""
    every = [(vendor, each) for vendor, some in found.items() for each in some]
    breaking = sum(each.breaking for _, each in every)
    if form == "json":
        items = [
            {
                "class": "breaking" if each.breaking else "compatible",
                "vendor": vendor,
                "place": each.place,
                "message": each.message,
            }
            for vendor, each in every
        ]
        left = {vendor: list(names) for vendor, names in skipped.items() if names}
        return indented({"differences": items, "breaking": breaking, "not_compared": left}).rstrip()
    lines = [f"{vendor}  {each}" for vendor, each in every]
    for vendor, names in skipped.items():
        lines += [f"{vendor}  not compared, since not every page that documents it was given: {name}" for name in names]
    lines.append(f"{len(every)} differences, {breaking} breaking" if every else "no difference")
    return "\n".join(lines)


def linted(found: Sequence[Finding], form: str) -> str:
    """The findings, one a line, or as JSON."""
    if form == "json":
        return indented({"findings": [each._asdict() for each in found]}).rstrip()
    return "\n".join([*map(str, found), f"{len(found)} findings" if found else "no findings"])
