"""What the rules look at: a history with its resends, each beside the attempt that it repeats."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from mockserver.conduct.records import Attempt, Chain, History, Limits, delay_between

TOO_LARGE = 413


class Resend(NamedTuple):
    """An attempt beside the latest earlier one of its chain that held some of its events. `number` is the attempt that
    it is for its events, from 2; `delay` in seconds is None where the earlier one had not ended. `linear` says that the
    earlier one stands right before it in its chain, with the same events."""

    chain: Chain
    before: Attempt
    after: Attempt
    number: int
    delay: float | None
    linear: bool

    @property
    def splits(self) -> bool:
        """Whether it sends less of what was too large."""
        return self.before.status == TOO_LARGE and self.after.content_digest != self.before.content_digest

    @property
    def repeats_failure(self) -> bool:
        """Whether it follows a failure that its client could know of."""
        return self.delay is not None and self.before.failed and not self.splits

    @property
    def told_seconds(self) -> float | None:
        """How long the client was told to wait, None where it was not, or did not get all of the response."""
        told = self.before.told
        return told.seconds if told is not None and self.before.received_whole else None


class Observation(NamedTuple):
    """A history, the limits to judge it by, and the resends of all of its chains, those of one chain side by side."""

    history: History
    limits: Limits
    resends: tuple[Resend, ...]

    def resends_by_chain(self) -> Iterator[tuple[Chain, list[Resend]]]:
        """Each chain that has resends, with them."""
        for _, resends in groupby(self.resends, key=lambda resend: resend.chain.id):
            kept = list(resends)
            yield kept[0].chain, kept


def observe(history: History, limits: Limits) -> Observation:
    """What of a history is to be judged: not the requests whose own breaches a test allowed, nor their chains."""
    chains = tuple(chain for chain in history.chains if all(attempt.judged for attempt in chain.attempts))
    attempts = tuple(attempt for attempt in history.attempts if attempt.judged)
    resends = tuple(resend for chain in chains for resend in resends_of(chain))
    return Observation(history._replace(chains=chains, attempts=attempts), limits, resends)


def resends_of(chain: Chain) -> Iterator[Resend]:
    """The resends of a chain, oldest first. The first attempt behind those that are forgotten is none."""
    attempts = chain.attempts
    latest = dict.fromkeys(attempts[0].event_keys, 0) if attempts else {}
    numbers = [1]
    for index in range(1, len(attempts)):
        earlier, attempt = index - 1, attempts[index]
        same = attempt.event_keys == attempts[earlier].event_keys
        if not same:
            earlier = max((latest[key] for key in attempt.event_keys if key in latest), default=earlier)
        latest.update(dict.fromkeys(attempt.event_keys, index))
        forgotten = chain.forgotten if index == chain.head else 0
        resend = _resend(chain, earlier, index, numbers[earlier] + 1)
        numbers.append(resend.number + forgotten - resend.splits)
        if not forgotten:
            yield resend._replace(number=numbers[-1])


def _resend(chain: Chain, earlier: int, later: int, number: int) -> Resend:
    before, after = chain.attempts[earlier], chain.attempts[later]
    linear = later == earlier + 1 and before.content_digest == after.content_digest
    return Resend(chain, before, after, number, delay_between(before, after), linear)
