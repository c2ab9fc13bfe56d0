"""The report of a check as JUnit XML: a suite per file, in it a case per operation and side."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from mockserver.check.findings import Finding, Report
from mockserver.check.text import described, place_of
from mockserver.support.junit import add_case, add_suite, clean, document, suites


def junit_report(report: Report) -> Iterator[str]:
    """One document: operations that broke nothing pass, files that could not be read are errors."""
    root = suites("mockserver check")
    by_file: defaultdict[Path, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_file[finding.exchange.file].append(finding)
    problems = {problem.file: problem for problem in report.unreadable}
    for file in dict.fromkeys([*report.files, *problems]):
        of_file = add_suite(root, str(file))
        for (vendor, operation, side), findings in _cases(by_file[file], report).items():
            of_side = add_case(of_file, f"{vendor}.{operation}", f"{side}s")
            wrong = [each for each in findings if each.level == "violation" or report.strict]
            if wrong:
                failure = ET.SubElement(
                    of_side, "failure", message=_line(wrong[0]), type=clean(wrong[0].violation.rule)
                )
                failure.text = "\n".join(map(_line, wrong))
            if warned := [each for each in findings if each not in wrong]:
                ET.SubElement(of_side, "system-out").text = "\n".join(f"warning: {_line(each)}" for each in warned)
        if file in problems:
            readable = add_case(of_file, "recording", "readable")
            ET.SubElement(readable, "error", message=clean(str(problems[file])), type="unreadable")
        elif not len(of_file):
            add_case(of_file, "recording", "readable")
    yield from document(root)


def _cases(findings: list[Finding], report: Report) -> dict[tuple[str, str, str], list[Finding]]:
    """The findings of a file by operation and side; with a single file, also the operations without findings."""
    cases: dict[tuple[str, str, str], list[Finding]] = {}
    if len(report.files) == 1:
        cases = {(*operation, side): [] for operation in sorted(report.operations) for side in report.sides}
    for finding in findings:
        exchange = finding.exchange
        cases.setdefault((exchange.vendor, exchange.operation, finding.side), []).append(finding)
    return cases


def _line(finding: Finding) -> str:
    violation = finding.violation
    text = f"{finding.exchange.place}: {place_of(violation)}: {violation.rule}: {described(violation)}"
    return clean(f"{text} [{violation.evidence.kind}: {violation.evidence.source}]")
