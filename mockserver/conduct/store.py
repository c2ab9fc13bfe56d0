"""Keeps the conduct of one account's client beyond the journal, and makes of both the history that the rules judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mockserver.conduct.chains import ChainFolder
from mockserver.conduct.ledger import by_key, totals_of
from mockserver.conduct.records import Attempt, History, LedgerEntry
from mockserver.model import ACCEPTED, Exchange

ReadAttempt = Callable[[Exchange], Attempt | None]


class Told(NamedTuple):
    """The history of a client with its ledger: the entries, and the totals of all events, also of those forgotten."""

    history: History
    ledger: tuple[LedgerEntry, ...]
    totals: Counter[str]
    forgotten_chains: int


class ConductStore:
    """The attempts that left the journal of an account, folded into chains; `read` makes them of exchanges. Its length
    is the number of chains."""

    def __init__(self, read: ReadAttempt) -> None:
        self._read = read
        self._folder = ChainFolder()
        self._events: dict[str | None, int] = {}
        self._settled = False
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._folder)

    def forget_oldest(self) -> None:
        """Forgets the oldest chain."""
        self._folder.forget_oldest()
        self._note()

    def keep(self, exchange: Exchange) -> None:
        """Folds an exchange that leaves the journal. Once there is no room for more chains, and none that it could go
        on, a plain success is only counted: that takes a hundredth of the time."""
        if self._settled and is_plain(exchange):
            self._folder.count(len(exchange.event_outcomes) or self._events.get(exchange.operation, 0))
            return
        attempt = self._read(exchange)
        if attempt is not None:
            self._events[exchange.operation] = min(1, len(attempt.event_keys))
            self._folder.add(attempt)
            self._note()

    def _note(self) -> None:
        folder = self._folder
        self.bytes, self._settled = folder.bytes, folder.full and not folder.open

    def folded_with(self, exchanges: Iterable[Exchange]) -> ChainFolder:
        """All that is known, with exchanges that are still in the journal; what is kept stays as it is."""
        folder = self._folder.copy()
        for exchange in exchanges:
            attempt = self._read(exchange)
            if attempt is not None:
                folder.add(attempt)
        return folder


def is_plain(exchange: Exchange) -> bool:
    """Whether an exchange is a success that the client got whole, with nothing to be said of it."""
    timing = exchange.timing
    taken = exchange.acknowledged and exchange.fault is None and exchange.verdict is ACCEPTED
    return taken and timing.lost is None and timing.finished is not None


def told_by(folder: ChainFolder, *, over: bool, now: float) -> Told:
    """What a folder tells at a time of its account. `over` says that no more is to come."""
    chains = folder.chains()
    attempts = sorted((each for chain in chains for each in chain.attempts), key=lambda each: each.started_elapsed)
    records = by_key(folder.events())
    history = History(chains, tuple(attempts), folder.forgotten, over, now)
    entries = tuple(record.entry(over=over) for record in records)
    return Told(history, entries, totals_of(records, over=over) + folder.totals, folder.forgotten_chains)
