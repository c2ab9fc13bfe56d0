"""A scorecard: the verdicts on a client in several cases, folded into one line for each rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

VerdictView = Mapping[str, Any]
"""A verdict as `GET /__admin/conduct` shows it."""
FindingView = Mapping[str, Any]
Standing = Literal["broken", "advisory", "kept", "too few samples", "allowed", "not exercised"]
"""What became of a rule; `advisory` is a rule that only an advisory finding speaks against."""
FATES = ("delivered", "delivered again", "refused", "lost", "in doubt")
"""What becomes of events, in the order in which it is told."""
STANDINGS: tuple[Standing, ...] = ("broken", "advisory", "kept", "too few samples", "allowed", "not exercised")
"""The worst first: of several cases the first of these counts."""


class FaultUse(NamedTuple):
    """A scripted fault: how often it fired, out of how many times (None: as often as requests came)."""

    script: str
    fired: int
    times: int | None
    optional: bool = False

    @property
    def words(self) -> str:
        if not self.fired:
            return "not needed" if self.optional else "never fired"
        return f"fired {self.fired}" if self.times is None else f"fired {self.fired} of {self.times}"

    @property
    def unfired(self) -> bool:
        """Whether it never fired, though its scenario needs it."""
        return not self.fired and not self.optional


class ClientRun(NamedTuple):
    """How the client's process ended: `exit_code` is None where it was ended after its time; then `timed_out`."""

    exit_code: int | None
    timed_out: bool
    seconds: float
    output: str

    @property
    def words(self) -> str:
        if self.timed_out:
            return f"ended after {self.seconds:.0f} s"
        code = self.exit_code or 0
        return f"exit {code}" if code >= 0 else f"signal {-code}"


class Case(NamedTuple):
    """One verdict: of a scenario or an account by its `name`, with how the client ended and which faults fired."""

    name: str
    verdict: VerdictView
    description: str = ""
    requests: int = 0
    client: ClientRun | None = None
    faults: tuple[FaultUse, ...] = ()

    @property
    def findings(self) -> list[FindingView]:
        return [finding for result in self.verdict["results"] for finding in result["findings"]]

    @property
    def totals(self) -> str:
        """What became of the events, in words."""
        totals = self.verdict["totals"]
        return ", ".join(f"{totals[fate]} {fate}" for fate in FATES if totals.get(fate)) or "none"

    @property
    def fired(self) -> str:
        """What became of the faults, in words."""
        faults = [fault for fault in self.faults if not fault.optional] or self.faults
        if len(faults) < 2:
            return faults[0].words if faults else "-"
        fired, times = sum(fault.fired for fault in faults), [fault.times for fault in faults]
        all_times = sum(each or 0 for each in times) if None not in times else None
        never = sum(fault.unfired for fault in faults)
        whole = FaultUse("", fired, all_times).words
        return f"{whole}, {never} never" if fired and never else whole


class RuleLine(NamedTuple):
    """What became of one rule: its `standing`, the `cases` in which it stood so, and every finding with its case."""

    rule: str
    standing: Standing
    cases: tuple[str, ...]
    findings: tuple[tuple[Case, FindingView], ...]
    note: str

    @property
    def worst(self) -> FindingView | None:
        """The finding to show first: a violation, if there is one."""
        found = [finding for _, finding in self.findings]
        return next((each for each in found if each["level"] == "violation"), found[0] if found else None)


class Scorecard(NamedTuple):
    """The verdicts of one run. `notes` say what to know besides them, such as requests that no account claims;
    `empty` that there was nothing to judge; `interrupted` that the run was broken off."""

    title: str
    vendor: str
    cases: tuple[Case, ...]
    seconds: float = 0.0
    strict: bool = False
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def rules(self) -> list[RuleLine]:
        """A line for each rule, in the order of the verdicts."""
        names = dict.fromkeys(result["rule"] for case in self.cases for result in case.verdict["results"])
        return [self._line(name) for name in names]

    @property
    def requests(self) -> int:
        return sum(case.requests for case in self.cases)

    @property
    def empty(self) -> bool:
        return self.requests == 0

    def fails(self, line: RuleLine) -> bool:
        """Whether a rule fails the run."""
        return line.standing == "broken" or (self.strict and line.standing == "advisory")

    @property
    def failed(self) -> list[RuleLine]:
        return [line for line in self.rules if self.fails(line)]

    @property
    def unfired(self) -> list[str]:
        """The cases in which a fault never fired: they tell nothing."""
        return [case.name for case in self.cases if any(fault.unfired for fault in case.faults)]

    @property
    def counts(self) -> dict[Standing, int]:
        """How many rules stand how, those that stand so at all."""
        standings = [line.standing for line in self.rules]
        return {standing: standings.count(standing) for standing in STANDINGS if standing in standings}

    def _line(self, rule: str) -> RuleLine:
        results = [(case, each) for case in self.cases for each in case.verdict["results"] if each["rule"] == rule]
        standings = [(case.name, standing_of(result)) for case, result in results]
        worst = min((standing for _, standing in standings), key=STANDINGS.index)
        return RuleLine(
            rule,
            worst,
            tuple(name for name, standing in standings if standing == worst),
            tuple((case, finding) for case, result in results for finding in result["findings"]),
            next((result["note"] for _, result in results if result.get("note") and result["state"] == worst), ""),
        )


def standing_of(result: Mapping[str, Any]) -> Standing:
    """What became of a rule in one verdict."""
    if result["findings"] and result["state"] == "broken":
        levels = {finding["level"] for finding in result["findings"]}
        return "broken" if "violation" in levels else "advisory"
    state: Standing = result["state"]
    return state


class Kind(NamedTuple):
    """Findings of a rule that say the same: one of them, the names of their cases, and their number."""

    finding: FindingView
    cases: tuple[str, ...]
    number: int


def kinds_of(line: RuleLine) -> Iterator[Kind]:
    """The findings of a rule, folded; violations first."""
    kinds: dict[tuple[Any, ...], list[tuple[Case, FindingView]]] = {}
    for case, finding in sorted(line.findings, key=lambda pair: pair[1]["level"] != "violation"):
        key = (finding["level"], finding["operation"], finding["due"], finding["fix"])
        kinds.setdefault(key, []).append((case, finding))
    for found in kinds.values():
        yield Kind(found[0][1], tuple(dict.fromkeys(case.name for case, _ in found)), len(found))


def evidence_of(finding: FindingView) -> str:
    """The evidence of a finding in one line."""
    evidence = finding["evidence"]
    url = evidence.get("url")
    more = "" if not url or url in evidence["source"] else f" ({url})"
    return f"{evidence['kind']}: {evidence['source']}{more}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names in a row, at most so many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
