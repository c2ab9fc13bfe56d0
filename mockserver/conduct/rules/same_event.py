"""The rule `same-event`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, rule

Stamp = tuple[str | None, float | str | None]
"""The dedup id and the time of an event."""


class Change(NamedTuple):
    """What differs between two attempts of an event; `certain` where they cannot be two events sent on purpose."""

    what: str
    certain: bool


@rule(
    ("violation", "advisory"),
    "Id, time and payload of an event are equal over its attempts, and different events have different ids.",
    "The vendor tells repeats by them: a new id or time counts the event twice, a shared id drops one of two events.",
    "The Idempotency-Key HTTP Header Field (IETF draft), section 2; the vendor's page on the event's id",
    "An advisory where only equal content ties two attempts: they could be two events sent on purpose.",
)
def same_event(observation: Observation) -> Outcome:
    resends = [each for each in observation.resends if each.repeats_failure and each.before.retry != "must-not"]
    breaches = [_breach(resend, change) for resend in resends for change in _changes(resend)]
    breaches += _shared_within(observation.history.attempts)
    breaches += _shared_between(observation)
    return Outcome(max(len(resends), len(breaches)), tuple(breaches))


def _changes(resend: Resend) -> Iterator[Change]:
    before, after = resend.before, resend.after
    tied = before.idempotency_key is not None and before.idempotency_key == after.idempotency_key
    same_content = before.content_digest == after.content_digest
    if same_content and len(before.dedup_ids) == len(after.dedup_ids):
        if before.dedup_ids == after.dedup_ids and before.event_times == after.event_times:
            return
        pairs = list(zip(_stamps(before), _stamps(after), strict=True))
    else:
        stamps = dict(zip(after.event_keys, _stamps(after), strict=False))
        pairs = [
            (old, stamps[key]) for key, old in zip(before.event_keys, _stamps(before), strict=False) if key in stamps
        ]
        if before.event_keys == after.event_keys and not same_content:
            yield Change("payload", True)
            return
    if any(old[0] != new[0] for old, new in pairs):
        yield Change("id", tied or all(old[1] is not None and old[1] == new[1] for old, new in pairs))
    elif any(old[1] != new[1] for old, new in pairs):
        yield Change("time", tied or any(old[0] for old, new in pairs))


def _stamps(attempt: Attempt) -> Sequence[Stamp]:
    return list(zip(attempt.dedup_ids, attempt.event_times, strict=False))


def _breach(resend: Resend, change: Change) -> Breach:
    how = "Make the id, the time and the payload once, when the event happens, and keep them over all attempts."
    return Breach(
        (resend.before, resend.after),
        seen=f"another {change.what} in attempt {resend.number}",
        due=f"the {change.what} of the attempt before",
        fix=how,
        level="violation" if change.certain else "advisory",
        chain=resend.chain.id,
    )


def _shared_within(attempts: Sequence[Attempt]) -> Iterator[Breach]:
    """Ids that several events of one request have. They are different events where their times differ."""
    for attempt in attempts:
        if len(attempt.dedup_ids) > 1 and len(set(attempt.dedup_ids)) < len(attempt.dedup_ids):
            times: dict[str, set[float | str | None]] = {}
            for name, time in _stamps(attempt):
                if name is not None:
                    times.setdefault(name, set()).add(time)
            shared = [name for name, own in times.items() if len(own) > 1]
            if shared:
                yield _shared((attempt,), shared[0])


def _shared_between(observation: Observation) -> Iterator[Breach]:
    """Ids that events of different chains have, each alone in its request, whose contents differ."""
    owners: dict[tuple[str, str], Attempt] = {}
    for chain in observation.history.chains:
        first = chain.attempts[0]
        if len(first.dedup_ids) == 1 and (name := first.dedup_ids[0]) is not None:
            owner = owners.setdefault((first.operation, name), first)
            if owner.content_digest != first.content_digest and owner.received_whole and owner.acknowledged:
                yield _shared((owner, first), name)


def _shared(attempts: tuple[Attempt, ...], name: str) -> Breach:
    return Breach(
        attempts,
        seen=f"different events with the id {name}",
        due="an id of its own for each event",
        fix="Give every event an id of its own, for example a random UUID.",
    )
