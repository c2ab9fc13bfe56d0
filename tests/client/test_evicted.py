"""What was evicted is never taken for what did not come: an expectation fails where evicted requests could break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from mockserver.testing import Datadog, MockServer
from tests.support.worlds import Sender, game_event, payment

SENT_AT_MOST = 5000


@pytest.fixture
def small() -> Iterator[MockServer]:
    """A server that keeps two requests of each account."""
    with MockServer(journal_entries=2, log_level="warning") as server:
        yield server


@pytest.fixture
def crowded(small: MockServer, sender: Sender) -> Datadog:
    """An account whose first request was evicted, unread, by two others."""
    datadog = small.datadog()
    for name in ("first", "a", "a"):
        sender.pay(datadog, payment(name=name))
    return datadog


def send_until(over: Future[Any], send: Callable[[], object]) -> None:
    for _ in range(SENT_AT_MOST):
        if over.done():
            return
        send()


@pytest.mark.parametrize(
    ("expected", "status", "undecided"),
    [
        ({"name": "first", "times": 0}, 409, True),
        ({"name": "first", "at_most": 1}, 409, True),
        ({"name": "a", "times": 2}, 409, True),
        ({"name": "a", "at_least": 1, "at_most": 2}, 409, True),
        ({"name": "a", "times": 1}, 409, False),
        ({"name": "first"}, 409, False),
        ({"name": "first", "times": 1}, 409, False),
        ({"name": "a", "at_least": 2}, 200, None),
        ({"name": "a"}, 200, None),
    ],
    ids=str,
)
def test_as_many_as_expected_are_not_enough_where_there_may_be_more(
    crowded: Datadog, sender: Sender, expected: dict[str, Any], status: int, undecided: bool | None
) -> None:
    answer = sender.verify(crowded, **expected)
    assert answer.status_code == status, answer.text
    assert answer.json()["ok"] == (status == 200)
    assert answer.json().get("undecided") is undecided
    assert answer.json().get("unseen") == (None if status == 200 else 1)


def test_the_python_face_says_that_it_cannot_tell_and_how_it_could(crowded: Datadog) -> None:
    bounds = r"1 older request was evicted [\s\S]+ journal_entries, journal_bytes or total_bytes, or reset\(\)"
    with pytest.raises(AssertionError, match=f"cannot tell: [\\s\\S]+{bounds}"):
        crowded.assert_nothing_received("first")
    with pytest.raises(AssertionError, match=f"cannot tell: [\\s\\S]+{bounds}"):
        crowded.assert_received("a", times=2)


def test_what_was_evicted_still_kept_or_broke_the_contract(small: MockServer, sender: Sender) -> None:
    kept, misspelt, broken = small.datadog(), small.datadog(), small.datadog()
    for datadog, first in ((kept, payment()), (misspelt, {**payment(), "accuont": {}}), (broken, {})):
        sender.pay(datadog, first)
        for _ in range(2):
            sender.pay(datadog)
    kept.assert_contract_kept(strict=True)
    misspelt.assert_contract_kept()
    with pytest.raises(AssertionError, match="1 request to datadog broke the contract and is no longer"):
        misspelt.assert_contract_kept(strict=True)
    with pytest.raises(AssertionError, match="1 request to datadog broke the contract and is no longer"):
        broken.assert_contract_kept()


def test_a_wait_that_can_only_end_in_doubt_ends_at_once(crowded: Datadog) -> None:
    """Within the time that a test has, not after five minutes."""
    with pytest.raises(AssertionError, match="cannot tell"):
        crowded.assert_nothing_received("first", within=300)


def test_bytes_are_a_bound_as_entries_are(sender: Sender) -> None:
    with MockServer(journal_bytes=200_000, log_level="warning") as server:
        datadog = server.datadog()
        sender.pay(datadog, payment(name="first"))
        sender.pay(datadog, payment(name="large", text="x" * 300_000))
        with pytest.raises(AssertionError, match="cannot tell"):
            datadog.assert_nothing_received("first")


def test_after_a_reset_nothing_is_in_doubt(crowded: Datadog, sender: Sender) -> None:
    crowded.reset()
    sender.pay(crowded, payment(name="a"))
    crowded.assert_nothing_received("first")
    crowded.assert_received("a", times=1)
    crowded.assert_contract_kept()


def test_other_accounts_evictions_do_not_matter(crowded: Datadog, small: MockServer, sender: Sender) -> None:
    other = small.datadog()
    sender.pay(other, payment(name="a"))
    other.assert_nothing_received("first")


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        ({"name": "x", "times": 0}, 409),
        ({"name": "x", "times": 0, "vendor": "datadog"}, 409),
        ({"name": "x", "times": 0, "operation": "CreateEventV1"}, 409),
        ({"name": "x", "times": 0, "vendor": "satori"}, 200),
        ({"name": "x", "times": 0, "operation": "ServerEvent"}, 200),
        ({"name": "x", "times": 0, "operation": "CreateEventV1", "vendor": "satori"}, 200),
    ],
    ids=str,
)
def test_only_evictions_of_a_vendor_that_has_such_events_matter(
    crowded: Datadog, small: MockServer, sender: Sender, expected: dict[str, Any], status: int
) -> None:
    sender.batch(small.satori(), game_event())
    assert small.control.call("POST", "/verify", {}, expected).status == status


def test_requests_to_unknown_paths_hold_no_events(small: MockServer, http: httpx2.Client) -> None:
    for _ in range(5):
        assert http.post(f"{small.url}/nowhere", json=payment()).status_code == 404
    assert small.control.call("GET", "/requests").body["evicted"] == 3
    assert small.control.call("POST", "/verify", {}, {"times": 0, "outcome": "any"}).status == 200


def test_what_a_wait_has_read_counts_though_it_is_evicted_later(small: MockServer, sender: Sender) -> None:
    datadog = small.datadog()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(datadog.assert_received, "a", at_least=10, within=30)
        send_until(waiting, lambda: sender.pay(datadog, payment(name="a")))
        waiting.result(30)
    assert len(datadog.events) == 2


def test_wait_for_answers_all_events_or_says_that_they_are_gone(small: MockServer, sender: Sender) -> None:
    datadog = small.datadog()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(datadog.wait_for, 10, 30)
        send_until(waiting, lambda: sender.pay(datadog, payment(name="a")))
        with pytest.raises(AssertionError, match=r"10 events came, but the journal keeps only 2 of them[\s\S]+evicted"):
            waiting.result(30)


def test_settle_sees_requests_that_come_between_resets(small: MockServer, sender: Sender) -> None:
    """An account that is reset has as few requests as before; still they came."""
    datadog = small.datadog()
    sender.pay(datadog)

    def pay_anew() -> None:
        datadog.reset()
        sender.pay(datadog)
        assert {len(datadog.requests) for _ in range(10)} == {1}  # for a while

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(datadog.settle, 0.5, 0.5)
        send_until(waiting, pay_anew)
        with pytest.raises(AssertionError, match="requests still came"):
            waiting.result(30)
