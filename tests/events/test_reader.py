"""Events are derived from exchanges when asked for, and no body is parsed twice as long as its events are kept."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.events.reader import EVENT_BYTES, EventReader
from mockserver.model import EventPart, Exchange, Json, Request
from tests.support.exchanges import INVALID, exchange


class Splitting:
    """A vendor's splitter that remembers what it took apart."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []

    def __call__(self, _exchange: Exchange, body: Json, _response: Json) -> list[EventPart]:
        self.bodies.append(body)
        return [EventPart(name, name) for name in body]


@pytest.fixture
def splitting() -> Splitting:
    return Splitting()


def test_an_exchange_is_taken_apart_once(splitting: Splitting) -> None:
    reader, exchanges = EventReader({"vendor": splitting}, 1000), [exchange(1, "a", "b"), exchange(2, "a")]
    for _ in range(3):
        events = list(reader.events(exchanges))
        assert [(event.name, event.attempt, event.request_id) for event in events] == [
            ("a", 1, "r1"),
            ("b", 1, "r1"),
            ("a", 2, "r2"),
        ]
    assert splitting.bodies == [["a", "b"], ["a"]]


def test_attempts_are_counted_among_the_exchanges_that_are_there(splitting: Splitting) -> None:
    """What was evicted since it was read does not count any more, whoever has asked before."""
    reader, exchanges = EventReader({"vendor": splitting}, 1000), [exchange(1, "a"), exchange(2, "a"), exchange(3, "a")]
    assert [event.attempt for event in reader.events(exchanges)] == [1, 2, 3]
    assert [event.attempt for event in reader.events(exchanges[1:])] == [1, 2]


def test_the_newest_are_kept_where_there_is_no_room_for_all(splitting: Splitting) -> None:
    room = 3 * 2 * EVENT_BYTES
    reader, exchanges = EventReader({"vendor": splitting}, 1000, room), [exchange(n, f"n{n}") for n in range(10)]
    for _ in range(2):
        splitting.bodies.clear()
        assert len(list(reader.events(exchanges))) == 10
    assert splitting.bodies == [[f"n{number}"] for number in range(8)]


def test_what_is_larger_than_the_room_is_read_all_the_same(splitting: Splitting) -> None:
    reader = EventReader({"vendor": splitting}, 1000, 1)
    for _ in range(2):
        assert [event.name for event in reader.events([exchange(1, "a"), exchange(2, "b")])] == ["a", "b"]
    assert len(splitting.bodies) == 4


@pytest.mark.parametrize(
    "more",
    [
        {"vendor": None},
        {"operation": None},
        {"request": Request("POST", "/", b"", (), b'["a"', 4)},
        {"request": Request("POST", "/", b"", (), b"null", 4)},
        {"request": Request("POST", "/", b"", (), b'["a"]', 5, truncated=True)},
        {"request": Request("POST", "/", b"", ((b"content-encoding", b"br"),), b'["a"]', 5)},
    ],
    ids=str,
)
def test_what_holds_no_events(splitting: Splitting, more: dict[str, Any]) -> None:
    reader = EventReader({"vendor": splitting}, 1000)
    assert list(reader.events([exchange(1, "a", **more)])) == []
    assert splitting.bodies == []


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_refusal_of_the_request_gives_its_first_violation_as_the_reason(splitting: Splitting, status: int) -> None:
    refused = exchange(1, "a", status=status, stored=False, verdict=INVALID)
    ((event,),) = ([event for event, _ in EventReader({"vendor": splitting}, 1000).read(refused)],)
    assert (event.outcome, event.reason) == ("rejected", f"{status}: /a is not a string")


@pytest.mark.parametrize("status", [401, 416, 429, 500])
def test_any_other_refusal_gives_its_status(splitting: Splitting, status: int) -> None:
    refused = exchange(1, "a", status=status, stored=False, verdict=INVALID)
    assert [event.reason for event, _ in EventReader({"vendor": splitting}, 1000).read(refused)] == [str(status)]


def test_a_refusal_without_a_violation_gives_its_status(splitting: Splitting) -> None:
    refused = exchange(1, "a", status=400, stored=False)
    assert [event.reason for event, _ in EventReader({"vendor": splitting}, 1000).read(refused)] == ["400"]


def test_without_a_response_the_client_left(splitting: Splitting) -> None:
    gone = exchange(1, "a", status=None, stored=False)
    assert [event.reason for event, _ in EventReader({"vendor": splitting}, 1000).read(gone)] == ["the client left"]
