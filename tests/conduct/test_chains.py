"""Attempts are folded into the chains that their client made of them, also where most of the journal is gone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.conduct.chains import MAX_ATTEMPTS, MAX_CHAINS, MAX_HEAD
from mockserver.conduct.store import told_by
from mockserver.model import EventOutcome, Exchange
from tests.support.conduct import batch, chains_of, folded, sent, store


def test_a_resend_with_the_same_id_goes_on_its_chain() -> None:
    assert chains_of(sent(1, batch("a"), 503), sent(2, batch("b")), sent(3, batch("a"))) == [[1, 3], [2]]


def test_what_is_sent_again_after_a_success_begins_a_chain_anew() -> None:
    first, second = folded(sent(1, batch("a")), sent(2, batch("a"))).chains()
    assert (first.follows_success, second.follows_success) == (False, True)


def test_a_success_that_the_client_did_not_get_whole_ends_no_chain() -> None:
    lost = sent(1, batch("a"), None, stored=True)
    assert chains_of(lost, sent(2, batch("a")), sent(3, batch("a"))) == [[1, 2], [3]]


def test_a_request_that_overtakes_its_double_is_in_the_same_chain() -> None:
    hedged = [sent(1, batch("a"), at=1.5), sent(2, batch("a"), 503, at=1.0, took=2.0)]
    (chain,) = folded(*hedged).chains()
    assert [attempt.sequence for attempt in chain.attempts] == [2, 1]
    assert chain.delays == (None,)


def test_a_split_stays_in_the_chain_of_its_batch() -> None:
    whole = sent(1, batch("a", "b", "c", "d"), 413)
    assert chains_of(whole, sent(2, batch("a", "b")), sent(3, batch("c", "d"))) == [[1, 2, 3]]


def test_a_batch_that_takes_up_what_failed_goes_on_its_chain() -> None:
    assert chains_of(sent(1, batch("a", "b"), 503), sent(2, batch("a", "b", "c", "d", "e", "f"))) == [[1, 2]]


def test_a_batch_that_shares_less_than_half_of_either_is_another() -> None:
    first, second = batch("a", "b", "c"), batch("c", "d", "e")
    assert chains_of(sent(1, first, 503), sent(2, second)) == [[1], [2]]


def test_an_idempotency_key_joins_what_differs_else() -> None:
    key = {"Idempotency-Key": "k1"}
    assert chains_of(sent(1, batch("a"), 500, headers=key), sent(2, batch("-x"), headers=key)) == [[1, 2]]


def test_ids_and_times_that_are_made_anew_do_not_part_a_chain() -> None:
    assert chains_of(sent(1, batch("a"), 503), sent(2, batch("b", time=1), 503), sent(3, batch("c"))) == [[1, 2, 3]]


def test_an_event_with_other_content_is_another_chain() -> None:
    assert chains_of(sent(1, batch("a"), 503), sent(2, batch("b", value="2"))) == [[1], [2]]


def test_two_failures_at_once_are_not_attempts_of_each_other() -> None:
    assert chains_of(sent(1, batch("a"), 503, at=1, took=5), sent(2, batch("b"), 503, at=2, took=5)) == [[1], [2]]


def test_clients_that_make_ids_anew_are_told_apart_by_who_waits_longest() -> None:
    rounds = [sent(1, batch("a"), 503), sent(2, batch("-other"), 503), sent(3, batch("c")), sent(4, batch("-other"))]
    assert chains_of(*rounds) == [[1, 3], [2, 4]]


def test_an_event_of_equal_content_parts_from_a_chain_once_its_client_is_seen_to_keep_ids() -> None:
    """A heartbeat between a failure and its resend looks like the resend of a client that makes ids anew."""
    assert chains_of(sent(1, batch("a"), 503), sent(2, batch("b"), 503)) == [[1, 2]]
    assert chains_of(sent(1, batch("a"), 503), sent(2, batch("b"), 503), sent(3, batch("a"))) == [[1, 3], [2]]
    later = [sent(1, batch("a"), 503), sent(2, batch("b"), 503), sent(3, batch("b")), sent(4, batch("c"))]
    assert chains_of(*later) == [[1], [2, 3], [4]]


def test_what_the_vendor_dropped_is_through_for_its_client() -> None:
    dropped = sent(1, batch("a"), event_outcomes=(EventOutcome("dropped", "no session"),))
    assert chains_of(dropped, sent(2, batch("a"))) == [[1], [2]]


def test_a_body_that_is_no_json_is_known_by_its_bytes() -> None:
    assert chains_of(sent(1, b"{", 400), sent(2, b"{", 400), sent(3, b"{{", 400)) == [[1, 2], [3]]


def test_a_long_chain_keeps_its_ends_and_counts_what_was_between() -> None:
    hammered = [sent(number, batch("a"), 503) for number in range(1, MAX_ATTEMPTS + 51)]
    folder = folded(*hammered)
    (chain,) = folder.chains()
    assert (chain.total, chain.forgotten, chain.head) == (MAX_ATTEMPTS + 50, 50, MAX_HEAD)
    kept = [attempt.sequence for attempt in chain.attempts]
    assert kept == [*range(1, MAX_HEAD + 1), *range(MAX_HEAD + 51, MAX_ATTEMPTS + 51)]
    assert folder.forgotten == 50
    (entry,) = told_by(folder, over=True, now=0.0).ledger
    assert (entry.fate, entry.attempts) == ("lost", MAX_ATTEMPTS + 50)


def test_what_came_to_an_end_first_is_forgotten_first_and_counted() -> None:
    many = [sent(1, batch("open", value="1"), 503), *(sent(n, batch(f"e{n}"), at=n) for n in range(2, MAX_CHAINS + 12))]
    folder = folded(*many)
    chains = folder.chains()
    assert (len(chains), chains[0].id, chains[1].id) == (MAX_CHAINS, "c1", "c13")
    told = told_by(folder, over=True, now=0.0)
    assert (told.history.forgotten, told.forgotten_chains) == (11, 11)
    assert told.totals["delivered"] == MAX_CHAINS + 10
    assert told.totals["lost"] == 1


def test_a_plain_success_is_only_counted_once_there_is_no_room() -> None:
    kept = store()
    for number in range(1, MAX_CHAINS + 501):
        kept.keep(sent(number, batch(f"e{number}", f"f{number}"), event_outcomes=(EventOutcome("accepted"),) * 2))
    folder = kept.folded_with([])
    assert (len(folder.chains()), folder.forgotten) == (MAX_CHAINS, 500)
    assert told_by(folder, over=True, now=0.0).totals["events"] == 2 * (MAX_CHAINS + 500)


def test_a_store_gives_back_all_that_it_counted() -> None:
    kept = store()
    for number, name in enumerate("abcab", start=1):
        kept.keep(sent(number, batch(name), 503 if number < 4 else 200))
    assert kept.bytes > 3 * 1500
    while len(kept):
        kept.forget_oldest()
    assert kept.bytes == 0
    folder = kept.folded_with([])
    assert (folder.open, folder._newest, folder._waiting) == (0, {}, {})


IDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True)
STEPS = st.lists(
    st.tuples(IDS, st.sampled_from([200, 200, 400, 413, 429, 503, None]), st.floats(0.0, 3.0), st.booleans()),
    max_size=40,
)


def history(steps: list[tuple[list[str], int | None, float, bool]]) -> list[Exchange]:
    """What a client without any manners might send, sometimes with events that have no ids."""
    found = []
    for number, (ids, status, took, named) in enumerate(steps, start=1):
        body = batch(*(ids if named else [f"-{each}" for each in ids]), time=number % 3)
        found.append(sent(number, body, status, at=number - took, took=took))
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(0, 40))
def test_it_makes_no_difference_what_has_left_the_journal(steps: Any, gone: int) -> None:
    exchanges = history(steps)
    whole, evicted = folded(*exchanges), folded(*exchanges, gone=gone)
    assert told_by(evicted, over=True, now=50.0) == told_by(whole, over=True, now=50.0)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_every_attempt_is_in_exactly_one_chain_and_every_event_in_the_ledger(steps: Any) -> None:
    exchanges = history(steps)
    told = told_by(folded(*exchanges), over=True, now=50.0)
    found = [attempt.sequence for chain in told.history.chains for attempt in chain.attempts]
    assert sorted(found) == [each.sequence for each in exchanges]
    assert [attempt.started_elapsed for attempt in told.history.attempts] == sorted(
        each.timing.started for each in exchanges
    )
    delivered = sum(len(json.loads(each.request.body)["events"]) for each in exchanges if each.stored)
    assert sum(entry.deliveries for entry in told.ledger) == delivered
    assert sum(told.totals[fate] for fate in ("delivered", "delivered again", "refused", "lost", "in doubt")) == len(
        told.ledger
    )


@pytest.mark.parametrize("gone", [0, 2, 4])
def test_an_asked_verdict_leaves_what_is_kept_as_it_is(gone: int) -> None:
    exchanges = [sent(1, batch("a"), 503), sent(2, batch("b")), sent(3, batch("a"), None), sent(4, batch("a"))]
    kept = store()
    for each in exchanges[:gone]:
        kept.keep(each)
    first = told_by(kept.folded_with(exchanges[gone:]), over=True, now=9.0)
    assert told_by(kept.folded_with(exchanges[gone:]), over=True, now=9.0) == first
