"""A scorecard as JUnit XML: a suite for each scenario, in it a case for each rule."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from mockserver.conduct.reports.scorecard import Case, Scorecard, evidence_of, standing_of
from mockserver.support.junit import add_case, add_suite, clean, document, suites


def junit_report(scorecard: Scorecard) -> Iterator[str]:
    """One document: a rule that was kept passes, one that no request exercised is skipped, and a broken one fails; an
    advisory fails with `strict` only, and is told otherwise."""
    root = suites("mockserver conduct")
    for judged in scorecard.cases:
        holder = add_suite(root, judged.name, judged.client.seconds if judged.client else 0.0)
        if judged.client is not None and not judged.requests:
            ET.SubElement(add_case(holder, f"conduct.{judged.name}", "requests"), "error", message="no request came")
        for result in judged.verdict["results"]:
            _add(add_case(holder, f"conduct.{judged.name}", result["rule"]), result, strict=scorecard.strict)
        _output(holder, judged)
    yield from document(root)


def _add(element: ET.Element, result: Mapping[str, Any], *, strict: bool) -> None:
    standing, findings = standing_of(result), result["findings"]
    if standing == "broken" or (strict and standing == "advisory"):
        failure = ET.SubElement(element, "failure", message=clean(findings[0]["seen"]), type=clean(result["rule"]))
        failure.text = "\n".join(map(_line, findings))
    elif findings:
        ET.SubElement(element, "system-out").text = "\n".join(f"{each['level']}: {_line(each)}" for each in findings)
    elif standing != "kept":
        said = f"{standing}: {result['note']}" if result.get("note") else standing
        ET.SubElement(element, "skipped", message=clean(said))


def _line(finding: Mapping[str, Any]) -> str:
    requests = ", ".join(finding["requests"])
    text = f"{finding['operation']} ({requests}): {finding['seen']}; due: {finding['due']}; fix: {finding['fix']}"
    return clean(f"{text} [{evidence_of(finding)}]")


def _output(holder: ET.Element, judged: Case) -> None:
    faults = [f"fault {each.script}: {each.words}" for each in judged.faults]
    client = [f"client: {judged.client.words}", judged.client.output] if judged.client else []
    ET.SubElement(holder, "system-out").text = clean("\n".join([*faults, *client]))
