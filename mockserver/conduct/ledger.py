"""Keeps the ledger: what became of each event that a client wanted recorded, and how many of each fate there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mockserver.conduct.records import Attempt, Fate, LedgerEntry

MAX_REQUESTS = 20
"""Requests that an entry of the ledger names."""
FATES: tuple[Fate, ...] = ("delivered", "delivered again", "refused", "lost", "in doubt")


@dataclass(slots=True, eq=False)
class EventRecord:
    """What is known of one event. `deliveries` counts how often the vendor took it, of which it knew `duplicates` for
    what they are. `acknowledged` says that the client knows of a success. `begun` is when the newest attempt began, by
    the server's monotonic clock; `status` is that of its response, and `pending` says that it could be sent again.
    """

    key: str
    name: str | None
    is_event: bool = True
    attempts: int = 0
    deliveries: int = 0
    duplicates: int = 0
    dropped: int | None = None
    acknowledged: bool = False
    begun: float = float("-inf")
    status: int | None = None
    pending: bool = True
    requests: tuple[str, ...] = ()

    def copy(self) -> EventRecord:
        return replace(self)

    def note(self, attempt: Attempt, number: int) -> None:
        """Books an attempt that holds the event as its `number`-th, counted from 0."""
        key = attempt.event_keys[number] if attempt.event_keys else self.key
        taken = attempt.stored and key not in attempt.failed_events
        self.attempts += 1
        if len(self.requests) < MAX_REQUESTS:
            self.requests += (attempt.request_id,)
        if taken and key in attempt.dropped_events:
            self.dropped = attempt.status
        elif taken:
            self.deliveries += 1
            self.duplicates += key in attempt.duplicate_events
        self.acknowledged |= not attempt.failed and key not in attempt.failed_events
        if attempt.started_elapsed >= self.begun:
            self.begun, self.status = attempt.started_elapsed, attempt.status
            server_failed = attempt.status is None or not attempt.received_whole or attempt.status >= 500
            self.pending = attempt.retry in ("must", "should") or (attempt.retry == "may" and server_failed)

    def merged(self, other: EventRecord) -> EventRecord:
        """The record of an event of two chains."""
        newest = other if other.begun >= self.begun else self
        return EventRecord(
            key=self.key,
            name=self.name,
            attempts=self.attempts + other.attempts,
            deliveries=self.deliveries + other.deliveries,
            duplicates=self.duplicates + other.duplicates,
            dropped=self.dropped if other.dropped is None else other.dropped,
            acknowledged=self.acknowledged or other.acknowledged,
            begun=newest.begun,
            status=newest.status,
            pending=newest.pending,
            requests=(self.requests + other.requests)[:MAX_REQUESTS],
        )

    def fate(self, *, over: bool) -> Fate:
        """What became of the event, if no more comes (`over`) or as far as anybody knows.

        It is in doubt where the vendor took it and its client never knew, or where the client was told of a success
        that the vendor knows nothing of; and where it may still be sent again.
        """
        if self.deliveries and self.acknowledged:
            return "delivered" if self.deliveries == 1 else "delivered again"
        if self.dropped is not None:
            return "refused"
        if self.deliveries or self.acknowledged or (self.pending and not over):
            return "in doubt"
        return "lost" if self.pending else "refused"

    @property
    def harmless(self) -> bool:
        """Whether the vendor keeps one of several."""
        return self.deliveries > 1 and self.duplicates >= self.deliveries - 1

    def entry(self, *, over: bool) -> LedgerEntry:
        fate = self.fate(over=over)
        refused = self.dropped if self.dropped is not None else self.status
        return LedgerEntry(
            key=self.key,
            name=self.name,
            fate=fate,
            deliveries=self.deliveries,
            attempts=self.attempts,
            status=refused if fate == "refused" else None,
            harmless=self.harmless,
            requests=self.requests,
        )


def by_key(records: Iterable[EventRecord]) -> list[EventRecord]:
    """The records of several chains, one for each event, in the order in which the events first came."""
    found: dict[str, EventRecord] = {}
    for record in records:
        known = found.get(record.key)
        found[record.key] = record if known is None else known.merged(record)
    return list(found.values())


def totals_of(records: Iterable[EventRecord], *, over: bool) -> Counter[str]:
    """How many events there are of each fate, `events` in all, their `deliveries`, and how many of those that were
    delivered again are `harmless`."""
    totals = Counter[str]()
    for record in records:
        totals["events"] += 1
        totals[record.fate(over=over)] += 1
        totals["deliveries"] += record.deliveries
        totals["harmless"] += record.harmless
    return totals
