"""A scorecard as people read it: the scenarios, a line for each rule, and what to change."""

import re
from collections.abc import Iterator

from mockserver.conduct.reports.scorecard import (
    Case,
    Kind,
    RuleLine,
    Scorecard,
    Standing,
    counted,
    evidence_of,
    kinds_of,
    listed,
    standing_of,
)
from mockserver.support.tables import table

CASES = ("SCENARIO", "CLIENT", "FAULTS", "REQUESTS", "EVENTS", "VERDICT")
RULES = ("RULE", "VERDICT", "")
MAX_REQUESTS = 5
MAX_WORDS = 90
"""Characters of what is said of a rule in its line."""
WORDS: dict[Standing, str] = {"broken": "BROKEN", "advisory": "ADVISORY"}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def text_report(scorecard: Scorecard, *, verbose: bool = False) -> Iterator[str]:
    """The lines of a scorecard. The output of a client is shown where it broke a rule, sent nothing or was ended, with
    `verbose` everywhere."""
    yield scorecard.title
    if any(case.client for case in scorecard.cases):
        yield ""
        yield from table([CASES, *map(_case_row, scorecard.cases)])
    lines = scorecard.rules
    yield ""
    yield from table([RULES, *map(_rule_row, lines)])
    for line in lines:
        for kind in kinds_of(line):
            yield from ("", *_finding(line, kind))
    for case in scorecard.cases:
        if case.client and case.client.output and (verbose or _explains(case)):
            yield from ("", f"output of the client in {case.name}, {case.client.words}", *_indented(case.client.output))
    for note in scorecard.notes:
        yield from ("", note)
    yield from ("", summary(scorecard))


def summary(scorecard: Scorecard) -> str:
    """The last line: how many rules stand how."""
    if scorecard.empty:
        return "nothing to judge: no request came"
    counts = ", ".join(f"{count} {standing}" for standing, count in scorecard.counts.items())
    total = f"{len(scorecard.rules)} rules: {counts}"
    return f"interrupted; so far {total}" if scorecard.interrupted else total


def verdict_of(case: Case) -> str:
    """The rules that speak against the client in one case."""
    said = []
    for standing in ("broken", "advisory"):
        rules = [each["rule"] for each in case.verdict["results"] if standing_of(each) == standing]
        said += [f"{WORDS[standing]} {', '.join(rules)}"] if rules else []
    if case.client is not None and not case.requests:
        return "no request came"
    if not said and any(fault.unfired for fault in case.faults):
        return "not exercised"
    return "; ".join(said) or "ok"


def _explains(case: Case) -> bool:
    """Whether the output of a client is worth reading: an exit code says little, as some events cannot arrive."""
    client = case.client
    died = client is not None and (client.timed_out or (client.exit_code or 0) < 0)
    return died or not case.requests or any(finding["level"] == "violation" for finding in case.findings)


def _case_row(case: Case) -> tuple[str, ...]:
    client = case.client.words if case.client else "-"
    return case.name, client, case.fired, str(case.requests), case.totals, verdict_of(case)


def _rule_row(line: RuleLine) -> tuple[str, ...]:
    return line.rule, WORDS.get(line.standing, line.standing), cut(said_of(line))


def said_of(line: RuleLine) -> str:
    """What to say of a rule in a line: of its worst finding what was seen, else where it was exercised."""
    where = listed(line.cases)
    if line.worst is not None:
        return f"{where}: {line.worst['seen']}"
    if line.standing == "not exercised":
        return line.note
    return f"{where}: {line.note}" if line.note else where


def cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"


def _finding(line: RuleLine, kind: Kind) -> Iterator[str]:
    """One kind of finding: what was seen and due, in which requests, why it matters, and what to change."""
    finding = kind.finding
    level = "BROKEN" if finding["level"] == "violation" else "ADVISORY"
    often = f", {counted(kind.number, 'time')}" if kind.number > 1 else ""
    yield f"{level} {line.rule} in {listed(kind.cases)}{often} ({finding['operation']})"
    yield f"  seen      {finding['seen']}"
    yield f"  due       {finding['due']}"
    if finding["requests"]:
        yield f"  requests  {listed(finding['requests'], MAX_REQUESTS)}"
    yield f"  why       {finding['why']}"
    yield f"  evidence  {evidence_of(finding)}"
    yield f"  fix       {finding['fix']}"


def _indented(output: str) -> Iterator[str]:
    yield from (f"  {CONTROL.sub('�', line)}" for line in output.splitlines())
