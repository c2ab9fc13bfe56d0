"""The rule `not-doubled`."""

from __future__ import annotations

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, counted, rule

Sent = tuple[str, str | None, object]
"""An event: its key, its dedup id and its time."""


@rule(
    "advisory",
    "What was acknowledged is not sent again.",
    "The vendor counts the event twice, in figures and in bills.",
    "RFC 9110, section 9.2.2 (no automatic resend of what is not idempotent)",
    "Only after a response that the client received whole. Repeats that the vendor drops are harmless: they count into"
    " the figure `harmless_repeats`.",
)
def not_doubled(observation: Observation) -> Outcome:
    acknowledged: dict[Sent, Attempt] = {}
    breaches: list[Breach] = []
    harmless = 0
    for attempt in observation.history.attempts:
        repeats = [(each, acknowledged[each]) for each in _sent(attempt) if each in acknowledged]
        repeats = [(each, first) for each, first in repeats if (first.finished_at or 0.0) <= attempt.started_at]
        counted = [(each, first) for each, first in repeats if each[0] not in attempt.duplicate_events]
        harmless += len(repeats) - len(counted)
        if counted:
            breaches.append(_breach(counted[0][1], attempt, len(counted)))
        if _is_acknowledged(attempt):
            acknowledged.update(dict.fromkeys(_sent(attempt), attempt))
    figures = {"harmless_repeats": harmless} if harmless else {}
    return Outcome(len(acknowledged), tuple(breaches), figures=figures)


def _sent(attempt: Attempt) -> list[Sent]:
    return list(zip(attempt.event_keys, attempt.dedup_ids, attempt.event_times, strict=False))


def _is_acknowledged(attempt: Attempt) -> bool:
    """Whether the client knows that the vendor took all of it; what of a part is sent again is judged by `partial`."""
    whole = attempt.received_whole and attempt.finished_at is not None
    return attempt.acknowledged and whole and not attempt.failed_events


def _breach(first: Attempt, again: Attempt, count: int) -> Breach:
    return Breach(
        (first, again),
        seen=f"{counted(count, 'event')} sent again after {first.status}",
        due="no event that was acknowledged",
        fix=f"Drop events from the queue as soon as {first.status} has come, before anything else can fail; or give"
        " events that are equal on purpose ids or times of their own.",
        level="advisory",
        seen_value=count,
        due_value=0,
    )
