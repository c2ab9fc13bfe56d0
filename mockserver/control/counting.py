"""Counts the events that a verification expects. It reads every exchange once, however often it counts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mockserver.accounts.account import Account
from mockserver.events.reader import EventReader
from mockserver.events.verification import Expectation
from mockserver.support.budget import Budget
from mockserver.support.matching import comparing


class Counted(NamedTuple):
    """How many events match, and how many requests were evicted unread and could have held more of them."""

    matched: int
    unseen: int


@dataclass(slots=True)
class _Read:
    """How far an account's journal was read, and what it held."""

    recorded: int = 0
    matched: int = 0
    unseen: int = 0


class Counting:
    """Counts the expected events of accounts. `operations` are the operation ids of each vendor.

    An exchange that was read still counts when it is evicted later. `$now` is the time at which it was read.
    """

    def __init__(
        self, expectation: Expectation, reader: EventReader, operations: Mapping[str, Collection[str]]
    ) -> None:
        self._expectation = expectation
        self._reader = reader
        self._operations = operations
        self._read: dict[Account, _Read] = {}

    def count(self, accounts: Iterable[Account]) -> Counted:
        """What the accounts have received until now. Raises TooMuchWork."""
        budget = comparing()
        read = [self._up_to_now(account, budget) for account in accounts if self._could_match(account.vendor)]
        return Counted(sum(each.matched for each in read), sum(each.unseen for each in read))

    def _could_match(self, vendor: str) -> bool:
        return vendor in self._operations and self._expectation.could_match(vendor, self._operations[vendor])

    def _up_to_now(self, account: Account, budget: Budget) -> _Read:
        read = self._read.setdefault(account, _Read())
        new = account.journal.recorded - read.recorded
        if new:
            read.recorded += new
            kept = account.journal.newest(new)
            read.unseen += new - len(kept)
            now, matches = account.now(), self._expectation.matches
            read.matched += sum(matches(event, now, budget) for each in kept for event, _ in self._reader.read(each))
        return read
