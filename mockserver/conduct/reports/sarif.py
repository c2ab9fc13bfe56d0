"""A scorecard as SARIF 2.1.0 (OASIS), for code scanning."""

from typing import Any

from mockserver.conduct.reports.scorecard import Case, FindingView, Scorecard, evidence_of
from mockserver.support.sarif import document, fingerprints, location, rule

HELP = "Each result says what was seen and what was due, why it matters, on what evidence, and what to change."


def sarif_report(scorecard: Scorecard, uri: str) -> str:
    """One run: a rule of conduct each, a result for each finding. Results are about the client, not about a line:
    `uri` is the file that stands for it."""
    rules = [line.rule for line in scorecard.rules]
    notifications = [{"level": "warning", "message": {"text": note}} for note in scorecard.notes]
    results = [
        _result(case, finding, rules, uri, strict=scorecard.strict)
        for case in scorecard.cases
        for finding in case.findings
    ]
    return document(
        "mockserver conduct",
        [rule(name, f"The client keeps the rule {name} of conduct.", HELP) for name in rules],
        results,
        {"executionSuccessful": not scorecard.interrupted, "toolExecutionNotifications": notifications},
    )


def _result(case: Case, finding: FindingView, rules: list[str], uri: str, *, strict: bool) -> dict[str, Any]:
    text = f"{case.name}: {finding['seen']}; due: {finding['due']}. {finding['why']} Fix: {finding['fix']}"
    level = {"violation": "error", "advisory": "error" if strict else "warning"}.get(finding["level"], "note")
    place = f"{case.name}/{finding['operation']}"
    return {
        "ruleId": finding["rule"],
        "ruleIndex": rules.index(finding["rule"]),
        "level": level,
        "message": {"text": text},
        "locations": [location(uri, 1, place, "function")],
        "partialFingerprints": fingerprints(f"{place}|{finding['rule']}|{finding['due']}"),
        "properties": {
            "vendor": finding["vendor"],
            "requests": list(finding["requests"]),
            "evidence": evidence_of(finding),
            "fix": finding["fix"],
        },
    }
