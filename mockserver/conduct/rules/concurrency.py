"""The rule `concurrency`."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Outcome, rule


@rule(
    "figure",
    "The client bounds how many requests are in flight at once, and lowers it after a 429.",
    "A slow vendor is not helped by more requests at once; without a bound they take all memory and connections.",
    "Google SRE book, chapter 21 (client-side throttling); RFC 9112, section 9.4 (concurrency)",
    "The figures `concurrency` (most at once) and `concurrency_after_429` (of those that began after the first 429).",
)
def concurrency(observation: Observation) -> Outcome:
    attempts, now = observation.history.attempts, observation.history.now
    if not attempts:
        return Outcome(0)
    figures = {"concurrency": _most(attempts, now)}
    limited = [each.answered_at for each in attempts if each.status == 429 and each.answered_at is not None]
    if limited:
        first = min(limited)
        after = [each for each in attempts if each.started_at > first]
        figures["concurrency_after_429"] = _most(after, now)
    note = f"at most {figures['concurrency']} at once"
    if limited:
        note += f", {figures['concurrency_after_429']} after the first 429"
    return Outcome(len(attempts), note=note, figures=figures)


def _most(attempts: Sequence[Attempt], now: float) -> int:
    """The most requests in flight at once. One that ends when another starts is over."""
    changes = [(each.started_at, 1) for each in attempts]
    changes += [(max(_ended(each, now), each.started_at), -1) for each in attempts]
    most = flying = 0
    for _, change in sorted(changes):
        flying += change
        most = max(most, flying)
    return most


def _ended(attempt: Attempt, now: float) -> float:
    ends = (attempt.finished_at, attempt.lost_at)
    return next((each for each in ends if each is not None), now)
