"""The rule `gives-up`."""

from __future__ import annotations

from mockserver.conduct.fates import can_be_retried
from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.rule import Breach, Outcome, rule


@rule(
    "violation",
    "The client gives up after a number of attempts.",
    "Retries without an end turn one failure into lasting load, and one poisoned event blocks those behind it.",
    "Google SRE book, chapter 21 (a budget of three attempts per request); stamina's default of ten attempts",
    "At most 10 attempts to get the same events through (`max_attempts`, None for agents). A split is no attempt.",
)
def gives_up(observation: Observation) -> Outcome:
    limit = observation.limits.max_attempts
    if limit is None:
        return Outcome(0, note="unlimited attempts are allowed")
    breaches = [
        _breach(resends, limit)
        for _, resends in observation.resends_by_chain()
        if max(each.number for each in resends) > limit
    ]
    over = observation.history.over
    given_up = sum(over and can_be_retried(chain.attempts[-1]) for chain in observation.history.chains)
    return Outcome(max(given_up, len(breaches)), tuple(breaches))


def _breach(resends: list[Resend], limit: int) -> Breach:
    last = max(resends, key=lambda each: each.number)
    return Breach(
        tuple(each.after for each in resends if each.number > limit),
        seen=f"{last.number} attempts",
        due=f"at most {limit}",
        fix=f"Stop after {limit} attempts: keep the events for later, or log and drop them.",
        seen_value=last.number,
        due_value=limit,
        chain=last.chain.id,
    )
