"""Counts the events that a verification expects. It reads every exchange once, however often it counts."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from anyio.lowlevel import checkpoint

from mockserver.accounts.account import Account, Accounts
from mockserver.events.reader import EventReader
from mockserver.events.verification import Expectation
from mockserver.support.budget import Budget
from mockserver.support.matching import comparing

TURN = 100
"""Requests that are read, or events, before others get their turn."""


class Counted(NamedTuple):
    """How many events match, and how many requests were evicted unread and could have held more of them."""

    matched: int
    unseen: int


class _Read(NamedTuple):
    """How far an account's journal was read, and what it held."""

    recorded: int = 0
    matched: int = 0
    unseen: int = 0


class Counting:
    """Counts the expected events of accounts. `operations` are the operation ids of each vendor.

    An exchange that was read still counts when it is evicted later, but not when its account is reset or forgotten.
    `$now` is the time at which it was read.
    """

    def __init__(
        self,
        expectation: Expectation,
        reader: EventReader,
        operations: Mapping[str, Collection[str]],
        accounts: Accounts,
    ) -> None:
        self._expectation = expectation
        self._reader = reader
        self._operations = operations
        self._accounts = accounts
        self._read: dict[Account, _Read] = {}
        self._counted = Counted(0, 0)

    async def count(self, changed: Iterable[Account]) -> Counted:
        """What all accounts together have received until now; only those that `changed` since the last count are
        read, and of them only what is new. Lets other requests have their turn, unless little is new. Raises
        TooMuchWork."""
        budget = comparing()
        for account in changed:
            if self._could_match(account.vendor):
                before = self._read.pop(account, _Read())
                read = _Read()
                if self._accounts.known(account.vendor, account.credential) is account:
                    read = self._read[account] = await self._up_to_now(account, before, budget)
                matched, unseen = self._counted
                self._counted = Counted(matched + read.matched - before.matched, unseen + read.unseen - before.unseen)
        return self._counted

    def _could_match(self, vendor: str) -> bool:
        return vendor in self._operations and self._expectation.could_match(vendor, self._operations[vendor])

    async def _up_to_now(self, account: Account, before: _Read, budget: Budget) -> _Read:
        recorded = account.journal.recorded
        kept = account.journal.newest(recorded - before.recorded)
        now, matches, matched = account.now(), self._expectation.matches, before.matched
        for number, exchange in enumerate(kept, 1):
            matched += sum(matches(event, now, budget) for event, _ in self._reader.read(exchange))
            if number % TURN == 0:
                await checkpoint()
        return _Read(recorded, matched, before.unseen + recorded - before.recorded - len(kept))
