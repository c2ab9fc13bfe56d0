"""The report of a check as JUnit XML: a suite per file, in it a case per operation and side."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from mockserver.check.findings import Finding, Report
from mockserver.check.text import described, place_of

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def junit_report(report: Report) -> Iterator[str]:
    """One document: operations that broke nothing pass, files that could not be read are errors."""
    root = ET.Element("testsuites", name="mockserver check")
    by_file: defaultdict[Path, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_file[finding.exchange.file].append(finding)
    problems = {problem.file: problem for problem in report.unreadable}
    for file in dict.fromkeys([*report.files, *problems]):
        suite = ET.SubElement(root, "testsuite", name=clean(str(file)), time="0")
        for (vendor, operation, side), findings in _cases(by_file[file], report).items():
            case = add_case(suite, f"{vendor}.{operation}", f"{side}s")
            wrong = [each for each in findings if each.level == "violation" or report.strict]
            if wrong:
                failure = ET.SubElement(case, "failure", message=_line(wrong[0]), type=clean(wrong[0].violation.rule))
                failure.text = "\n".join(map(_line, wrong))
            if warned := [each for each in findings if each not in wrong]:
                ET.SubElement(case, "system-out").text = "\n".join(f"warning: {_line(each)}" for each in warned)
        if file in problems:
            case = add_case(suite, "recording", "readable")
            ET.SubElement(case, "error", message=clean(str(problems[file])), type="unreadable")
        elif not len(suite):
            add_case(suite, "recording", "readable")
        set_counts(suite)
    set_counts(root)
    ET.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ET.tostring(root, encoding="unicode")


def _cases(findings: list[Finding], report: Report) -> dict[tuple[str, str, str], list[Finding]]:
    """The findings of a file by operation and side; with a single file, also the operations without findings."""
    cases: dict[tuple[str, str, str], list[Finding]] = {}
    if len(report.files) == 1:
        cases = {(*operation, side): [] for operation in sorted(report.operations) for side in report.sides}
    for finding in findings:
        exchange = finding.exchange
        cases.setdefault((exchange.vendor, exchange.operation, finding.side), []).append(finding)
    return cases


def add_case(suite: ET.Element, group: str, name: str) -> ET.Element:
    """A new case of a suite."""
    return ET.SubElement(suite, "testcase", classname=clean(group), name=name, time="0")


def set_counts(holder: ET.Element) -> None:
    """Sets the counts of a suite, or of all."""
    for name, tag in {"tests": "testcase", "failures": "failure", "errors": "error"}.items():
        holder.set(name, str(sum(1 for _ in holder.iter(tag))))


def _line(finding: Finding) -> str:
    violation = finding.violation
    text = f"{finding.exchange.place}: {place_of(violation)}: {violation.rule}: {described(violation)}"
    return clean(f"{text} [{violation.evidence.kind}: {violation.evidence.source}]")


def clean(text: str) -> str:
    """A text that XML can hold."""
    return NOT_XML.sub("\ufffd", text)
