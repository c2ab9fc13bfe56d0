"""Verification: every option and matcher, waiting, the nearest events; and sequence, never and settle."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockserver.client import (
    ControlError,
    absent,
    any_value,
    close_to,
    close_to_now,
    containing,
    matching,
    one_of,
    unordered,
    uuid,
)
from mockserver.testing import Datadog, MockServer, Satori
from tests.support.ids import plain
from tests.support.worlds import Sender, game_event, payment

pytestmark = pytest.mark.socket


@pytest.mark.parametrize(
    ("expected", "ok"),
    [
        ({}, True),
        ({"name": "payment.processed"}, True),
        ({"name": "SubmitProductAnalyticsEvent"}, True),
        ({"name": "other"}, False),
        ({"operation": "SubmitProductAnalyticsEvent"}, True),
        ({"operation": "CreateEventV1"}, False),
        ({"vendor": "datadog"}, True),
        ({"vendor": "satori"}, False),
        ({"times": 2}, True),
        ({"times": 1}, False),
        ({"times": 0}, False),
        ({"at_least": 2}, True),
        ({"at_least": 3}, False),
        ({"at_most": 2}, True),
        ({"at_most": 1}, False),
        ({"at_least": 1, "at_most": 3}, True),
        ({"at_least": 3, "at_most": 4}, False),
        ({"outcome": "accepted", "times": 2}, True),
        ({"outcome": "rejected"}, True),
        ({"outcome": "any", "times": 3}, True),
        ({"outcome": "dropped"}, False),
        ({"json": {"usr": {"id": "u1"}}, "times": 1}, True),
        ({"json": {"usr": {"id": "u3"}}}, False),
    ],
    ids=str,
)
def test_what_is_expected_is_what_is_counted(
    datadog: Datadog, sender: Sender, expected: dict[str, Any], ok: bool
) -> None:
    sender.pay(datadog, payment("u1"))
    sender.pay(datadog, payment("u2"))
    datadog.fail(503, times=1)
    sender.pay(datadog, payment("u3"))
    answer = sender.verify(datadog, **expected)
    body = answer.json()
    assert (answer.status_code, body["ok"]) == ((200, True) if ok else (409, False)), body
    if not ok:
        assert body["expected"]
        assert body["total"] == 3
        assert len(body["matched"]) == body["count"]


ID = "2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11"
NOW = 1752580800.0
BODY = {
    "s": "order_17",
    "n": 12,
    "f": 1.5,
    "b": True,
    "z": None,
    "a": [1, {"x": "y", "w": 2}],
    "id": ID,
    "iso": "2025-07-15T12:00:03Z",
    "seconds": NOW - 3,
    "millis": int(NOW * 1000) + 3000,
    "text": str(int(NOW)),
    "a/b~c": 1,
}


@pytest.mark.parametrize(
    ("expected", "ok"),
    [
        ({}, True),
        ({"s": "order_17"}, True),
        ({"s": "order"}, False),
        ({"n": 12.0}, True),
        ({"n": "12"}, False),
        ({"n": True}, False),
        ({"b": True}, True),
        ({"b": 1}, False),
        ({"z": None}, True),
        ({"missing": None}, False),
        ({"a": []}, False),
        ({"a": [1, {"x": "y"}]}, True),
        ({"a": [{"x": "y"}, 1]}, False),
        ({"a": [1]}, False),
        ({"a": containing()}, True),
        ({"a": containing({"x": "y"})}, True),
        ({"a": unordered([{"x": "y"}, 1])}, True),
        ({"a": unordered([1])}, False),
        ({"missing": absent(), "f": close_to(1.4, 0.2)}, True),
        ({"z": absent()}, False),
        ({"b": one_of(1, True)}, True),
        ({"a": [2]}, False),
        ({"a": {}}, False),
        ({"a/b~c": 1}, True),
        ({"s": any_value("string")}, True),
        ({"s": any_value()}, True),
        ({"n": any_value("string")}, False),
        ({"n": any_value("number"), "f": any_value("number")}, True),
        ({"b": any_value("number")}, False),
        ({"b": any_value("boolean"), "a": any_value("array"), "z": any_value("null")}, True),
        ({"missing": any_value()}, False),
        ({"a": containing(any_value("object"))}, True),
        ({"s": matching(r"^order_\d+$")}, True),
        ({"s": matching(r"^17")}, False),
        ({"n": matching("12")}, False),
        ({"id": uuid()}, True),
        ({"s": uuid()}, False),
        ({"iso": close_to_now(), "seconds": close_to_now(), "millis": close_to_now(), "text": close_to_now(1)}, True),
        ({"iso": close_to_now(1)}, False),
        ({"s": close_to_now()}, False),
        ({"b": close_to_now(1e9)}, False),
    ],
    ids=plain,
)
def test_a_subset_with_matchers(datadog: Datadog, sender: Sender, expected: dict[str, Any], ok: bool) -> None:
    datadog.clock.freeze(NOW)
    sender.pay(datadog, payment(more=BODY))
    assert sender.verify(datadog, json={"more": expected}).json()["ok"] is ok
    assert sender.verify(datadog, json={"more": expected}, times=0).json()["ok"] is not ok


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"$any": "str"}, "json"),
        ({"$regex": "("}, "json"),
        ({"$regex": 7}, "json"),
        ({"$uuid": False}, "json"),
        ({"$now": "5"}, "json"),
        ({"$now": -1}, "json"),
        ({"a": [{"b": {"$any": "text"}}]}, "json/a/0/b"),
    ],
    ids=str,
)
def test_a_matcher_with_a_wrong_argument_is_refused(datadog: Datadog, sender: Sender, wrong: Any, place: str) -> None:
    sender.pay(datadog)
    answer = sender.verify(datadog, json=wrong)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{place}"
    with pytest.raises(ControlError, match=place):
        datadog.assert_nothing_received(json=wrong)
    with pytest.raises(ControlError, match=place):
        datadog.assert_sequence(("payment.processed", wrong))


@pytest.mark.parametrize(
    "body",
    [
        [],
        "x",
        {"nmae": "x"},
        {"name": 7},
        {"times": -1},
        {"times": 1.5},
        {"times": True},
        {"times": 1, "at_least": 1},
        {"at_least": 2, "at_most": 1},
        {"outcome": "lost"},
        {"outcome": []},
        {"within": -1},
        {"within": 301},
        {"within": "1"},
    ],
    ids=str,
)
def test_a_wrong_expectation_is_a_problem(datadog: Datadog, sender: Sender, body: Any) -> None:
    answer = sender.control(datadog, "POST", "/verify", body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_nearest_come_first(datadog: Datadog, sender: Sender) -> None:
    for user, total in (("u9", 1), ("u2", 2), ("u9", 3), ("u1", 4)):
        sender.pay(datadog, payment(user, cart={"total": total}))
    sender.pay(datadog, payment("u1", "payment.started", cart={"total": 5}))
    expected = {"usr": {"id": "u1"}, "cart": {"total": 5}}
    near = sender.verify(datadog, name="payment.processed", json=expected).json()["nearest"]
    assert [each["event"]["attributes"]["cart"]["total"] for each in near] == [4, 3, 2]
    assert near[0]["differences"] == [{"pointer": "/cart/total", "expected": "5", "actual": 4, "missing": False}]


def test_the_most_similar_name_comes_first(datadog: Datadog, sender: Sender) -> None:
    for name in ("payment.procesed", *(f"cart.{number}" for number in range(10))):
        sender.pay(datadog, payment("u1", name))
    near = sender.verify(datadog, name="payment.processed").json()["nearest"]
    assert near[0]["event"]["name"] == "payment.procesed"
    assert len(near) == 3


def test_waiting_ends_when_the_event_comes(datadog: Datadog, sender: Sender) -> None:
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        waiting = pool.submit(datadog.assert_received, "payment.processed", times=1, within=60)
        sender.alert(datadog, "something else")
        assert not waiting.done()
        sender.pay(datadog)
        waiting.result(20)
        assert time.monotonic() - started < 20


def test_waiting_for_too_many_ends_when_they_come(datadog: Datadog, sender: Sender) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(datadog.assert_nothing_received, "payment.processed", within=60)
        sender.alert(datadog, "something else")
        sender.pay(datadog)
        with pytest.raises(AssertionError, match=r'expected not to receive "payment\.processed", received 1 event'):
            waiting.result(20)


def test_nothing_is_waited_for_to_the_end(datadog: Datadog, sender: Sender) -> None:
    started = time.monotonic()
    datadog.assert_nothing_received("payment.processed", within=0.3)
    datadog.assert_received("payment.processed", at_most=1, within=0.3)
    assert time.monotonic() - started >= 0.58


def test_waiting_in_vain_says_how_long(datadog: Datadog) -> None:
    with pytest.raises(AssertionError, match=r'1 accepted event "x" within 0\.05 s, received 0'):
        datadog.assert_received("x", within=0.05)
    with pytest.raises(AssertionError, match=r"at least 2 accepted events within 0\.05 s, received 0"):
        datadog.wait_for(2, timeout=0.05)


def test_a_reset_while_a_wait_is_pending_starts_it_anew(datadog: Datadog, sender: Sender) -> None:
    with ThreadPoolExecutor(1) as pool:
        sender.pay(datadog)
        waiting = pool.submit(datadog.wait_for, 2, 60)
        sender.control(datadog, "GET", "/events")
        datadog.reset()
        sender.pay(datadog)
        sender.alert(datadog, "a")
        assert len(waiting.result(20)) == 2


def test_many_waits_and_many_events_at_once(datadog: Datadog, satori: Satori, sender: Sender) -> None:
    with ThreadPoolExecutor(24) as pool:
        waits = [pool.submit(datadog.wait_for, 200, 60, f"n{number}") for number in range(4)]
        others = [pool.submit(satori.wait_for, 1, 60) for _ in range(4)]
        for status in pool.map(lambda number: sender.pay(datadog, payment("u", f"n{number % 4}")), range(800)):
            assert status.status_code == 202
        sender.batch(satori, game_event())
        assert [len(wait.result(30)) for wait in waits] == [200] * 4
        assert [len(wait.result(30)) for wait in others] == [1] * 4


def test_a_wait_reads_each_request_once(sender: Sender) -> None:
    """A wait for many events costs the server about what the events themselves do."""
    with MockServer(log_level="warning") as server, ThreadPoolExecutor(1) as pool:
        satori = server.satori()
        waiting = pool.submit(satori.wait_for, 10_000, 25)
        for start in range(0, 10_000, 100):
            sender.batch(satori, *(game_event(id=f"g{start + number}") for number in range(100)))
        assert len(waiting.result(30)) == 10_000


def test_sequence(datadog: Datadog, sender: Sender) -> None:
    for name in ("a", "b", "a", "c"):
        sender.pay(datadog, payment(name, name))
    datadog.assert_sequence()
    datadog.assert_sequence("a", "c")
    datadog.assert_sequence("a", "a", "c")
    datadog.assert_sequence("SubmitProductAnalyticsEvent", ("b", {"usr": {"id": "b"}}), "a", "c")
    for wrong in (("c", "a"), ("a", "a", "a"), ("b", "b"), (("a", {"usr": {"id": "b"}}),), ("d",)):
        with pytest.raises(AssertionError, match="in this order; number"):
            datadog.assert_sequence(*wrong)


def test_sequence_counts_accepted_events_only(datadog: Datadog, sender: Sender) -> None:
    datadog.fail(503, times=1)
    sender.pay(datadog, payment("u1", "a"))
    with pytest.raises(AssertionError, match="no accepted events were received"):
        datadog.assert_sequence("a")


def test_nothing_received_counts_rejected_ones_too(datadog: Datadog, sender: Sender) -> None:
    datadog.assert_nothing_received()
    datadog.fail(503, times=1)
    sender.pay(datadog)
    datadog.assert_nothing_received("other")
    datadog.assert_nothing_received("payment.processed", json={"usr": {"id": "u2"}})
    with pytest.raises(AssertionError, match="received 1 event"):
        datadog.assert_nothing_received("payment.processed")


def test_wait_for_answers_the_events(datadog: Datadog, sender: Sender) -> None:
    sender.pay(datadog, payment("u1"))
    sender.alert(datadog, "a")
    assert [event.name for event in datadog.wait_for(2)] == ["payment.processed", "a"]
    assert [event.name for event in datadog.wait_for(1, name="a")] == ["a"]
    assert [event.name for event in datadog.wait_for(1, name="CreateEventV1")] == ["a"]


def test_settle_returns_when_it_is_quiet(datadog: Datadog, sender: Sender) -> None:
    started = time.monotonic()
    datadog.settle(quiet=0.1)
    assert 0.09 <= time.monotonic() - started < 5
    datadog.settle(quiet=0.05, timeout=0.05)


def test_settle_fails_where_it_never_is(datadog: Datadog, sender: Sender) -> None:
    stop: list[bool] = []

    def go_on() -> None:
        while not stop:
            sender.pay(datadog)

    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(go_on)
        try:
            with pytest.raises(AssertionError, match=r"requests still came after 0\.4 s"):
                datadog.settle(quiet=0.4, timeout=0.4)
        finally:
            stop.append(True)
        going.result(10)


def test_settle_is_not_disturbed_by_other_accounts(datadog: Datadog, satori: Satori, sender: Sender) -> None:
    stop: list[bool] = []

    def go_on() -> None:
        while not stop:
            sender.batch(satori, game_event())

    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(go_on)
        try:
            datadog.settle(quiet=0.2, timeout=5)
        finally:
            stop.append(True)
        going.result(10)


@pytest.mark.parametrize(
    "body", [{"quiet": -1}, {"timeout": 301}, {"quiet": 2, "timeout": 1}, {"x": 1}, {"quiet": "1"}]
)
def test_a_wrong_settle_is_a_problem(datadog: Datadog, sender: Sender, body: Any) -> None:
    assert sender.control(datadog, "POST", "/settle", body).status_code == 400


def test_deep_and_large_expectations(datadog: Datadog, sender: Sender) -> None:
    deep: Any = "bottom"
    for _ in range(90):
        deep = {"d": [deep]}
    sender.pay(datadog, payment(deep=deep, long=list(range(2000))))
    datadog.assert_received("payment.processed", json={"deep": deep, "long": list(range(2000))})
    for _ in range(500):
        deep = {"d": deep}
    with pytest.raises(ControlError):
        datadog.assert_received(json={"deep": deep})
    with pytest.raises(AssertionError) as caught:
        datadog.assert_received(json={"long": list(range(1990, 2100)), "text": "x" * 100_000})
    assert len(str(caught.value)) < 5000
    assert len(str(caught.value).splitlines()) <= 41


def test_times_are_those_of_the_accounts_clock(datadog: Datadog, sender: Sender) -> None:
    datadog.clock.freeze("2030-01-01T00:00:00Z")
    sender.pay(datadog, payment(at="2030-01-01T00:00:02Z"))
    datadog.assert_received(json={"at": close_to_now(5)})
    datadog.clock.advance(60)
    datadog.assert_received(json={"at": close_to_now(5)}, times=0)
    assert dt.datetime.fromtimestamp(datadog.clock.now, dt.UTC).year == 2030
