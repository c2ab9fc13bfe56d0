"""The ledger says of every event what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.conduct.records import LedgerEntry
from mockserver.conduct.store import told_by
from mockserver.model import EventOutcome, Exchange
from tests.support.conduct import batch, folded, sent

TAKEN, DOUBLE, DROPPED = EventOutcome("accepted"), EventOutcome("duplicate"), EventOutcome("dropped", "no session")


def ledger(*exchanges: Exchange, over: bool = True) -> dict[str, LedgerEntry]:
    """The entries by the ids of the events, or by their names where they have none."""
    told = told_by(folded(*exchanges), over=over, now=100.0)
    return {entry.key.rpartition("/")[2] if "/id/" in entry.key else str(entry.name): entry for entry in told.ledger}


def test_an_event_that_came_through_is_delivered() -> None:
    entry = ledger(sent(1, batch("a"), 503), sent(2, batch("a")))["a"]
    assert (entry.fate, entry.deliveries, entry.attempts, entry.requests) == ("delivered", 1, 2, ("r1", "r2"))


def test_what_the_vendor_knows_for_a_double_is_harmless() -> None:
    again = ledger(sent(1, batch("a"), event_outcomes=(TAKEN,)), sent(2, batch("a"), event_outcomes=(DOUBLE,)))["a"]
    assert (again.fate, again.deliveries, again.harmless) == ("delivered again", 2, True)


def test_what_it_does_not_know_is_there_twice() -> None:
    again = ledger(sent(1, batch("-a")), sent(2, batch("-a")))["-a"]
    assert (again.fate, again.deliveries, again.harmless) == ("delivered again", 2, False)


@pytest.mark.parametrize("status", [400, 401, 413, 422])
def test_what_must_not_be_sent_again_is_refused_for_good(status: int) -> None:
    entry = ledger(sent(1, batch("a"), status), over=False)["a"]
    assert (entry.fate, entry.status) == ("refused", status)


@pytest.mark.parametrize("status", [429, 500, 503, None])
def test_what_could_be_sent_again_is_lost_once_it_is_over(status: int | None) -> None:
    attempt = sent(1, batch("a"), status)
    assert ledger(attempt)["a"].fate == "lost"
    assert ledger(attempt, over=False)["a"].fate == "in doubt"


def test_what_was_stored_while_the_acknowledgement_was_lost_is_in_doubt() -> None:
    entry = ledger(sent(1, batch("a"), 503, stored=True))["a"]
    assert (entry.fate, entry.deliveries) == ("in doubt", 1)


def test_the_response_to_a_resend_settles_the_doubt() -> None:
    entry = ledger(sent(1, batch("a"), None, stored=True), sent(2, batch("a"), event_outcomes=(DOUBLE,)))["a"]
    assert (entry.fate, entry.deliveries, entry.harmless) == ("delivered again", 2, True)


def test_what_the_vendor_accepted_and_dropped_is_refused() -> None:
    entry = ledger(sent(1, batch("a", "b"), event_outcomes=(TAKEN, DROPPED)))
    assert (entry["a"].fate, entry["b"].fate, entry["b"].status) == ("delivered", "refused", 200)


def test_a_success_of_which_the_vendor_knows_nothing_is_in_doubt() -> None:
    assert ledger(sent(1, batch("a"), stored=False, acknowledged=False))["a"].fate == "in doubt"


def test_an_event_whose_id_was_made_anew_is_one_event() -> None:
    found = ledger(sent(1, batch("a"), 503), sent(2, batch("b")))
    assert {key: entry.fate for key, entry in found.items()} == {"a": "delivered"}


def test_the_last_answer_counts_whenever_it_was_recorded() -> None:
    slow, quick = sent(1, batch("a"), 400, at=2.0), sent(2, batch("a"), 503, at=1.0, took=5.0)
    assert ledger(slow, quick)["a"].status == 400


def test_a_request_without_events_is_not_in_it() -> None:
    assert ledger(sent(1, {"events": []}, 400), sent(2, b"{", 400)) == {}


def test_only_so_many_requests_of_an_event_are_named() -> None:
    entry: Any = ledger(*(sent(number, batch("a"), 503) for number in range(1, 31)))["a"]
    assert (entry.attempts, len(entry.requests)) == (30, 20)
