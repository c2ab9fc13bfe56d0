"""A scorecard as Markdown, for the comment on a pull request."""

from collections.abc import Iterator

from mockserver.conduct.reports.scorecard import Kind, RuleLine, Scorecard, counted, evidence_of, kinds_of, listed
from mockserver.conduct.reports.text import said_of, summary, verdict_of

MARKS = {"broken": "❌ broken", "advisory": "⚠️ advisory", "kept": "✅ kept"}


def markdown_report(scorecard: Scorecard) -> Iterator[str]:
    """A heading with the outcome, a table of the rules, the findings, and the scenarios folded away."""
    outcome = "❌" if scorecard.failed else "⚠️" if "advisory" in scorecard.counts or scorecard.empty else "✅"
    yield f"### {outcome} {_text(scorecard.title)}"
    yield from ("", summary(scorecard), "")
    lines = [line for line in scorecard.rules if line.standing != "not exercised"]
    yield from _table(("rule", "verdict", ""), map(_rule_row, lines))
    for line in lines:
        for kind in kinds_of(line):
            yield from ("", *_finding(line, kind))
    idle = [line.rule for line in scorecard.rules if line.standing == "not exercised"]
    if idle:
        yield from ("", f"Not exercised: {', '.join(idle)}.")
    yield from (line for note in scorecard.notes for line in ("", *(f"> {_text(each)}" for each in note.splitlines())))
    if any(case.client for case in scorecard.cases):
        yield from ("", f"<details><summary>{counted(len(scorecard.cases), 'scenario')}</summary>", "")
        yield from _table(("scenario", "client", "faults", "requests", "events", "verdict"), _cases(scorecard))
        yield from ("", "</details>")


def _cases(scorecard: Scorecard) -> Iterator[tuple[str, ...]]:
    for case in scorecard.cases:
        client = case.client.words if case.client else "-"
        yield case.name, client, case.fired, str(case.requests), case.totals, verdict_of(case)


def _rule_row(line: RuleLine) -> tuple[str, ...]:
    return f"`{line.rule}`", MARKS.get(line.standing, line.standing), said_of(line)


def _finding(line: RuleLine, kind: Kind) -> Iterator[str]:
    finding = kind.finding
    often = f", {counted(kind.number, 'time')}" if kind.number > 1 else ""
    yield f"**`{line.rule}`** in {listed(kind.cases)}{often} (`{finding['operation']}`)"
    yield ""
    for name in ("seen", "due", "why"):
        yield f"- {name}: {_text(finding[name])}"
    yield f"- evidence: {_text(evidence_of(finding))}"
    yield f"- **fix: {_text(finding['fix'])}**"


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(_text(cell).replace('|', '&#124;') for cell in row)} |"


def _text(text: str) -> str:
    """Text on one line that stays text: no tags, no mentions."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return " ".join(escaped.split())
