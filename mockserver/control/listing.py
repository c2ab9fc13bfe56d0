"""Remembers which events a listing matches, so that a further page reads only what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from mockserver.accounts.account import Account
from mockserver.control.paging import Since
from mockserver.events.reader import EventReader
from mockserver.events.verification import Expectation
from mockserver.model import Event

MAX_HELD = 200_000
"""Events whose places are remembered: some 20 MB."""


class Place(NamedTuple):
    """Where an event stands: the number of its exchange, its number in it, how often it came, and the number of its
    account among those of the listing."""

    sequence: int
    number: int
    attempt: int
    account: int


class EventListing:
    """The events that a listing matches, oldest first. Those of the last listing are remembered by their places until
    a request comes or goes at its accounts."""

    def __init__(self, reader: EventReader) -> None:
        self._reader = reader
        self._held: tuple[object, list[Place]] = None, []

    def matching(self, accounts: Sequence[Account], since: Since | None, wanted: Expectation) -> list[Place]:
        """The places of the events that are wanted."""
        key = tuple(map(_stamp, accounts)), since, wanted.operation, wanted.name, wanted.outcome
        if self._held[0] == key:
            return self._held[1]
        each = (self._numbered(number, account, since, wanted) for number, account in enumerate(accounts))
        places = list(merge(*each, key=attrgetter("sequence")))
        self._held = (key, places) if len(places) <= MAX_HELD else (None, [])
        return places

    def events(self, accounts: Sequence[Account], places: Sequence[Place]) -> Iterator[Event]:
        """The events at some places, which were just told for these accounts."""
        for (sequence, number), group in groupby(places, key=itemgetter(0, 3)):
            exchange = accounts[number].journal.find(f"r{sequence}")
            presentations = self._reader.read(exchange) if exchange is not None else ()
            for place in group:
                event = presentations[place.number].event
                yield event if place.attempt == event.attempt else event._replace(attempt=place.attempt)

    def _numbered(self, account: int, of: Account, since: Since | None, wanted: Expectation) -> Iterator[Place]:
        """The places of an account's events. All events are read, so that attempts are counted."""
        admitted = None if since is None else {each.sequence for each in of.journal if since.admits(each)}
        for request_id, events in groupby(self._reader.events([*of.journal]), key=attrgetter("request_id")):
            sequence = int(request_id[1:])
            if admitted is None or sequence in admitted:
                for number, event in enumerate(events):
                    if wanted.selects(event):
                        yield Place(sequence, number, event.attempt, account)


def _stamp(account: Account) -> tuple[str, str, int, int]:
    """What tells an account's journal from any other and from itself earlier: no number of an exchange comes twice."""
    newest = account.journal.newest(1)
    return account.vendor, account.credential, newest[0].sequence if newest else 0, len(account.journal)
