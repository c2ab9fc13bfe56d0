"""The events that come nearest to an expected one: which are shown, and in which order."""

from __future__ import annotations

from typing import Any

from mockserver.events.verification import MAX_NEAREST, Expectation, nearest_to
from mockserver.model import Event
from tests.support.exchanges import event as an_event


def event(name: str | None, identifier: str, **attributes: Any) -> Event:
    return an_event(name=name, id=identifier, attributes=attributes)


def ids(expectation: Expectation, *events: Event) -> list[str | None]:
    return [nearest.event.id for nearest in nearest_to(expectation, events, 0.0)[0]]


def test_those_of_the_name_come_first_then_those_of_similar_names() -> None:
    events = [event("signup", "far"), event("paid", "same"), event("pay", "near"), event(None, "nameless")]
    assert ids(Expectation(name="paid"), *events) == ["same", "near", "far"]


def test_fewest_differences_come_first_and_of_equal_ones_the_latest() -> None:
    events = [event("paid", "one", a=1, b=2), event("paid", "two", a=0, b=0), event("paid", "later", a=1, b=3)]
    assert ids(Expectation(name="paid", json={"a": 1, "b": 1}), *events) == ["later", "one", "two"]
    assert ids(Expectation(name="paid"), *events) == ["later", "two", "one"]


def test_the_outcome_counts_as_a_difference() -> None:
    refused = event("paid", "refused", a=1)._replace(outcome="rejected")
    assert ids(Expectation(name="paid", json={"a": 1}), refused, event("paid", "accepted", a=1)) == [
        "accepted",
        "refused",
    ]


def test_another_vendors_are_none() -> None:
    others = event("paid", "other")._replace(vendor="satori")
    assert ids(Expectation(vendor="datadog", name="paid"), others, event("pay", "own")) == ["own"]


def test_so_many_are_shown_with_their_differences() -> None:
    nearest, compared = nearest_to(Expectation(name="paid", json={"a": 1}), [event("pay", "e", a=2)] * 9, 0.0)
    assert (len(nearest), compared) == (MAX_NEAREST, 9)
    assert [(each.pointer, each.expected, each.actual) for each in nearest[0].differences] == [
        ("name", '"paid"', "pay"),
        ("/a", "1", 2),
    ]
