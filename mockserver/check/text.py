"""The report of a check as people read it: the findings by exchange, a table of operations, and a summary."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mockserver.check.findings import Finding, JudgedExchange, Report
from mockserver.model import Violation
from mockserver.support.tables import table
from mockserver.support.timestamps import iso

MAX_NAMES = 10
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
COLUMNS = ("VENDOR", "OPERATION", "EXCHANGES", "BAD REQUESTS", "BAD RESPONSES", "WARNINGS")


def text_report(report: Report) -> Iterator[str]:
    """The report, line by line; control characters, which a terminal would obey, are escaped."""
    return (CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", line) for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for exchange, findings in groupby(report.findings, key=lambda finding: finding.exchange):
        yield f"{exchange.file}: {exchange.place}: {_summed_up(exchange)}"
        yield from table([_cells(finding) for finding in findings], "  ")
        yield ""
    if report.left_out:
        yield f"… and {report.left_out} more that are counted below"
        yield ""
    if report.operations:
        yield from table(_operations(report))
        yield ""
    yield from _summary(report)


def name_of(file: Path) -> str:
    """A file's name as text that can be written, whatever bytes it has."""
    return str(file).encode("utf-8", "replace").decode()


def described(violation: Violation) -> str:
    """A violation's message, with the value that was found."""
    return violation.message if violation.value is None else f"{violation.message}; found {violation.value}"


def place_of(violation: Violation) -> str:
    """Where a violation is: a JSON Pointer into the body, a header or a parameter, or the whole."""
    return violation.pointer or violation.parameter or "-"


def _summed_up(exchange: JudgedExchange) -> str:
    status = f" → {exchange.status}" if exchange.status is not None else ""
    when = f" at {iso(exchange.time)}" if exchange.time is not None else ""
    return f"{exchange.vendor} {exchange.operation}: {exchange.method} {exchange.url}{status}{when}"


def _cells(finding: Finding) -> tuple[str, ...]:
    violation, evidence = finding.violation, finding.violation.evidence
    level = "" if finding.level == "violation" else " (warning)"
    return (
        finding.side + level,
        place_of(violation),
        violation.rule,
        f"{described(violation)} [{evidence.kind}: {evidence.source}]",
    )


def _operations(report: Report) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [COLUMNS]
    for (vendor, name), counted in sorted(report.operations.items()):
        requests = str(counted.requests_violated) if "request" in report.sides else "-"
        responses = str(counted.responses_violated) if "response" in report.sides else "-"
        rows.append((vendor, name, str(counted.exchanges), requests, responses, str(counted.warnings)))
    return rows


def _summary(report: Report) -> Iterator[str]:
    files = f"{_counted(report.exchanges, 'exchange')} in {_counted(len(report.files), 'file')}"
    counts = f"{_counted(report.violations, 'violation')}, {_counted(report.warnings, 'warning')}"
    yield f"{files}, {report.judged} judged by the profile {report.profile}: {counts}"
    yield from _names("of unknown hosts", report.unknown_hosts)
    yield from _names("to endpoints that no contract documents", report.unknown_paths)
    for what, number in sorted(report.not_judged.items()):
        yield f"not judged: {number} {what}"
    if report.untimed:
        yield f"without a time: {_counted(report.untimed, 'request')}; rules about time were not applied"
    if report.passed_over:
        yield f"skipped: {_counted(report.passed_over, 'file')} without a recording"
    if not report.judged:
        hint = "--host HOST=VENDOR names the vendor of a host"
        yield f"nothing was judged: no exchange calls a documented endpoint ({hint})"


def _names(what: str, counter: Counter[str]) -> Iterator[str]:
    if counter:
        shown = [f"{name} ({number})" for name, number in counter.most_common(MAX_NAMES)]
        more = [f"{len(counter) - MAX_NAMES} more"] if len(counter) > MAX_NAMES else []
        yield f"not judged: {counter.total()} {what}: {', '.join(shown + more)}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
