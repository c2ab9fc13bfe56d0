"""The armed faults and their schedule: which request each one fires on. Taking one is a single atomic step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mockserver.faults.vocabulary import Fault, Script, sampled
from mockserver.faults.wire import DELIVERS
from mockserver.model import FiredFault, Json, Operation
from mockserver.support.matching import is_subset

ARMED_AT_MOST = 10_000


class TooManyFaults(Exception):  # noqa: N818 - it becomes a 400
    """More faults than are kept at once."""


@dataclass(slots=True, eq=False)
class ArmedFault:
    """A fault with its counters: requests that it `matched`, and how often it `fired`. `place` counts from 0 among
    those of its owner."""

    id: str
    place: int
    fault: Fault
    random: random.Random
    matched: int = 0
    fired: int = 0

    @property
    def armed(self) -> bool:
        """Whether it can still fire."""
        return self.fault.times is None or self.fired < self.fault.times

    def advance(self) -> bool:
        """Counts one matching request and says whether the fault fires on it.

        The first `after` requests are passed over; of the rest every `every`-th is a candidate; a candidate fires
        with `probability`, until it fired `times` times.
        """
        self.matched += 1
        position = self.matched - self.fault.after
        if position < 1 or position % self.fault.every != 0:
            return False
        if self.fault.probability < 1.0 and self.random.random() >= self.fault.probability:
            return False
        self.fired += 1
        return True


class Firing(NamedTuple):
    """A fault that fires on one request, with the seconds that it holds the response back."""

    id: str
    fault: Fault
    delay: float = 0.0

    def record(self) -> FiredFault:
        """What the journal keeps of it."""
        fault = self.fault
        wire = fault.wire.kind if fault.wire else None
        rejects = fault.stage == "before" and (fault.status is not None or (wire is not None and wire not in DELIVERS))
        return FiredFault(self.id, fault.stage, fault.status, wire, self.delay, rejects, fault.source)


@dataclass(slots=True, eq=False)
class FaultBook:
    """All armed faults of a server, those of an account apart from those for everybody.

    The first armed fault that matches and fires wins; an account's faults come before the server's. What is random is
    seeded by the script's seed (else the server's) and the fault's place among those added, so that the same faults
    and the same requests give the same outcomes. A slow_request fault comes before all others, because it begins
    before there is a body that others could match. Faults that are spent are let go when there are too many.
    """

    seed: int = 0
    _by_account: dict[str | None, list[ArmedFault]] = field(default_factory=dict)
    _added: int = 0

    def add(self, script: Script, account: str | None = None) -> list[ArmedFault]:
        """Arms a script's faults; `account` narrows those that name no account themselves. Raises TooManyFaults."""
        if self._crowded(len(script.faults)):
            self._let_spent_go()
        if self._crowded(len(script.faults)):
            raise TooManyFaults(f"at most {ARMED_AT_MOST} faults can be armed at once")
        added = []
        for fault in script.faults:
            owner = fault.account if fault.account is not None else account
            self._added += 1
            siblings = self._by_account.setdefault(owner, [])
            place = siblings[-1].place + 1 if siblings else 0
            seed = self.seed if script.seed is None else script.seed
            armed = ArmedFault(f"f{self._added}", place, fault, random.Random(f"{seed}/{place}"))  # noqa: S311 - no secrets
            siblings.append(armed)
            added.append(armed)
        return added

    def _crowded(self, more: int) -> bool:
        return sum(map(len, self._by_account.values())) + more > ARMED_AT_MOST

    def _let_spent_go(self) -> None:
        kept = {owner: [each for each in faults if each.armed] for owner, faults in self._by_account.items()}
        self._by_account = {owner: faults for owner, faults in kept.items() if faults}

    def take(self, operation: Operation, account: str, body: Json, now: float = 0.0) -> Firing | None:
        """The fault that fires on this request, if any; counts the request for every fault that it passed. `now` is
        the account's time, in seconds, for `match`."""
        return self._take(operation, account, body, now, early=False) if self._by_account else None

    def take_early(self, operation: Operation, account: str) -> Firing | None:
        """Like `take`, for faults that begin before the body is read."""
        return self._take(operation, account, None, 0.0, early=True) if self._by_account else None

    def _take(self, operation: Operation, account: str, body: Json, now: float, *, early: bool) -> Firing | None:
        for owner in (account, None):
            for armed in self._by_account.get(owner, ()):
                hit = armed.armed and _is_early(armed.fault) == early and _matches(armed.fault, operation, body, now)
                if hit and armed.advance():
                    return Firing(armed.id, armed.fault, _delay(armed))
        return None

    def list(self, account: str | None = None) -> Iterator[tuple[str | None, ArmedFault]]:
        """The faults with their owners, in the order in which they were added; of one account, or all."""
        owned = ((owner, armed) for owner, faults in self._by_account.items() for armed in faults)
        chosen = ((owner, armed) for owner, armed in owned if account is None or owner == account)
        return iter(sorted(chosen, key=lambda pair: int(pair[1].id[1:])))

    def clear(self, account: str | None = None, vendor: str | None = None) -> int:
        """Disarms the faults of one account, or of all; with `vendor` only those that are for it and no other.
        Answers how many there were."""
        cleared = 0
        for owner in list(self._by_account) if account is None else [account]:
            faults = self._by_account.pop(owner, [])
            kept = [armed for armed in faults if vendor is not None and armed.fault.vendor != vendor]
            cleared += len(faults) - len(kept)
            if kept:
                self._by_account[owner] = kept
        return cleared


def _is_early(fault: Fault) -> bool:
    return fault.wire is not None and fault.wire.kind == "slow_request"


def _matches(fault: Fault, operation: Operation, body: Json, now: float) -> bool:
    return (
        (fault.vendor is None or fault.vendor == operation.vendor)
        and (fault.operation is None or fault.operation == operation.id)
        and (fault.status is None or fault.undocumented or fault.status in operation.responses)
        and (fault.match is None or is_subset(fault.match, body, now))
    )


def _delay(armed: ArmedFault) -> float:
    if armed.fault.delay is None:
        return 0.0
    return sampled(armed.fault.delay, armed.random.random(), armed.random.gauss(0.0, 1.0))
