"""What a rule of conduct is: a record of its words and its evidence, with the pure function that judges by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt, Finding, RuleLevel, RuleResult, State
from mockserver.model import Evidence, Json

MAX_FINDINGS = 100
"""Findings of one rule that are told one by one: a client that hammers breaks a rule on every request."""
MAX_REQUESTS = 20
"""Requests that one finding names."""


class Breach(NamedTuple):
    """One occasion on which a client broke a rule, in `attempts`. `seen` and `due` are words, the values beside them
    numbers, in seconds where they are times. `evidence` overrides that of the rule."""

    attempts: tuple[Attempt, ...]
    seen: str
    due: str
    fix: str
    level: RuleLevel = "violation"
    seen_value: float | None = None
    due_value: float | None = None
    chain: str | None = None
    evidence: Evidence | None = None


class Outcome(NamedTuple):
    """What a rule makes of an observation. `exercised` counts the occasions on which it could have been broken;
    `enough` is false where they were too few to say so. `figures` are what was measured, by name."""

    exercised: int
    breaches: tuple[Breach, ...] = ()
    enough: bool = True
    note: str = ""
    figures: Mapping[str, Json] = MappingProxyType({})


Judge = Callable[[Observation], Outcome]


class Rule(NamedTuple):
    """A rule of conduct. `description` is one sentence, `why` says why it matters, `levels` are those that its findings
    can have, the gravest first; `thresholds` are sentences with their figures and where these come from."""

    id: str
    levels: tuple[RuleLevel, ...]
    description: str
    why: str
    evidence: Evidence
    thresholds: tuple[str, ...]
    judge: Judge

    def apply(self, observation: Observation) -> RuleResult:
        """What became of the rule."""
        outcome = self.judge(observation)
        findings = tuple(self._finding(breach) for breach in outcome.breaches[:MAX_FINDINGS])
        more = len(outcome.breaches) - len(findings)
        notes = [outcome.note, f"{more} more findings are not listed" if more else ""]
        return RuleResult(
            rule=self.id,
            state=_state(outcome),
            exercised=outcome.exercised,
            findings=findings,
            note="; ".join(filter(None, notes)),
            figures=outcome.figures,
        )

    def _finding(self, breach: Breach) -> Finding:
        first = breach.attempts[0]
        return Finding(
            rule=self.id,
            level=breach.level,
            requests=tuple(attempt.request_id for attempt in breach.attempts[:MAX_REQUESTS]),
            chain=breach.chain,
            vendor=first.vendor,
            operation=first.operation,
            seen=breach.seen,
            due=breach.due,
            why=self.why,
            evidence=breach.evidence or self.evidence,
            fix=breach.fix,
            seen_value=breach.seen_value,
            due_value=breach.due_value,
        )


def _state(outcome: Outcome) -> State:
    if outcome.breaches:
        return "broken"
    if not outcome.exercised:
        return "not exercised"
    return "kept" if outcome.enough else "too few samples"


def rule(
    levels: RuleLevel | tuple[RuleLevel, ...],
    description: str,
    why: str,
    evidence: str | Evidence,
    *thresholds: str,
) -> Callable[[Judge], Rule]:
    """Makes a function the rule of its name, with `-` for `_`. `evidence` that is a string is a published document."""
    return lambda judge: Rule(
        id=judge.__name__.replace("_", "-"),
        levels=levels if isinstance(levels, tuple) else (levels,),
        description=description,
        why=why,
        evidence=evidence if isinstance(evidence, Evidence) else Evidence("documented", evidence),
        thresholds=thresholds,
        judge=judge,
    )


def in_seconds(seconds: float) -> str:
    """A time in words: three digits that count, never more than milliseconds."""
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"


def in_percent(share: float) -> str:
    """A share in words."""
    return f"{100 * share:.3g} %"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number of things."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
