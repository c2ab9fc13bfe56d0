"""What became of the events of a chain, as its attempts tell it."""

from __future__ import annotations

from mockserver.conduct.observation import resends_of
from mockserver.conduct.records import Attempt, Chain


def can_be_retried(attempt: Attempt) -> bool:
    """Whether an attempt failed in a way that passes: by its status, or by a lost connection."""
    if not attempt.failed or attempt.over_at is None:
        return False
    return attempt.status is None or attempt.retry in ("must", "should")


def delivered(attempt: Attempt) -> frozenset[str]:
    """The keys of the events that the vendor took."""
    if not (attempt.stored or attempt.acknowledged):
        return frozenset()
    return frozenset(attempt.event_keys).difference(attempt.failed_events)


def given_up(chain: Chain) -> dict[str, Attempt]:
    """The events of a chain that were never taken although they could have been, each with its last attempt."""
    last: dict[str, Attempt] = {}
    for attempt in chain.attempts:
        last.update(dict.fromkeys(attempt.event_keys, attempt))
    for attempt in chain.attempts:
        for key in delivered(attempt):
            last.pop(key, None)
    for resend in resends_of(chain):
        if resend.linear and set(resend.before.event_keys).isdisjoint(resend.after.event_keys):
            # The client sent them again under other ids or times.
            for key in resend.before.event_keys:
                last.pop(key, None)
    return {key: attempt for key, attempt in last.items() if can_be_retried(attempt)}
