"""The armed faults and their schedule: which request each one fires on. Taking one is a single atomic step."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from mockserver.faults.fault import Fault
from mockserver.faults.script import Script
from mockserver.model import FiredFault, Json
from mockserver.operations import Operation
from mockserver.support.budget import Budget, TooMuchWork
from mockserver.support.matching import comparing, is_subset

MAX_ARMED_FAULTS = 10_000


class TooManyFaults(Exception):  # noqa: N818 - it becomes a 400
    """More faults than are kept at once."""


def fires(fault: Fault, ordinal: int, seed: str) -> bool:
    """Whether a fault that is still armed fires on the `ordinal`-th request that it matches, counted from 1.

    The first `after` requests are passed over; of the rest every `every`-th is a candidate; a candidate fires with
    `probability`. It depends on nothing else, so that a seed means the same in whatever order requests are decided.
    """
    candidate, rest = divmod(ordinal - fault.after, fault.every)
    chosen = candidate >= 1 and rest == 0
    return chosen and (fault.probability >= 1 or drawn(seed, ordinal, "fires") < fault.probability)


def drawn(seed: str, ordinal: int, name: str) -> float:
    """A random number in [0, 1), the same for the same seed, ordinal and name."""
    digest = hashlib.blake2b(f"{seed}/{ordinal}/{name}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


@dataclass(slots=True, eq=False)
class ArmedFault:
    """A fault with its counters: requests that it `matched`, and how often it `fired`. `position` counts from 0 among
    those of its owner, and `seed` is its own. Once a fault with `until_waited` or `lasts` has fired, `until` is the
    time at which it ends, in seconds of its account; `ended` says that it did."""

    id: str
    position: int
    fault: Fault
    seed: str
    matched: int = 0
    fired: int = 0
    until: float | None = None
    ended: bool = False

    @property
    def armed(self) -> bool:
        """Whether it can still fire."""
        return not self.ended and (self.fault.times is None or self.fired < self.fault.times)

    @property
    def unfired(self) -> bool:
        """Whether it was to fire more often than it did. Only a fault that is certain to fire, and to end, counts."""
        fault = self.fault
        if fault.optional or fault.probability < 1:
            return False
        if fault.lasts is not None:
            return not self.fired
        return self.fired < fault.times if fault.times is not None else fault.until_waited and not self.fired

    @property
    def remaining(self) -> int | None:
        """How often it will still fire, None without an end."""
        return None if self.fault.times is None else self.fault.times - self.fired

    def advance(self, now: float) -> Firing | None:
        """Counts one matching request at a time of its account, and returns how the fault fires if it does."""
        self.matched += 1
        fault = self.fault
        if not fires(fault, self.matched, self.seed):
            return None
        seconds = fault.retry_after if fault.until_waited else fault.lasts
        if seconds is not None:
            self.until = now + seconds if self.until is None else self.until
            self.ended = now >= self.until and self.fired > 0
            if self.ended:
                return None
            if fault.until_waited:
                fault = replace(fault, retry_after=self.until - now)
        self.fired += 1
        delay = 0.0 if fault.delay is None else fault.delay.sample(partial(drawn, self.seed, self.matched))
        return Firing(self.id, fault, delay)


class Firing(NamedTuple):
    """A fault that fires on one request, with the seconds that it holds the response back."""

    id: str
    fault: Fault
    delay: float = 0.0

    def record(self) -> FiredFault:
        """What the journal keeps of it."""
        fault = self.fault
        return FiredFault(
            id=self.id,
            stage="after" if fault.late else "before",
            status=fault.status,
            wire=fault.wire.kind.name if fault.wire else None,
            delay=self.delay,
            rejects=fault.rejects,
            source=fault.source,
        )


@dataclass(slots=True, eq=False)
class FaultBook:
    """All armed faults of a server, those of an account apart from those for everybody.

    The first armed fault that matches and fires wins; an account's faults come before the server's. What is random is
    seeded by the script's seed (else the server's) and the fault's position among those added, so that the same faults
    and the same requests give the same outcomes. Faults that act early come before all others, because they begin
    before there is a body that others could match. Faults that are spent are let go when there are too many.
    """

    seed: int
    _by_account: dict[str | None, list[ArmedFault]] = field(default_factory=dict)
    _added: int = 0

    def add(self, script: Script, account: str | None = None) -> list[ArmedFault]:
        """Arms a script's faults; `account` narrows those that name no account themselves. Raises TooManyFaults."""
        room = MAX_ARMED_FAULTS - len(script.faults)
        if self._count() > room:
            kept = {owner: [each for each in faults if each.armed] for owner, faults in self._by_account.items()}
            self._by_account = {owner: faults for owner, faults in kept.items() if faults}
        if self._count() > room:
            raise TooManyFaults(f"at most {MAX_ARMED_FAULTS} faults can be armed at once")
        seed = self.seed if script.seed is None else script.seed
        return [self._arm(fault, account if fault.account is None else fault.account, seed) for fault in script.faults]

    def _count(self) -> int:
        return sum(map(len, self._by_account.values()))

    def _arm(self, fault: Fault, owner: str | None, seed: int) -> ArmedFault:
        self._added += 1
        siblings = self._by_account.setdefault(owner, [])
        position = siblings[-1].position + 1 if siblings else 0
        siblings.append(ArmedFault(f"f{self._added}", position, fault, f"{seed}/{position}"))
        return siblings[-1]

    def take(
        self,
        operation: Operation,
        account: str,
        body: Json = None,
        now: float = 0.0,
        size: int = 0,
        *,
        early: bool = False,
    ) -> Firing | None:
        """The fault that fires on this request, if any; counts the request for every fault that it passed. `now` is
        the account's time, in seconds, for `match`, and `size` the bytes of the body; a body that takes too long to
        compare matches none. `early` asks for the faults that act before the body is read."""
        if not self._by_account:
            return None
        budget = comparing()
        for owner in (account, None):
            for armed in self._by_account.get(owner, ()):
                hit = armed.armed and armed.fault.early == early and armed.fault.selects(operation)
                if hit and _matches(armed.fault, body, size, now, budget) and (firing := armed.advance(now)):
                    return firing
        return None

    def list(self, account: str | None = None) -> Iterator[tuple[str | None, ArmedFault]]:
        """The faults with their owners, in the order in which they were added; of one account, or all."""
        owned = ((owner, armed) for owner, faults in self._by_account.items() for armed in faults)
        chosen = ((owner, armed) for owner, armed in owned if account is None or owner == account)
        return iter(sorted(chosen, key=lambda pair: int(pair[1].id[1:])))

    def clear(self, account: str | None = None, vendor: str | None = None) -> int:
        """Disarms the faults of one account, or of all; with `vendor` only those that are for it and no other.
        Returns how many there were."""
        cleared = 0
        for owner in list(self._by_account) if account is None else [account]:
            faults = self._by_account.pop(owner, [])
            kept = [armed for armed in faults if vendor is not None and armed.fault.vendor != vendor]
            cleared += len(faults) - len(kept)
            if kept:
                self._by_account[owner] = kept
        return cleared


def _matches(fault: Fault, body: Json, size: int, now: float, budget: Budget) -> bool:
    if fault.larger_than is not None and size <= fault.larger_than:
        return False
    with suppress(TooMuchWork):
        return fault.match is None or is_subset(fault.match, body, now, budget)
    return False
