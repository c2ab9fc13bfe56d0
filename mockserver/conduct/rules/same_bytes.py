"""The rule `same-bytes`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockserver.conduct.fates import can_be_retried
from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, rule


@rule(
    "violation",
    "A retried body is whole and equal.",
    "A body that was read once is empty or cut when it is sent again, and the events in it are lost.",
    "RFC 9112, section 8 (incomplete messages); RFC 9110, section 9.2.2 (repeating a request)",
    "The decoded bytes are those of the attempt before, where ids, times and content are. An empty body after a failure"
    " counts as its retry, where nothing else repeats the failed request.",
)
def same_bytes(observation: Observation) -> Outcome:
    resends = [each for each in observation.resends if each.repeats_failure]
    breaches = [_breach(each.before, each.after, each.chain.id) for each in resends if _differs(each)]
    breaches += [_breach(before, after, None) for before, after in _emptied(observation)]
    return Outcome(max(len(resends), len(breaches)), tuple(breaches))


def _differs(resend: Resend) -> bool:
    before, after = resend.before, resend.after
    if not after.body_whole:
        return after.fault is None and after.status is not None
    same = before.content_digest == after.content_digest and before.body_whole
    stamped = before.dedup_ids == after.dedup_ids and before.event_times == after.event_times
    return same and stamped and before.body_digest != after.body_digest


def _emptied(observation: Observation) -> Iterator[tuple[Attempt, Attempt]]:
    """Requests without a body, each with the request right before it that failed, had a body and was not repeated."""
    repeated = {each.before.request_id for each in observation.resends}
    latest: dict[tuple[str, ...], Attempt] = {}
    for attempt in _by_start(observation.history.attempts):
        scope = (attempt.vendor, attempt.operation, attempt.account, attempt.credential)
        before = latest.get(scope)
        if before is not None and not attempt.body_bytes and before.body_bytes and _is_open(before, attempt, repeated):
            yield before, attempt
        else:
            latest[scope] = attempt


def _by_start(attempts: Sequence[Attempt]) -> Sequence[Attempt]:
    """Those of operations that take events: others have no body by right."""
    with_events = {each.operation for each in attempts if each.event_keys}
    return [each for each in attempts if each.operation in with_events]


def _is_open(before: Attempt, attempt: Attempt, repeated: set[str]) -> bool:
    over = before.over_at
    return (
        can_be_retried(before) and before.request_id not in repeated and over is not None and over <= attempt.started_at
    )


def _breach(before: Attempt, after: Attempt, chain: str | None) -> Breach:
    if after.body_bytes != before.body_bytes:
        seen = f"{after.body_bytes} bytes"
    else:
        seen = f"{after.body_bytes} bytes, in other words"
    return Breach(
        (before, after),
        seen=seen,
        due=f"the {before.body_bytes} bytes of the attempt before",
        fix=f"Serialize the body once, and send the same {before.body_bytes} bytes on every attempt; rewind a stream"
        " that was read.",
        seen_value=after.body_bytes,
        due_value=before.body_bytes,
        chain=chain,
    )
