"""The report of how contracts and pages differ: as text, JSON, JUnit XML, SARIF, annotations on GitHub, Markdown."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from mockserver import __version__
from mockserver.check.machine import data_text, property_text
from mockserver.check.sarif import uri_of
from mockserver.extract.drift import Change, Drift
from mockserver.support.jsontext import dump, indented
from mockserver.support.junit import add_case, clean, set_counts
from mockserver.support.sarif import SCHEMA

SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def text_report(drift: Drift) -> Iterator[str]:
    """A line for each difference, those that break clients first, then what was not compared or not read."""
    for change in drift.changes:
        approved = "" if change.approved is None else f"  (approved: {change.approved})"
        yield f"{change.vendor}  {change.difference}{approved}"
    for vendor, names in drift.not_compared.items():
        yield from (
            f"{vendor}  not compared, since not every page that documents it was given: {name}" for name in names
        )
    yield from (f"not read: {unread}" for unread in drift.unread)
    yield from (f"suspect: {line}" for line in drift.suspects)
    yield from (f"impact: {each}" for each in drift.impact)
    yield from (f"approval {fingerprint} is no longer needed" for fingerprint in drift.unused)
    settled = len(drift.changes) - len(drift.open)
    counts = f"{len(drift.changes)} differences, {drift.breaking} breaking"
    if drift.changes:
        yield f"{counts}, {settled} approved" if settled else counts
    else:
        yield "no difference"


def json_report(drift: Drift) -> Iterator[str]:
    """One JSON object: `differences`, `breaking`, and what was not compared, not read or is suspect."""
    yield indented(
        {
            "differences": [_view(change) for change in drift.changes],
            "breaking": drift.breaking,
            "not_compared": {vendor: list(names) for vendor, names in drift.not_compared.items()},
            "suspect": list(drift.suspects),
            "impact": [each._asdict() for each in drift.impact],
            "not_read": [left._asdict() for left in drift.unread],
            "unused_approvals": list(drift.unused),
        }
    ).rstrip()


def _view(change: Change) -> dict[str, Any]:
    difference = change.difference
    return {
        "class": difference.severity,
        "level": difference.level,
        "rule": difference.rule,
        "vendor": change.vendor,
        "place": difference.place,
        "message": difference.message,
        "fingerprint": change.fingerprint,
        "file": change.file,
        "line": change.line,
        "approved": change.approved,
    }


def junit_report(drift: Drift) -> Iterator[str]:
    """A suite per vendor, in it a case per difference: those that break clients and are not approved fail."""
    root = ET.Element("testsuites", name="mockserver extract")
    for vendor in dict.fromkeys([*(change.vendor for change in drift.changes), *drift.not_compared]):
        suite = ET.SubElement(root, "testsuite", name=clean(vendor), time="0")
        for change in (each for each in drift.changes if each.vendor == vendor):
            difference = change.difference
            case = add_case(suite, f"{vendor}.{difference.rule}", clean(f"{difference.place}: {difference.message}"))
            if difference.breaking and change.approved is None:
                failure = ET.SubElement(case, "failure", message=clean(difference.message), type=difference.rule)
                failure.text = clean(f"{change.file}:{change.line}: {difference}")
        set_counts(suite)
    if drift.suspects or not len(root):
        suite = ET.SubElement(root, "testsuite", name="pages", time="0")
        case = add_case(suite, "pages", "are read as they stand")
        if drift.suspects:
            ET.SubElement(case, "error", message=clean("; ".join(drift.suspects)), type="suspect")
        set_counts(suite)
    set_counts(root)
    ET.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ET.tostring(root, encoding="unicode")


def sarif_report(drift: Drift) -> Iterator[str]:
    """One run: a rule per id, a result per difference, suppressed where it is approved."""
    rules = sorted({change.difference.rule for change in drift.changes})
    notifications = [{"level": "error", "message": {"text": line}} for line in drift.suspects]
    run = {
        "tool": {"driver": {"name": "mockserver extract", "version": __version__, "rules": list(map(_rule, rules))}},
        "invocations": [{"executionSuccessful": not drift.suspects, "toolExecutionNotifications": notifications}],
        "results": [_result(change, rules.index(change.difference.rule)) for change in drift.changes],
        "columnKind": "unicodeCodePoints",
    }
    yield dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).decode("utf-8", "replace")


def _rule(rule: str) -> dict[str, Any]:
    said = {"text": f"The documentation and the contract agree ({rule})."}
    return {"id": rule, "shortDescription": said, "fullDescription": said, "help": said}


def _result(change: Change, rule_index: int) -> dict[str, Any]:
    difference = change.difference
    location = {
        "artifactLocation": {"uri": uri_of(Path(change.file))},
        "region": {"startLine": change.line, "startColumn": 1},
    }
    place = {"fullyQualifiedName": f"{change.vendor}/{difference.place}", "kind": "member"}
    result: dict[str, Any] = {
        "ruleId": difference.rule,
        "ruleIndex": rule_index,
        "level": SARIF_LEVELS[difference.level],
        "message": {"text": f"{change.vendor} {difference.place}: {difference.message}"},
        "locations": [{"physicalLocation": location, "logicalLocations": [place]}],
        "partialFingerprints": {"primaryLocationLineHash": f"{change.fingerprint}:1"},
    }
    if change.approved is not None:
        result["suppressions"] = [{"kind": "external", "justification": change.approved}]
    return result


def github_report(drift: Drift) -> Iterator[str]:
    """A workflow command for each difference that is not approved and each suspect page, and one with the counts."""
    for change in drift.open:
        difference = change.difference
        where = f"file={property_text(change.file)},line={change.line},title={property_text(difference.rule)}"
        text = f"{change.vendor} {difference.place}: {difference.message}"
        yield f"::{COMMANDS[difference.level]} {where}::{data_text(text)}"
    yield from (f"::warning title=impact::{data_text(str(each))}" for each in drift.impact)
    yield from (f"::error title=suspect::{data_text(line)}" for line in drift.suspects)
    approved = len(drift.changes) - len(drift.open)
    counts = f"{len(drift.open)} differences, {drift.breaking} breaking, {approved} approved"
    yield f"::notice title=mockserver extract::{counts}"


def markdown_report(drift: Drift) -> Iterator[str]:
    """A table of the differences, for a pull request or a step summary."""
    yield f"**{len(drift.open)} differences, {drift.breaking} breaking**"
    yield ""
    if drift.changes:
        yield from ("| level | vendor | place | change | rule | fingerprint |", "|---|---|---|---|---|---|")
    for change in drift.changes:
        difference = change.difference
        level = difference.severity if change.approved is None else f"approved: {change.approved}"
        cells = (level, change.vendor, difference.place, difference.message, difference.rule, change.fingerprint)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"
    yield from (f"- {line}" for line in (*drift.suspects, *map(str, (*drift.impact, *drift.unread))))


REPORTS: dict[str, Callable[[Drift], Iterator[str]]] = {
    "text": text_report,
    "json": json_report,
    "junit": junit_report,
    "sarif": sarif_report,
    "github": github_report,
    "markdown": markdown_report,
}
