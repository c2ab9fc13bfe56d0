"""The rule `credentials`."""

from __future__ import annotations

from collections import defaultdict
from heapq import merge
from operator import itemgetter

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, in_seconds, rule

WINDOW_SECONDS = 10.0
MAX_REQUESTS = 1
"""One request may find out whether the refusal lasts."""
IN_FLIGHT_SECONDS = 0.05
REFUSALS = (401, 403)

Scope = tuple[str, str, str]
Broken = tuple[Attempt, list[Attempt]]


@rule(
    "violation",
    "After 401 or 403 at most one more request carries that credential in 10 s.",
    "A credential that was refused stays refused; vendors block addresses that keep trying.",
    "RFC 9110, sections 15.5.2 (401) and 15.5.4 (403: should not be repeated with the same credentials)",
    f"More than {MAX_REQUESTS} request within {WINDOW_SECONDS:.0f} s after the refusal, those that arrive within"
    f" {IN_FLIGHT_SECONDS * 1000:.0f} ms aside. A success ends it. A 403 counts for its operation only.",
)
def credentials(observation: Observation) -> Outcome:
    scopes: dict[Scope, list[Attempt]] = defaultdict(list)
    for attempt in observation.history.attempts:
        scopes[attempt.vendor, attempt.account, attempt.credential].append(attempt)
    refused = sum(1 for each in observation.history.attempts if each.status in REFUSALS)
    broken = [found for attempts in scopes.values() for found in _broken(attempts)]
    return Outcome(refused, tuple(_breach(refusal, sent) for refusal, sent in broken))


def _broken(attempts: list[Attempt]) -> list[Broken]:
    """Each refusal after which too many requests came, with those. `attempts` are of one credential, by time."""
    found: list[Broken] = []
    open_: dict[str, Broken] = {}
    for _, arrives, attempt in _in_time(attempts):
        if arrives:
            for refusal, sent in _windows(open_, attempt):
                sent.append(attempt)
                if len(sent) == MAX_REQUESTS + 1:
                    found.append((refusal, sent))
        elif attempt.status in REFUSALS:
            scope = attempt.operation if attempt.status == 403 else ""
            if scope not in open_ or _age(open_[scope][0], attempt.answered_at) >= WINDOW_SECONDS:
                open_[scope] = (attempt, [])
        elif not attempt.failed:
            open_.pop("", None)
            open_.pop(attempt.operation, None)
    return found


def _in_time(attempts: list[Attempt]) -> list[tuple[float, bool, Attempt]]:
    """Arrivals and responses, told apart by a flag, in the order of their times."""
    arrivals = ((each.started_at, True, each) for each in attempts)
    answered = ((each.answered_at, False, each) for each in attempts if each.answered_at is not None)
    return list(merge(arrivals, sorted(answered, key=itemgetter(0)), key=itemgetter(0)))


def _windows(open_: dict[str, Broken], attempt: Attempt) -> list[Broken]:
    """The refusals within whose time an attempt arrived."""
    of_it = (open_[scope] for scope in ("", attempt.operation) if scope in open_)
    return [each for each in of_it if IN_FLIGHT_SECONDS < _age(each[0], attempt.started_at) < WINDOW_SECONDS]


def _age(refusal: Attempt, now: float | None) -> float:
    return (now or 0.0) - (refusal.answered_at or 0.0)


def _breach(refusal: Attempt, sent: list[Attempt]) -> Breach:
    last = _age(refusal, sent[-1].started_at)
    return Breach(
        (refusal, *sent),
        seen=f"{len(sent)} more requests within {in_seconds(last)} after {refusal.status}",
        due=f"at most {MAX_REQUESTS} within {in_seconds(WINDOW_SECONDS)}",
        fix=f"Stop sending after {refusal.status}, keep the events, and tell the operator; try again once after"
        f" {in_seconds(WINDOW_SECONDS)} or with another credential.",
        seen_value=len(sent),
        due_value=MAX_REQUESTS,
    )
