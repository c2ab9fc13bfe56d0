"""The journal keeps the newest exchanges up to both of its bounds, and counts what it lets go."""

from __future__ import annotations

import pytest

from mockserver.accounts.journal import Journal
from mockserver.model import Exchange
from tests.support.exchanges import INVALID, WARNED, exchange

SIZE = exchange(1).size
"""What each exchange of these tests takes, in bytes."""


def journal_of(*exchanges: Exchange, max_entries: int = 10, max_bytes: int = 10 * SIZE) -> Journal:
    journal = Journal(max_entries, max_bytes)
    for each in exchanges:
        journal.record(each)
    return journal


def numbers(journal: Journal) -> list[int]:
    return [each.sequence for each in journal]


@pytest.mark.parametrize(("max_entries", "kept"), [(1, [4]), (2, [3, 4]), (3, [2, 3, 4]), (4, [1, 2, 3, 4])])
def test_it_keeps_as_many_exchanges_as_it_may(max_entries: int, kept: list[int]) -> None:
    journal = journal_of(*map(exchange, range(1, 5)), max_entries=max_entries)
    assert numbers(journal) == kept
    assert (len(journal), journal.evicted, journal.recorded) == (len(kept), 4 - len(kept), 4)
    assert journal.bytes == len(kept) * SIZE


@pytest.mark.parametrize(
    ("max_bytes", "kept"),
    [(3 * SIZE, [1, 2, 3]), (3 * SIZE - 1, [2, 3]), (2 * SIZE, [2, 3]), (2 * SIZE - 1, [3]), (0, [3])],
)
def test_it_keeps_as_many_bytes_as_it_may_and_always_the_newest(max_bytes: int, kept: list[int]) -> None:
    """Exchanges that fill the bound to the last byte stay."""
    journal = journal_of(*map(exchange, range(1, 4)), max_bytes=max_bytes)
    assert numbers(journal) == kept
    assert (journal.bytes, journal.evicted) == (len(kept) * SIZE, 3 - len(kept))


def test_one_large_exchange_lets_several_small_ones_go() -> None:
    large = exchange(4, response_body=b"x" * (2 * SIZE))
    journal = journal_of(*map(exchange, range(1, 4)), large, max_bytes=large.size + SIZE)
    assert numbers(journal) == [3, 4]
    assert journal.bytes == large.size + SIZE


def test_it_counts_the_violations_and_warnings_that_it_lets_go() -> None:
    """An exchange with both counts as invalid only."""
    both = INVALID._replace(warnings=WARNED.warnings)
    verdicts = [INVALID, WARNED, both, INVALID, WARNED, WARNED, WARNED]
    judged = [exchange(number, verdict=verdict) for number, verdict in enumerate(verdicts)]
    journal = journal_of(*judged, *map(exchange, range(7, 10)), exchange(10, verdict=INVALID), max_entries=1)
    assert (journal.evicted, journal.evicted_invalid, journal.evicted_warned) == (10, 3, 4)


def test_a_new_journal_has_nothing_and_has_counted_nothing() -> None:
    journal = journal_of()
    counts = (journal.evicted, journal.evicted_invalid, journal.evicted_warned, journal.recorded, journal.bytes)
    assert (counts, len(journal), numbers(journal)) == ((0, 0, 0, 0, 0), 0, [])


def test_an_exchange_is_found_by_its_id() -> None:
    kept = exchange(12)
    journal = journal_of(exchange(1), kept, max_entries=1)
    assert journal.find("r12") is kept
    assert journal.find("r1") is None


@pytest.mark.parametrize(
    "identifier", ["", "r", "12", "R12", "r012", "rr12", "r12r", "r-12", "r1.2", "r١٢", "r" + "9" * 19]
)
def test_any_other_text_finds_nothing(identifier: str) -> None:
    assert journal_of(exchange(12)).find(identifier) is None


def test_an_id_of_very_many_digits_finds_nothing() -> None:
    """Python refuses to read a number of more than some thousand digits."""
    assert journal_of(exchange(12)).find("r" + "1" * 10_000) is None


def test_an_id_has_19_digits_at_most() -> None:
    last, beyond = exchange(10**19 - 1), exchange(10**19)
    journal = journal_of(last, beyond)
    assert journal.find(last.id) is last
    assert journal.find(beyond.id) is None


@pytest.mark.parametrize(("count", "newest"), [(0, []), (1, [3]), (2, [2, 3]), (3, [1, 2, 3]), (9, [1, 2, 3])])
def test_the_newest_come_oldest_first(count: int, newest: list[int]) -> None:
    journal = journal_of(*map(exchange, range(1, 4)))
    assert [each.sequence for each in journal.newest(count)] == newest
