"""The report of a check as SARIF 2.1.0 (OASIS), for code scanning."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mockserver.check.findings import Finding, Report
from mockserver.check.text import described, place_of
from mockserver.support.sarif import document, fingerprints, location, rule

HELP = "Each result names the place and the value; its evidence is the vendor's page."


def sarif_report(report: Report) -> Iterator[str]:
    """One run: a rule per keyword or named rule, a result per finding, a notification per unreadable file."""
    rules = sorted({finding.violation.rule for finding in report.findings})
    notifications = [
        {
            "level": "error",
            "message": {"text": problem.detail},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri_of(problem.file)}}}],
        }
        for problem in report.unreadable
    ]
    yield document(
        "mockserver check",
        [rule(name, f"The contract's rule {name} is kept.", HELP) for name in rules],
        [_result(finding, rules.index(finding.violation.rule)) for finding in report.findings],
        {"executionSuccessful": not report.unreadable, "toolExecutionNotifications": notifications},
    )


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    exchange, side, violation = finding.exchange, finding.side, finding.violation
    place = f"{exchange.place}/{side}/{place_of(violation).lstrip('/')}"
    text = f"{exchange.operation} {side}, {place_of(violation)}: {described(violation)}"
    identity = f"{exchange.operation}|{side}|{exchange.place}|{violation.pointer}|{violation.rule}"
    return {
        "ruleId": violation.rule,
        "ruleIndex": rule_index,
        "level": "error" if finding.level == "violation" else "warning",
        "message": {"text": text},
        "locations": [location(uri_of(exchange.file), exchange.line or 1, place, "member")],
        "partialFingerprints": fingerprints(identity),
        "properties": {
            "vendor": exchange.vendor,
            "evidence": f"{violation.evidence.kind}: {violation.evidence.source}",
            **({"fix": finding.fix} if finding.fix else {}),
        },
    }


def uri_of(file: Path) -> str:
    """The URI of a file, relative where its path is."""
    return file.as_uri() if file.is_absolute() else quote(file.as_posix(), errors="surrogateescape")
