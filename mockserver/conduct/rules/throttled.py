"""The rule `throttled`."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import NamedTuple

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, counted, in_seconds, rule
from mockserver.conduct.rules.wait import earliest

IN_FLIGHT_SECONDS = 0.05
"""Requests that arrive so soon after a 429 left were on their way."""


class Block(NamedTuple):
    """A 429 that told how long to wait: nothing is due between the two times."""

    response: Attempt
    began: float
    ends: float


@rule(
    "advisory",
    "After a 429 nothing else is sent with that credential to that operation before the time told.",
    "The limit is on the account: other events sent meanwhile are refused too, and each can prolong the block.",
    "RFC 6585, section 4 (429 Too Many Requests); RFC 9110, section 10.2.3 (Retry-After)",
    f"Requests that arrive more than {IN_FLIGHT_SECONDS * 1000:.0f} ms after the 429 left, as exact as `wait` is.",
    "The latest 429 counts. Resends of what the 429 refused are judged by `wait`.",
)
def throttled(observation: Observation) -> Outcome:
    waiting = {each.after.request_id for each in observation.resends if each.told_seconds is not None}
    scopes: dict[tuple[str, ...], list[Attempt]] = defaultdict(list)
    for attempt in observation.history.attempts:
        scopes[attempt.vendor, attempt.operation, attempt.account, attempt.credential].append(attempt)
    blocks, breaches = 0, []
    for attempts in scopes.values():
        found = _blocks(attempts)
        blocks += len(found)
        breaches += [_breach(block, sent) for block, sent in _sent_within(found, attempts, waiting)]
    return Outcome(blocks, tuple(breaches))


def _blocks(attempts: list[Attempt]) -> list[Block]:
    """Every 429 that told a time, by the time at which it left."""
    return sorted(
        (
            Block(each, each.answered_at + IN_FLIGHT_SECONDS, each.answered_at + earliest(each.told))
            for each in attempts
            if each.status == 429 and each.told is not None and each.answered_at is not None and each.received_whole
        ),
        key=attrgetter("began"),
    )


def _sent_within(blocks: list[Block], attempts: list[Attempt], waiting: set[str]) -> list[tuple[Block, list[Attempt]]]:
    """The requests that came within each block, with those blocks that had any. `attempts` are by time."""
    within: list[list[Attempt]] = [[] for _ in blocks]
    latest, ends = -1, 0.0
    for attempt in attempts:
        while latest + 1 < len(blocks) and blocks[latest + 1].began < attempt.started_at:
            latest += 1
            ends = blocks[latest].ends
        if latest < 0 or attempt.started_at >= ends:
            continue
        if attempt.request_id not in waiting:
            within[latest].append(attempt)
        if not attempt.failed and attempt.answered_at is not None:
            ends = min(ends, attempt.answered_at)  # the vendor takes requests again
    return [(block, sent) for block, sent in zip(blocks, within, strict=True) if sent]


def _breach(block: Block, sent: list[Attempt]) -> Breach:
    response, told = block.response, block.response.told
    assert told is not None
    assert response.answered_at is not None
    seen = sent[0].started_at - response.answered_at
    return Breach(
        (response, *sent),
        seen=f"{counted(len(sent), 'other request')}, the first after {in_seconds(seen)}",
        due=f"none within {in_seconds(told.seconds)}, told by {told.header}",
        fix=f"Hold back all of this operation until the {in_seconds(told.seconds)} of {told.header} have passed, not"
        " only the request that got the 429.",
        level="advisory",
        seen_value=seen,
        due_value=told.seconds,
    )
