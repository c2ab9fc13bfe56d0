"""A scorecard in each form: what it says of rules that were kept, broken or never exercised."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mockserver.conduct.reports.junit import junit_report
from mockserver.conduct.reports.machine import json_report
from mockserver.conduct.reports.markdown import markdown_report
from mockserver.conduct.reports.sarif import sarif_report
from mockserver.conduct.reports.scorecard import Case, ClientRun, FaultUse, Scorecard
from mockserver.conduct.reports.text import summary, text_report


def finding(rule: str, level: str = "violation", **members: Any) -> dict[str, Any]:
    told = {
        "rule": rule,
        "level": level,
        "requests": ["r1", "r2"],
        "chain": "c1",
        "vendor": "datadog",
        "operation": "CreateEventV1",
        "seen": "sent again after 0.1 s",
        "due": "1 s, told by Retry-After",
        "why": "The vendor says when it can take requests again.",
        "evidence": {"kind": "documented", "source": "RFC 9110", "url": "https://rfc.example/9110"},
        "fix": "Wait for the 1 s.",
        "seen_value": 0.1,
        "due_value": 1.0,
    }
    return {**told, **members}


def result(rule: str, state: str, *findings: dict[str, Any], note: str = "") -> dict[str, Any]:
    exercised = int(state not in ("not exercised", "allowed"))
    return {"rule": rule, "state": state, "exercised": exercised, "findings": list(findings), "note": note}


def verdict(*results: dict[str, Any]) -> dict[str, Any]:
    return {
        "results": list(results),
        "chains": [],
        "ledger": [],
        "totals": {"delivered": 2, "lost": 0},
        "figures": {},
        "incomplete": [],
    }


KEPT = Case(
    "503",
    verdict(result("wait", "kept"), result("jitter", "not exercised"), result("hot", "kept")),
    requests=3,
    client=ClientRun(0, timed_out=False, seconds=2.0, output="all is well"),
    faults=(FaultUse('{"status":503}', 2, 2),),
)
BROKEN = Case(
    "429",
    verdict(
        result("wait", "broken", finding("wait"), finding("wait", seen="sent again after 0.2 s")),
        result("jitter", "not exercised"),
        result("hot", "broken", finding("hot", "advisory", due="at least 0.05 s")),
    ),
    requests=4,
    client=ClientRun(3, timed_out=False, seconds=1.5, output="it <failed> \x1b[31mbadly"),
    faults=(FaultUse('{"status":429}', 1, 2), FaultUse("{}", 0, None)),
)


def card(*cases: Case, **options: Any) -> Scorecard:
    return Scorecard("mockserver conduct: ./client", "datadog", cases, **options)


def text(scorecard: Scorecard, **options: Any) -> str:
    return "\n".join(text_report(scorecard, **options))


def test_a_person_reads_what_was_broken_and_what_to_change() -> None:
    said = text(card(KEPT, BROKEN))
    assert (
        """
SCENARIO  CLIENT  FAULTS            REQUESTS  EVENTS       VERDICT
503       exit 0  fired 2 of 2      3         2 delivered  ok
429       exit 3  fired 1, 1 never  4         2 delivered  BROKEN wait; ADVISORY hot
"""
        in said
    )
    assert (
        """
RULE    VERDICT
wait    BROKEN         429: sent again after 0.1 s
jitter  not exercised
hot     ADVISORY       429: sent again after 0.1 s
"""
        in said
    )
    assert (
        """
BROKEN wait in 429, 2 times (CreateEventV1)
  seen      sent again after 0.1 s
  due       1 s, told by Retry-After
  requests  r1, r2
  why       The vendor says when it can take requests again.
  evidence  documented: RFC 9110 (https://rfc.example/9110)
  fix       Wait for the 1 s.
"""
        in said
    )
    assert said.endswith("\n3 rules: 1 broken, 1 advisory, 1 not exercised")


def test_the_output_of_a_client_is_shown_where_it_failed_or_is_asked_for() -> None:
    said = text(card(KEPT, BROKEN))
    assert "output of the client in 429, exit 3\n  it <failed> �[31mbadly" in said
    assert "all is well" not in said
    assert "all is well" in text(card(KEPT), verbose=True)


@pytest.mark.parametrize(
    ("scorecard", "failed"),
    [
        (card(KEPT), []),
        (card(KEPT, BROKEN), ["wait"]),
        (card(KEPT, BROKEN, strict=True), ["wait", "hot"]),
    ],
)
def test_a_violation_fails_the_run_and_an_advisory_only_with_strict(scorecard: Scorecard, failed: list[str]) -> None:
    assert [line.rule for line in scorecard.failed] == failed


def test_a_rule_stands_as_in_the_worst_case() -> None:
    states = ["not exercised", "allowed", "too few samples", "kept"]
    for number, state in enumerate(states):
        cases = [Case(str(each), verdict(result("cap", states[each]))) for each in range(number + 1)]
        (line,) = card(*cases).rules
        assert (line.standing, line.cases) == (state, (str(number),))


def test_a_run_without_a_request_judges_nothing() -> None:
    idle = Case("429", verdict(result("wait", "not exercised")), client=ClientRun(0, False, 0.1, ""))
    said = text(card(idle))
    assert "no request came" in said
    assert said.endswith("nothing to judge: no request came")
    assert card(idle).empty


def test_an_interrupted_run_says_so() -> None:
    assert summary(card(KEPT, interrupted=True)).startswith("interrupted; so far 3 rules: ")


def test_json_holds_the_verdicts_as_the_control_api_shows_them() -> None:
    document = json.loads(json_report(card(KEPT, BROKEN, notes=("one more",))))
    assert document["summary"] == {"broken": 1, "advisory": 1, "not exercised": 1}
    assert document["failed"] == ["wait"]
    assert [each["verdict"] for each in document["cases"]] == [KEPT.verdict, BROKEN.verdict]
    assert document["cases"][1]["faults"] == [
        {"script": '{"status":429}', "fired": 1, "times": 2},
        {"script": "{}", "fired": 0, "times": None},
    ]
    assert document["notes"] == ["one more"]


@pytest.mark.parametrize(("strict", "failures"), [(False, "1"), (True, "2")])
def test_junit_has_a_suite_for_each_scenario_and_a_case_for_each_rule(strict: bool, failures: str) -> None:
    root = ET.fromstring("\n".join(junit_report(card(KEPT, BROKEN, strict=strict))))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("6", failures, "0")
    cases = {(each.get("classname"), each.get("name")): each for each in root.iter("testcase")}
    assert cases["conduct.503", "jitter"].find("skipped") is not None
    assert len(cases["conduct.503", "wait"]) == 0
    failure = cases["conduct.429", "wait"].find("failure")
    assert failure is not None
    assert failure.get("message") == "sent again after 0.1 s"
    assert len((failure.text or "").splitlines()) == 2


def test_sarif_has_a_result_for_each_finding() -> None:
    (run,) = json.loads(sarif_report(card(KEPT, BROKEN), "client.py"))["runs"]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["wait", "jitter", "hot"]
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("wait", "error"),
        ("wait", "error"),
        ("hot", "warning"),
    ]
    place = run["results"][0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "client.py"}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "429/CreateEventV1"


def test_markdown_is_a_comment_that_no_text_breaks_out_of() -> None:
    nasty = finding("wait", seen="<img> | @team `x`")
    case = BROKEN._replace(verdict=verdict(result("wait", "broken", nasty), result("jitter", "not exercised")))
    said = "\n".join(markdown_report(card(KEPT._replace(verdict=verdict()), case)))
    assert said.startswith("### ❌ mockserver conduct: ./client")
    assert "| `wait` | ❌ broken | 429: &lt;img&gt; &#124; &#64;team `x` |" in said
    assert "<img>" not in said
    assert "@team" not in said
    assert "Not exercised: jitter." in said
    assert "<details><summary>2 scenarios</summary>" in said
