"""What a handle asks and asserts of its client's conduct: whether it waited, gave up, and lost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockserver.client.arguments import suggesting
from mockserver.client.asserting import Asserting
from mockserver.client.conduct import RULES, Conduct, ConductFinding, JudgeOptions, verdict_view
from mockserver.client.messages import counted
from mockserver.support.suggestions import hint

MAX_FINDINGS = 20
MAX_IDS = 5
MAX_LISTED = 100_000
"""Chains and entries of the ledger that a test gets."""
MAX_ADVISORY, MAX_ADVISORIES = 160, 50
"""Characters of an advisory in the summary, and lines of all."""


class Conducting(Asserting):
    """The conduct of one account's client."""

    def __init__(self, control: Any, api_key: str) -> None:
        super().__init__(control, api_key)
        self._allowed_conduct: frozenset[str] = frozenset()

    @property
    def conduct(self) -> Conduct:
        """The verdict on how the client behaved, as if no more requests were to come: call `settle()` before, where it
        sends in the background. `allow()` does not change it."""
        return self._judged(JudgeOptions(limit=MAX_LISTED))

    def allow(self, *rules: str) -> None:
        """Declares that this test's client breaks these rules of conduct on purpose, such as `"wait"`. Raises
        ValueError for what is the name of no rule."""
        for rule in rules:
            if rule not in RULES:
                raise ValueError(f"there is no rule of conduct {rule!r}{hint(rule, RULES)}")
        self._allowed_conduct |= frozenset(rules)

    @suggesting
    def assert_conduct(
        self,
        *,
        max_attempts: int | None = 10,
        amplification: float | None = None,
        concurrency: int | None = None,
        strict: bool = False,
    ) -> None:
        """Fails if the client broke a rule of conduct that `allow()` does not name; with `strict` also for advisories.

        `max_attempts` bounds the attempts to get the same events through (None: as many as it likes), `amplification`
        the requests for each first attempt in an outage, `concurrency` the requests in flight at once. What was not
        measured, because too little came, fails too.
        """
        __tracebackhide__ = True
        conduct = self._judged(JudgeOptions(max_attempts))
        broken = self._broken(conduct, strict=strict)
        lines = [conduct_broken(self.vendor, broken)] if broken else []
        for name, limit in {"amplification": amplification, "concurrency": concurrency}.items():
            lines += _exceeded(conduct, name, limit)
        if lines:
            raise AssertionError("\n\n".join(lines))

    @property
    def has_failures(self) -> bool:
        """Whether a request had no success, so that there is conduct to judge. Asks the server where
        `assert_contract_kept` has not told."""
        if self.failures is None:
            self.failures = self._requests({"limit": "0"}).get("failures", 0)
        return self.failures > 0

    def conduct_findings(self, *, strict: bool) -> tuple[list[ConductFinding], list[ConductFinding]]:
        """What fails the test, and the advisories that only its summary tells; neither has rules that are allowed.
        Raises ControlError."""
        conduct = self._judged(JudgeOptions())
        broken = self._broken(conduct, strict=strict)
        told = [each for each in conduct.advisories if each not in broken and each.rule not in self._allowed_conduct]
        return broken, told

    def _broken(self, conduct: Conduct, *, strict: bool) -> list[ConductFinding]:
        found = conduct.violations + (conduct.advisories if strict else ())
        return [finding for finding in found if finding.rule not in self._allowed_conduct]

    def _judged(self, options: JudgeOptions) -> Conduct:
        options = options._replace(allow_violations=self.violations_allowed)
        return Conduct.from_view(verdict_view(self._control, self._query, options))


def conduct_broken(vendor: str, findings: Sequence[ConductFinding]) -> str:
    """Every rule that a client broke, and how a test allows it."""
    allowed = ", ".join(dict.fromkeys(f'"{finding.rule}"' for finding in findings))
    on_purpose = f"if the test makes its client do so on purpose, call allow({allowed})"
    return "\n".join([*misconduct(vendor, findings), "", on_purpose])


def misconduct(vendor: str, findings: Sequence[ConductFinding]) -> list[str]:
    """Every rule that a client broke, with what was seen and due. Findings that have one cause are told once."""
    rules = {finding.rule for finding in findings}
    lines = [f"the client of {vendor} broke {counted(len(rules), 'rule')} of conduct"]
    kinds = folded(findings)
    for kind in kinds[:MAX_FINDINGS]:
        lines += ["", *_told(kind)]
    if len(kinds) > MAX_FINDINGS:
        lines += ["", f"… and {len(kinds) - MAX_FINDINGS} more findings"]
    return lines


def advisories(findings: Iterable[ConductFinding]) -> list[str]:
    """A line for each kind of advisory."""
    lines = []
    for kind in folded(findings):
        first = kind[0]
        often = f", {len(kind)} times" if len(kind) > 1 else ""
        text = f"{first.rule}: {first.seen}; due: {first.due} ({first.operation}{often})"
        lines.append(text if len(text) <= MAX_ADVISORY else f"{text[: MAX_ADVISORY - 1]}…")
    return lines


def advised_in_all(advised: Mapping[str, Sequence[str]]) -> str:
    """The advisories of a run, by the names of the tests."""
    lines = [line for test, texts in advised.items() for line in (test, *(f"  {text}" for text in texts))]
    more = [f"… and {len(lines) - MAX_ADVISORIES} more lines"] if len(lines) > MAX_ADVISORIES else []
    return "\n".join([*lines[:MAX_ADVISORIES], *more])


def folded(findings: Iterable[ConductFinding]) -> list[list[ConductFinding]]:
    """Findings, those together that have one cause."""
    kinds: dict[tuple[str, ...], list[ConductFinding]] = {}
    for each in findings:
        kinds.setdefault((each.rule, each.level, each.vendor, each.operation, each.due, each.fix), []).append(each)
    return list(kinds.values())


def _told(kind: Sequence[ConductFinding]) -> list[str]:
    first = kind[0]
    requests = ", ".join([*first.requests[:MAX_IDS], *(["…"] if len(first.requests) > MAX_IDS else [])])
    advisory = ", an advisory" if first.level == "advisory" else ""
    url = first.evidence.get("url", "")
    lines = [
        f"{first.operation}: {first.seen} (rule: {first.rule}{advisory})",
        f"    due       {first.due}",
        f"    requests  {requests}",
        f"    why       {first.why}",
        f"    evidence  {first.evidence['kind']}: {first.evidence['source']}",
        *([f"              {url}"] if url and url not in first.evidence["source"] else []),
        f"    fix       {first.fix}",
    ]
    if len(kind) > 1:
        lines.append(f"    the same in {counted(len(kind) - 1, 'more case')}")
    return lines


def _exceeded(conduct: Conduct, name: str, limit: float | None) -> list[str]:
    """What is wrong with a figure, if it has a limit."""
    if limit is None:
        return []
    seen = conduct.figures.get(name)
    if seen is None:
        note = next((each.note for each in conduct.results if each.rule == name and each.note), "too little came")
        return [f"expected {name} of at most {limit:g}, but it was not measured: {note}"]
    return [] if seen <= limit else [f"expected {name} of at most {limit:g}, seen {seen:g}"]
