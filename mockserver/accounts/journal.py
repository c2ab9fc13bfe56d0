"""Keeps an account's exchanges, the newest that fit its bounds, and counts what it had to let go."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice

from mockserver.model import ACCEPTED, Exchange


class Journal:
    """At most `max_entries` exchanges and `max_bytes` bytes of them; the oldest go first.

    The newest exchange is always kept, whatever its size, so that who holds a response finds its record. `evicted`
    counts those that went, `evicted_invalid` and `evicted_warned` those of them with violations or only warnings,
    `evicted_failed` those that had no success.
    """

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._exchanges: OrderedDict[int, tuple[Exchange, int]] = OrderedDict()
        self.bytes = 0
        self.evicted = self.evicted_invalid = self.evicted_warned = self.evicted_failed = 0
        self.recorded = 0

    def record(self, exchange: Exchange) -> Sequence[Exchange]:
        """Keeps an exchange. Returns those that had to go, oldest first."""
        size = exchange.size
        self._exchanges[exchange.sequence] = (exchange, size)
        self.bytes += size
        self.recorded += 1
        gone: tuple[Exchange, ...] = ()
        while len(self._exchanges) > self._max_entries or (self.bytes > self._max_bytes and len(self._exchanges) > 1):
            gone += (self.forget_oldest(),)
        return gone

    def forget_oldest(self) -> Exchange:
        """Lets the oldest exchange go, and returns it."""
        _, (gone, freed) = self._exchanges.popitem(last=False)
        self.bytes -= freed
        self.evicted += 1
        self.evicted_failed += gone.failed
        if gone.verdict is not ACCEPTED:
            self.evicted_invalid += bool(gone.verdict.violations)
            self.evicted_warned += not gone.verdict.violations and bool(gone.verdict.warnings)
        return gone

    def amend(self, exchange: Exchange) -> None:
        """Puts what is known by now in the place of an exchange of the same number, if that is still kept."""
        kept = self._exchanges.get(exchange.sequence)
        if kept is not None:
            self._exchanges[exchange.sequence] = (exchange, kept[1])

    def find(self, identifier: str) -> Exchange | None:
        number = identifier.removeprefix("r")
        found = self._exchanges.get(int(number)) if number.isdecimal() and len(number) < 20 else None
        return found[0] if found is not None and found[0].id == identifier else None

    def newest(self, count: int) -> list[Exchange]:
        """The newest exchanges, at most so many, oldest first."""
        newest = islice(reversed(self._exchanges.values()), count)
        return [exchange for exchange, _ in newest][::-1]

    def __iter__(self) -> Iterator[Exchange]:
        """The exchanges, oldest first."""
        return iter([exchange for exchange, _ in self._exchanges.values()])

    def __len__(self) -> int:
        return len(self._exchanges)
