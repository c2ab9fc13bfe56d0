"""The rule `timeout`."""

from __future__ import annotations

from statistics import median

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, in_seconds, rule

HANG = "hang"
MAX_TIMEOUT_SECONDS = 60.0
MIN_TIMEOUT_SECONDS = 1.0
DELIVERING = (None, "dribble", "slow_request")
"""Wire faults under which the response comes, if slowly."""


@rule(
    ("violation", "advisory"),
    "The client lets go of a request that hangs, and not of one that is merely slow.",
    "Without a timeout one silent server holds threads and connections for ever; with too short a one slow successes"
    " are sent again.",
    "AWS Builders' Library, Timeouts, retries, and backoff with jitter",
    f"None within {MAX_TIMEOUT_SECONDS:.0f} s under `hang` is a violation; the figure `timeout` is the median.",
    f"Letting go of a slow response within {MIN_TIMEOUT_SECONDS:.0f} s is an advisory.",
)
def timeout(observation: Observation) -> Outcome:
    now = observation.history.now
    hung = [each for each in observation.history.attempts if each.wire == HANG and each.answered_at is None]
    slow = [each for each in observation.history.attempts if each.slowed and each.wire in DELIVERING]
    held = {each: _held(each, now) for each in [*hung, *slow]}
    breaches = [_too_long(each, held[each]) for each in hung if held[each] > MAX_TIMEOUT_SECONDS]
    breaches += [_too_short(each, held[each]) for each in slow if _let_go(each) and held[each] < MIN_TIMEOUT_SECONDS]
    timeouts = [held[each] for each in hung if each.lost_at is not None]
    waiting = [each for each in hung if each.lost_at is None and held[each] > MAX_TIMEOUT_SECONDS]
    if not timeouts:
        return Outcome(len(slow) + len(waiting), tuple(breaches))
    note, figures = f"lets go after {in_seconds(median(timeouts))}", {"timeout": round(median(timeouts), 3)}
    return Outcome(len(slow) + len(waiting) + len(timeouts), tuple(breaches), note=note, figures=figures)


def _held(attempt: Attempt, now: float) -> float:
    """Seconds for which a client has waited since it sent its request."""
    return (now if attempt.lost_at is None else attempt.lost_at) - attempt.request_ended_at


def _let_go(attempt: Attempt) -> bool:
    return attempt.lost_at is not None and not attempt.received_whole


def _too_long(attempt: Attempt, held: float) -> Breach:
    return Breach(
        (attempt,),
        seen=f"waited {in_seconds(held)} for a response",
        due=f"at most {in_seconds(MAX_TIMEOUT_SECONDS)}",
        fix=f"Set a timeout on the whole request, for example 10 s, and never above {in_seconds(MAX_TIMEOUT_SECONDS)}.",
        seen_value=held,
        due_value=MAX_TIMEOUT_SECONDS,
    )


def _too_short(attempt: Attempt, held: float) -> Breach:
    return Breach(
        (attempt,),
        seen=f"let go after {in_seconds(held)}",
        due=f"at least {in_seconds(MIN_TIMEOUT_SECONDS)}",
        fix="Raise the timeout above the slowest usual response, for example to 10 s.",
        level="advisory",
        seen_value=held,
        due_value=MIN_TIMEOUT_SECONDS,
    )
