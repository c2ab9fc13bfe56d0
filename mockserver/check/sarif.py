"""The report of a check as SARIF 2.1.0 (OASIS), for code scanning."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mockserver import __version__
from mockserver.check.findings import Finding, Report
from mockserver.check.text import described, place_of
from mockserver.support.jsontext import dump

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


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
    run = {
        "tool": {"driver": {"name": "mockserver check", "version": __version__, "rules": list(map(_rule, rules))}},
        "invocations": [{"executionSuccessful": not report.unreadable, "toolExecutionNotifications": notifications}],
        "results": [_result(finding, rules.index(finding.violation.rule)) for finding in report.findings],
        "columnKind": "unicodeCodePoints",
    }
    yield dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).decode("utf-8", "replace")


def _rule(rule: str) -> dict[str, Any]:
    """A rule with all the texts that code scanning requires."""
    said = {"text": f"The contract's rule {rule} is kept."}
    help_text = "Each result names the place and the value; its evidence is the vendor's page."
    return {"id": rule, "shortDescription": said, "fullDescription": said, "help": {"text": help_text}}


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    exchange, side, violation = finding.exchange, finding.side, finding.violation
    place = f"{exchange.place}/{side}/{place_of(violation).lstrip('/')}"
    text = f"{exchange.operation} {side}, {place_of(violation)}: {described(violation)}"
    identity = f"{exchange.operation}|{side}|{exchange.place}|{violation.pointer}|{violation.rule}"
    digest = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
    location = {
        "artifactLocation": {"uri": uri_of(exchange.file)},
        "region": {"startLine": exchange.line or 1, "startColumn": 1},  # code scanning requires both
    }
    return {
        "ruleId": violation.rule,
        "ruleIndex": rule_index,
        "level": "error" if finding.level == "violation" else "warning",
        "message": {"text": text},
        "locations": [
            {"physicalLocation": location, "logicalLocations": [{"fullyQualifiedName": place, "kind": "member"}]}
        ],
        # code scanning reads no other name, and without it hashes the line: a HAR file may be a single line
        # its form is theirs: 16 hex digits, and the number among equal ones
        "partialFingerprints": {"primaryLocationLineHash": f"{digest[:16]}:1"},
        "properties": {
            "vendor": exchange.vendor,
            "evidence": f"{violation.evidence.kind}: {violation.evidence.source}",
            **({"fix": finding.fix} if finding.fix else {}),
        },
    }


def uri_of(file: Path) -> str:
    """The URI by which SARIF names a file."""
    return file.as_uri() if file.is_absolute() else quote(file.as_posix(), errors="surrogateescape")
