"""Anything with an `==` is expected inside `json`: judged in the test's process where the server cannot."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from unittest import mock

import pytest

from mockserver.client import ControlError, absent, any_value, close_to, containing, matching, one_of, unordered
from mockserver.client.judging import comparable, for_the_server, is_judged_here
from mockserver.support.matching import is_subset, shown
from mockserver.testing import Datadog, MockServer
from tests.support.worlds import Sender, payment

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
A_UUID = uuid.UUID("2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11")


class Total:
    """A matcher of a test's own."""

    def __init__(self, total: int) -> None:
        self.total = total

    def __eq__(self, other: object) -> bool:
        return bool(sum(other) == self.total)  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return f"Total({self.total})"

    __hash__ = None  # type: ignore[assignment]

    def is_less(self, other: int) -> bool:
        return other < self.total


class EqualByClass(type):
    """As dirty-equals has it, whose classes are compared without an instance."""

    def __eq__(cls, other: object) -> bool:
        return bool(cls.holds(other))  # type: ignore[attr-defined]

    __hash__ = type.__hash__


class Positive(metaclass=EqualByClass):
    @staticmethod
    def holds(value: Any) -> bool:
        return bool(value > 0)


JUDGED: list[tuple[Any, list[Any], list[Any], str]] = [
    (re.compile("^B.D$", re.IGNORECASE), ["bad"], ["bads", 1, None], "text that matches /^B.D$/"),
    (
        NOON,
        ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00.0004+01:00", 1767268800, 1767268800000],
        ["2026-01-01", None],
        "the time 2026-01-01T12:00:00+00:00",
    ),
    (NOON.date(), ["2026-01-01"], ["2026-01-02", 1], '"2026-01-01"'),
    (A_UUID, [str(A_UUID)], [str(A_UUID)[:-1]], f'"{A_UUID}"'),
    (str, ["", "a"], [1, None], "a value of type str"),
    (int, [0, 1], [True, 1.5, "1"], "a value of type int"),
    (bool, [True, False], [0, 1], "a value of type bool"),
    (float, [1.5], [1, "1"], "a value of type float"),
    (lambda value: value > 3, [4], [3, "a", None], "a value for which"),
    (str.isdigit, ["12"], ["a", 12], "a value for which str.isdigit is true"),
    ({"a", "b"}.__contains__, ["a"], ["c", []], "is true"),
    (Total(5).is_less, [4], [5], "a value for which Total.is_less is true"),
    (partial(max, 0), [1], [-1, "a"], "is true"),
    (pytest.approx(0.3), [0.1 + 0.2], [0.4, "0.3"], "0.3 ±"),
    (pytest.approx({"a": 0.3}), [{"a": 0.1 + 0.2}], [{"a": 1}, 1], "approx({"),
    (Positive, [1], [-1, "a"], "Positive"),
    (mock.ANY, [1, None, True], [], "<ANY>"),
    (Total(3), [[1, 2]], [[1], "a", 3, True], "Total(3)"),
]


@pytest.mark.parametrize(("expected", "taken", "refused", "words"), JUDGED)
def test_a_value_is_judged_by_what_it_is(expected: Any, taken: list[Any], refused: list[Any], words: str) -> None:
    for place in ({"a": expected}, [expected], {"a": [{"b": expected}]}):
        made = comparable(place)
        assert is_judged_here(made)

        def filled(value: Any, place: Any = place) -> Any:
            if isinstance(place, list):
                return [value]
            return {"a": [{"b": value}]} if isinstance(place["a"], list) else {"a": value}

        assert [value for value in taken if not is_subset(made, filled(value))] == []
        assert [value for value in refused if is_subset(made, filled(value))] == []
        assert all(is_subset(for_the_server(made), filled(value)) for value in [*taken, *refused])
        assert not is_judged_here(for_the_server(made))
    assert words in shown(comparable(expected))


def test_what_is_json_is_left_to_the_server() -> None:
    expected = {"a": (1, "b", None), "c": one_of(1, absent()), "d": unordered([containing("e")]), "f": close_to(1, 2)}
    made = comparable(expected)
    assert made == {**expected, "a": [1, "b", None]}
    assert not is_judged_here(made)
    assert for_the_server(comparable(one_of(int, absent()))) == {"$one_of": [{"$any": "value"}, {"$absent": True}]}


def test_what_has_no_equality_is_refused_with_its_place() -> None:
    with pytest.raises(TypeError, match=r"json/a/0/b~1c: <object object at \w+> cannot be compared with JSON"):
        comparable({"a": [{"b/c": object()}]})


def test_matching_takes_what_is_judged_here_too() -> None:
    pattern = re.compile("a")
    assert (matching("a"), matching(pattern), matching(len)) == ({"$regex": "a"}, pattern, len)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: any_value("sting"), "no JSON type 'sting'; did you mean 'string'?"),  # type: ignore[arg-type]
        (lambda: close_to(1, -1), "within must be 0 or more"),
        (lambda: close_to(NOON.replace(tzinfo=None), 1), "needs a time zone"),
        (one_of, "needs at least one value"),
        (lambda: unordered("ab"), "takes a list of items, not 'ab'"),
    ],
)
def test_a_wrong_argument_of_a_matcher_is_told(call: Any, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(says)):
        call()


def test_close_to_takes_datetimes() -> None:
    expected = close_to(NOON, dt.timedelta(minutes=1))
    assert expected == {"$close_to": {"value": "2026-01-01T12:00:00+00:00", "within": 60.0}}
    assert is_subset(expected, "2026-01-01T12:01:00Z")
    assert not is_subset(expected, "2026-01-01T12:01:01Z")


@pytest.fixture
def account(mockserver: MockServer) -> Datadog:
    """An account that the plugin does not judge."""
    return mockserver.datadog()


@pytest.mark.socket
def test_it_works_in_every_assertion(account: Datadog, sender: Sender) -> None:
    sender.pay(account, payment("u1", cart={"total": 0.1 + 0.2, "items": ["pen", "ink"]}))
    cart = {"total": pytest.approx(0.3), "items": unordered([re.compile("^i"), str]), "coupon": absent()}
    account.assert_received("payment.processed", times=1, json={"usr": {"id": str}, "cart": cart})
    account.assert_nothing_received(json={"usr": {"id": re.compile("x")}})
    account.assert_sequence(("payment.processed", {"cart": {"total": float}}))
    with pytest.raises(AssertionError, match=r"expected not to receive any event, received 1 event\n  with "):
        account.assert_nothing_received(json={"usr": {"id": re.compile("u")}})
    with pytest.raises(AssertionError, match=r"number 1 did not come"):
        account.assert_sequence(("payment.processed", {"usr": {"id": int}}))
    with pytest.raises(ControlError, match=r"times. excludes"):
        account.assert_received(times=1, at_least=1, json=int)
    with pytest.raises(ControlError, match=r"json/\$any: |\$any takes one of"):
        account.assert_received(json={"a": {"$any": "text"}, "b": int})


@pytest.mark.socket
def test_the_failure_is_as_good_as_the_servers(account: Datadog, sender: Sender) -> None:
    for user in ("u1", "u2", "u3"):
        sender.pay(account, payment(user, name="payment.processed" if user != "u3" else "other"))
    with pytest.raises(AssertionError) as here:
        account.assert_received("payment.processed", json={"usr": {"id": re.compile("^x$")}})
    with pytest.raises(AssertionError) as there:
        account.assert_received("payment.processed", json={"usr": {"id": matching("^x$")}})
    assert str(here.value).splitlines()[2:] == str(there.value).splitlines()[2:]
    assert "expected text that matches /^x$/" in str(here.value)


@pytest.mark.socket
def test_it_waits_for_events_that_only_this_process_can_judge(account: Datadog, sender: Sender) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(account.assert_received, "paid", json={"usr": {"id": re.compile("9$")}}, within=30)
        for number in range(10):
            sender.pay(account, payment(f"u{number}", name="paid"))
            sender.pay(account, payment(f"u{number}", name="other"))
        waiting.result(30)
    with pytest.raises(AssertionError, match=r"expected at least 1 accepted event .paid. within 0.05 s, received 0"):
        account.assert_received("paid", json={"usr": {"id": lambda value: value == "x"}}, within=0.05)
    account.assert_nothing_received("paid", json={"usr": {"id": int}}, within=0.05)


@pytest.mark.socket
def test_what_was_evicted_is_in_doubt_here_too(sender: Sender) -> None:
    with MockServer(journal_entries=2, log_level="warning") as server:
        datadog = server.datadog()
        for number in range(4):
            sender.pay(datadog, payment(f"u{number}"))
        with pytest.raises(
            AssertionError, match=r"cannot tell: expected not to receive any event[\s\S]+2 older requests"
        ):
            datadog.assert_nothing_received(json={"usr": {"id": re.compile("x")}})
