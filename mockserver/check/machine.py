"""The report of a check for machines: JSON, and the commands with which GitHub annotates files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mockserver import __version__
from mockserver.check.findings import Finding, Report
from mockserver.check.text import described, name_of, place_of
from mockserver.support.jsontext import dump
from mockserver.support.timestamps import iso


def json_report(report: Report) -> Iterator[str]:
    """One JSON object: `summary`, `operations`, `findings`, `unknown`, `files` and `unreadable`."""
    yield dump(
        {
            "version": __version__,
            "profile": report.profile,
            "summary": {
                "exchanges": report.exchanges,
                "judged": report.judged,
                "violations": report.violations,
                "warnings": report.warnings,
                "findings_left_out": report.left_out,
                "without_time": report.untimed,
                "not_judged": dict(report.not_judged),
                "files_passed_over": report.passed_over,
            },
            "operations": [
                {"vendor": vendor, "operation": name, **asdict(counted)}
                for (vendor, name), counted in sorted(report.operations.items())
            ],
            "findings": [finding_view(finding) for finding in report.findings],
            "unknown": {"hosts": _counts(report.unknown_hosts), "paths": _counts(report.unknown_paths)},
            "files": [{"file": name_of(file), "exchanges": number} for file, number in report.files.items()],
            "unreadable": [
                {"file": name_of(problem.file), "place": problem.place, "problem": problem.problem}
                for problem in report.unreadable
            ],
        }
    ).decode("utf-8", "replace")


def finding_view(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; members that do not apply are null."""
    exchange, violation = finding.exchange, finding.violation
    return {
        **exchange._asdict(),
        "file": name_of(exchange.file),
        "time": iso(exchange.time) if exchange.time is not None else None,
        "side": finding.side,
        "level": finding.level,
        **{name: getattr(violation, name) for name in ("pointer", "parameter", "rule", "message", "value")},
        "evidence": violation.evidence._asdict(),
        "fix": finding.fix,
        "remedy": finding.fix,  # the former name, for one version
    }


def github_report(report: Report) -> Iterator[str]:
    """One workflow command for each finding and unreadable file, and one with the counts."""
    for problem in report.unreadable:
        message = data_text(problem.detail)
        yield f"::error file={property_text(name_of(problem.file))},title=unreadable::{message}"
    for finding in report.findings:
        exchange, violation = finding.exchange, finding.violation
        command = "error" if finding.level == "violation" or report.strict else "warning"
        properties = [f"file={property_text(name_of(exchange.file))}"]
        properties += [f"line={exchange.line}"] if exchange.line is not None else []
        properties += [f"title={property_text(f'{exchange.operation} {finding.side}: {violation.rule}')}"]
        text = f"{exchange.place}: {finding.side} {place_of(violation)}: {described(violation)}"
        yield f"::{command} {','.join(properties)}::{data_text(text)}"
    left_out = f" ({report.left_out} not shown)" if report.left_out else ""
    unknown = report.unknown_hosts.total() + report.unknown_paths.total()
    counts = f"{report.exchanges} exchanges, {report.judged} judged, {unknown} to unknown hosts and paths"
    found = f"{report.violations} violations, {report.warnings} warnings{left_out}"
    yield f"::notice title=mockserver check::{counts}: {found}"


def _counts(counter: Counter[str]) -> list[dict[str, Any]]:
    return [{"name": name, "count": number} for name, number in counter.most_common()]


def data_text(text: str) -> str:
    """A text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """A text as the value of a property of a workflow command."""
    return data_text(text).replace(":", "%3A").replace(",", "%2C")
