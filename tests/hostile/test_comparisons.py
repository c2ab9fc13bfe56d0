"""Comparing an expected value with what was sent ends in time, whatever was sent and whatever is expected."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.client import ControlError
from mockserver.client.messages import places_in_sequence
from mockserver.client.records import ReceivedEvent
from mockserver.events.verification import Expectation, nearest_to
from mockserver.model import Event
from mockserver.support.budget import TooMuchWork
from mockserver.support.matching import Difference, argument_problems, differences, is_subset
from mockserver.support.regexes import MAX_PATTERN
from mockserver.testing import Datadog
from tests.support.counted import Counted
from tests.support.exchanges import event as an_event
from tests.support.worlds import Sender, payment

SECONDS = 1.5
"""Of the processor's time: generous, where it took ten times as much."""


@contextmanager
def soon() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


def nested(levels: int, value: Any, matcher: str | None = None) -> Any:
    for _ in range(levels):
        value = [{"a": value}]
        value = value if matcher is None else {matcher: value}
    return value


@pytest.mark.parametrize(
    ("matcher", "pointer"), [(None, "/0/a" * 90), ("$containing", "/0"), ("$unordered", "/0"), ("$one_of", "")]
)
def test_nested_arrays_are_compared_once_a_level(matcher: str | None, pointer: str) -> None:
    Counted.compared = 0
    actual = nested(90, 2) if matcher != "$one_of" else {"a": 2}
    assert not is_subset(nested(90, Counted(1), matcher), actual)
    assert [each.pointer for each in differences(nested(90, Counted(1), matcher), actual)] == [pointer]
    assert Counted.compared <= 4


class AnyOrder(NamedTuple):
    items: list[Any]


class Containing(NamedTuple):
    items: list[Any]


def written(expected: Any) -> Any:
    """An expected value as JSON, with matchers."""
    if isinstance(expected, (AnyOrder, Containing)):
        name = "$unordered" if isinstance(expected, AnyOrder) else "$containing"
        return {name: [written(item) for item in expected.items]}
    if isinstance(expected, list):
        return [written(item) for item in expected]
    return {key: written(value) for key, value in expected.items()} if isinstance(expected, dict) else expected


def held(expected: Any, actual: Any) -> bool:
    """The definition of a subset, as simple as can be."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(key in actual and held(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(held, expected, actual))
    if isinstance(expected, AnyOrder):
        return isinstance(actual, list) and any(held(expected.items, [*each]) for each in permutations(actual))
    if isinstance(expected, Containing) and isinstance(actual, str):
        return all(isinstance(item, str) and item in actual for item in expected.items)
    if isinstance(expected, Containing):
        return isinstance(actual, list) and all(any(held(item, other) for other in actual) for item in expected.items)
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)


plain = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", 1.0])
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)


expectations = st.recursive(
    plain,
    lambda inner: (
        st.builds(
            lambda kind, items: kind(items), st.sampled_from([list, AnyOrder, Containing]), st.lists(inner, max_size=3)
        )
        | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(expectations, values)
def test_a_subset_is_what_the_definition_says(expected: Any, actual: Any) -> None:
    json = written(expected)
    assert is_subset(json, actual) == held(expected, actual) == (not list(differences(json, actual)))


def test_items_are_paired_so_that_most_have_a_partner() -> None:
    """The first item that fits is not always the right one."""
    expected = [{"$any": "value"}, {"$one_of": ["a", "b"]}, "a"]
    assert all(is_subset({"$unordered": expected}, [*actual]) for actual in permutations(["a", "b", "c"]))
    (difference,) = differences({"$unordered": expected}, ["b", "b", "c"])
    assert (difference.pointer, difference.expected) == ("/2", 'an item like "a"')


WIDE = [{"a": number} for number in range(30_000)]
TOO_MUCH: dict[str, Callable[[], Any]] = {
    "many items in another order": lambda: is_subset({"$unordered": WIDE}, WIDE[::-1]),
    "many items somewhere": lambda: is_subset({"$containing": WIDE}, WIDE[::-1]),
    "their differences": lambda: list(differences({"$containing": WIDE}, WIDE[::-1])),
    "arrays of arrays": lambda: is_subset(
        {"$containing": [{"$containing": [*range(1000), -1]}] * 2000}, [[*range(1000)]] * 2000
    ),
    "equal items": lambda: is_subset({"$unordered": [1] * 30_000}, [1] * 30_000),
    "options": lambda: list(differences([{"$one_of": WIDE[:1000]}] * 1000, [{"a": -1}] * 1000)),
    "a pattern with many states": lambda: is_subset({"$regex": "(a|b)*a(a|b){400}c"}, "ab" * 500_000),
    "a pattern and many texts": lambda: is_subset(
        {"$containing": [{"$regex": "(a|b)*a(a|b){400}c"}]}, ["ab" * 5_000] * 1_000
    ),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_what_takes_too_long_is_refused(case: str) -> None:
    with soon(), pytest.raises(TooMuchWork, match="expect fewer members or items, or shorter patterns"):
        TOO_MUCH[case]()


@pytest.mark.parametrize("pattern", ["(a+)+b$", "^(a|aa)+$b", "(.*a){20}b", "a*" * 100 + "b"])
def test_a_pattern_does_not_backtrack(pattern: str) -> None:
    with soon():
        assert not is_subset({"$regex": pattern}, "a" * 10_000)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)b", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("(", "missing ): ("),
        ("a" * (MAX_PATTERN + 1), "1001"),
        ("((a{100}){100}){100}", "invalid repetition size"),
        (r"\pL{1000}", "pattern too large"),
    ],
)
def test_a_pattern_that_is_not_supported_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with soon():
        (problem,) = argument_problems({"a": {"$regex": pattern}})
    assert problem.pointer == "/a"
    assert problem.expected.startswith("$regex takes a regular expression of RE2 (no lookaround, no backreferences)")
    assert reason in problem.expected


def test_patterns_beyond_a_number_are_refused() -> None:
    patterns = [{"$regex": f"(\\pL{{3}}{number}){{5}}"} for number in range(2_000)]
    with soon():
        assert list(argument_problems(patterns[:50] * 3)) == []
        problems = list(argument_problems({"a": patterns}))
    assert [problem.pointer for problem in problems] == [f"/a/{number}" for number in range(50, 2_000)]
    assert "at most 50 different regular expressions" in problems[0].expected


def test_a_text_that_is_not_unicode_is_matched_too() -> None:
    assert is_subset({"$regex": "^a.b$"}, "a\ud800b")
    assert is_subset({"$regex": "a\ud800"}, "a\ud800b")


def event(number: int, attributes: Any, name: str = "e") -> Event:
    return an_event(name=name, attributes=attributes, request_id=f"r{number}")


KEYS = {f"key{number}": number for number in range(1000)}


def test_only_the_latest_of_too_many_events_are_compared() -> None:
    events = [event(number, {**KEYS, "key999": -number}) for number in range(10_000)]
    with soon():
        nearest, compared = nearest_to(Expectation(name="e", json=KEYS), events, 0.0)
    assert 100 < compared < 10_000
    assert [near.event.request_id for near in nearest] == ["r9999", "r9998", "r9997"]
    assert nearest[0].differences == [Difference("/key999", "999", -9999)]


def test_events_that_are_too_large_to_compare_are_shown_all_the_same() -> None:
    large = {"items": [{"a": -1 - number} for number in range(5_000)]}
    events = [event(number, large) for number in range(10)]
    with soon():
        nearest, compared = nearest_to(Expectation(json={"items": {"$containing": WIDE[:5_000]}}), events, 0.0)
    assert ([near.event.request_id for near in nearest], compared) == (["r9", "r8", "r7"], 3)
    assert nearest[0].differences[0].pointer == "/items/0"


def test_names_are_compared_in_time() -> None:
    events = [event(number, {}, f"{number:0200b}") for number in range(10_000)]
    with soon():
        nearest = nearest_to(Expectation(name=f"{9_990:0200b}x"), events, 0.0)
    assert nearest.compared == 10_000
    assert len(nearest.events) == 3


def test_a_sequence_of_events_is_sought_in_time() -> None:
    view: Any = {
        **event(1, {"items": WIDE[:1000]})._asdict(),
        "timestamp": "1970-01-01T00:00:00.000Z",
    }
    events = [ReceivedEvent.from_view(view)] * 1_000
    with soon(), pytest.raises(TooMuchWork):
        places_in_sequence([("e", {"items": {"$containing": WIDE[1000:2000]}})], events, 0.0)


@pytest.mark.socket
def test_a_verification_that_takes_too_long_is_refused(datadog: Datadog, sender: Sender) -> None:
    sender.pay(datadog, payment(items=WIDE[:5_000]))
    assert sender.verify(datadog, json={"items": {"$containing": WIDE[:5_000]}}).status_code == 200
    response = sender.verify(datadog, json={"items": {"$containing": WIDE[1:5_001]}})
    assert response.status_code == 400
    assert "json: comparing takes too long: expect fewer members or items" in response.text


@pytest.mark.socket
def test_a_verification_with_an_unsupported_pattern_is_refused(datadog: Datadog, sender: Sender) -> None:
    response = sender.verify(datadog, json={"usr": {"id": {"$regex": "(?!u)"}}})
    assert response.status_code == 400
    assert "no lookaround" in response.text
    with pytest.raises(ControlError, match="no lookaround"):
        datadog.assert_received("payment.processed", json={"usr": {"id": {"$regex": "(?!u)"}}})
    with pytest.raises(ControlError, match="no lookaround"):
        datadog.fail(503, match={"a": {"$regex": "(?!u)"}})


@pytest.mark.socket
def test_the_message_tells_how_many_events_were_compared(datadog: Datadog, sender: Sender) -> None:
    many = {f"key{number}": "x" for number in range(3_000)}
    for _ in range(100):
        sender.pay(datadog, payment(**many))
    with pytest.raises(AssertionError, match=r"nearest of 100 events received, \d\d compared:"):
        datadog.assert_received("payment.processed", json={**many, "key2999": "y"})


@pytest.mark.socket
def test_a_body_that_takes_too_long_to_compare_matches_no_fault(datadog: Datadog, sender: Sender) -> None:
    datadog.fail(503, match={"items": {"$containing": WIDE[1:2_000]}}, times=1)
    assert sender.pay(datadog, payment(items=WIDE[:2_000])).status_code == 202
    assert sender.pay(datadog, payment(items=WIDE[1:2_000])).status_code == 503
