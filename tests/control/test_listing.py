"""A further page of events reads the exchanges that it shows, and no others, until something comes or goes."""

from __future__ import annotations

import pytest

from mockserver.accounts.account import Account, Accounts
from mockserver.control import listing
from mockserver.control.listing import EventListing
from mockserver.events.reader import EventReader
from mockserver.events.verification import Expectation
from mockserver.model import EventPart, Exchange, Json
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from tests.support.exchanges import exchange

WANTED = Expectation()


class Listed:
    """An account whose exchanges hold two events each; `read` counts the exchanges that were taken apart."""

    def __init__(self, count: int) -> None:
        self.accounts = Accounts(Settings(), lambda: 0.0, start_timer)
        self.account: Account = self.accounts.of("vendor", "key")
        self.read = 0
        self.listing = EventListing(EventReader({"vendor": self._split}, 1000, kept_bytes=0))
        for _ in range(count):
            self.add()

    def _split(self, _exchange: Exchange, body: Json, _response: Json) -> list[EventPart]:
        self.read += 1
        assert isinstance(body, list)
        return [EventPart(str(each), each) for each in body]

    def add(self) -> None:
        self.accounts.record(self.account, exchange(self.accounts.next_sequence(), "a", "b"))

    def page(self, start: int, end: int, wanted: Expectation = WANTED) -> list[tuple[str, str | None, int]]:
        """The events of a page, each by its request, name and attempt."""
        places = self.listing.matching([self.account], None, wanted)[start:end]
        return [(each.request_id, each.name, each.attempt) for each in self.listing.events([self.account], places)]


def test_a_further_page_reads_what_it_shows() -> None:
    listed = Listed(10)
    assert listed.page(0, 4) == [("r1", "a", 1), ("r1", "b", 1), ("r2", "a", 2), ("r2", "b", 2)]
    assert listed.read == 10 + 2
    assert listed.page(5, 8) == [("r3", "b", 3), ("r4", "a", 4), ("r4", "b", 4)]
    assert listed.read == 10 + 2 + 2


def test_what_comes_between_pages_is_listed() -> None:
    listed = Listed(2)
    listed.page(0, 2)
    listed.add()
    assert listed.page(4, 9) == [("r3", "a", 3), ("r3", "b", 3)]


def test_what_was_reset_between_pages_is_not_listed() -> None:
    listed = Listed(2)
    listed.page(0, 2)
    listed.accounts.forget("vendor", "key")
    listed.account = listed.accounts.of("vendor", "key")
    for _ in range(2):
        listed.add()
    assert listed.page(0, 9) == [("r3", "a", 1), ("r3", "b", 1), ("r4", "a", 2), ("r4", "b", 2)]


def test_another_filter_is_another_listing() -> None:
    listed = Listed(2)
    listed.page(0, 2)
    assert listed.page(0, 9, Expectation(name="b")) == [("r1", "b", 1), ("r2", "b", 2)]


def test_more_places_than_are_remembered_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_HELD", 3)
    listed = Listed(2)
    assert listed.page(0, 1) == [("r1", "a", 1)]
    assert listed.page(3, 4) == [("r2", "b", 2)]
    assert listed.read == 2 * (2 + 1)
