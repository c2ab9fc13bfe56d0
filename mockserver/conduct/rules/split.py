"""The rule `split`."""

from __future__ import annotations

from mockserver.conduct.observation import TOO_LARGE, Observation
from mockserver.conduct.records import Attempt, Chain
from mockserver.conduct.rule import Breach, Outcome, rule


class Parts:
    """A request that was too large, with those that its events went out in next, and how many events these held."""

    def __init__(self, whole: Attempt) -> None:
        self.whole = whole
        self.sent: dict[str, Attempt] = {}
        self.events = 0

    def add(self, attempt: Attempt) -> None:
        self.sent[attempt.request_id] = attempt
        self.events += 1


@rule(
    "violation",
    "After 413 the next bodies are smaller, and together hold no more than the first.",
    "A body of the same size is refused again, and its events never arrive.",
    "RFC 9110, section 15.5.14 (413 Content Too Large)",
    "Each body has fewer bytes, or fewer on the wire. The same content again is judged by `status`.",
)
def split(observation: Observation) -> Outcome:
    found = [(chain, parts) for chain in observation.history.chains for parts in _parts(chain)]
    return Outcome(len(found), tuple(breach for chain, parts in found if (breach := _breach(chain, parts))))


def _parts(chain: Chain) -> list[Parts]:
    """What became of each request of a chain that was too large and whose events were sent in another form."""
    if not any(attempt.status == TOO_LARGE for attempt in chain.attempts):
        return []
    latest: dict[str, Attempt] = {}
    origins: dict[str, Parts] = {}
    found: dict[str, Parts] = {}
    for attempt in chain.attempts:
        for key in attempt.event_keys:
            before = latest.get(key)
            if before is not None and _is_part(before, attempt):
                origins[key] = found.setdefault(before.request_id, Parts(before))
                origins[key].add(attempt)
            elif before is not None and key in origins and not _has_failed(before, attempt, key):
                origins[key].add(attempt)
        latest.update(dict.fromkeys(attempt.event_keys, attempt))
    return list(found.values())


def _is_part(before: Attempt, attempt: Attempt) -> bool:
    return (
        before.status == TOO_LARGE and before.content_digest != attempt.content_digest and _has_failed(before, attempt)
    )


def _has_failed(before: Attempt, attempt: Attempt, key: str = "") -> bool:
    """Whether the client knew that an attempt had failed, or its event of a key, when it sent the next."""
    failed = before.failed or key in before.failed_events
    return failed and before.over_at is not None and before.over_at <= attempt.started_at


def _breach(chain: Chain, parts: Parts) -> Breach | None:
    whole, sent = parts.whole, list(parts.sent.values())
    large = [each for each in sent if each.body_bytes >= whole.body_bytes and each.wire_bytes >= whole.wire_bytes]
    if large:
        seen, value, due = f"{large[0].body_bytes} bytes", large[0].body_bytes, whole.body_bytes
    elif parts.events > len(whole.event_keys):
        seen, value, due = f"{parts.events} events together", parts.events, len(whole.event_keys)
    else:
        return None
    return Breach(
        (whole, *(large or sent)),
        seen=f"{seen} after 413",
        due=f"less than the {due} bytes before" if large else f"at most the {due} events of the first",
        fix=f"Halve the batch after 413 until it is taken, and send each of its {len(whole.event_keys)} events once.",
        seen_value=value,
        due_value=due,
        chain=chain.id,
    )
