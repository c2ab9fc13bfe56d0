"""The event store: its bound, and queries that keep up with events that come and go."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest

from mockserver.analytics.queries import scalar
from mockserver.analytics.store import EventStore
from mockserver.support.budget import Budget


def count_by(store: EventStore, facet: str) -> dict[str, float]:
    base = {"data_source": "product_analytics", "search": {}}
    group_by = [{"facet": facet, "limit": 10_000}]
    query = {"compute": {"aggregation": "count"}, "query": base, "group_by": group_by}
    columns = scalar(store, {"from": 0, "to": 10**9, "query": query}, {})["columns"]
    return dict(zip(columns[0]["values"], columns[1]["values"], strict=True))


def test_the_oldest_events_go_first() -> None:
    store = EventStore(max_events=3)
    for time in (5, 1, 2, 3, 4):
        store.append(time, {"at": time})
    assert (len(store), store.evicted) == (3, 2)
    assert count_by(store, "@at") == {"2": 1, "3": 1, "4": 1}


def test_a_bound_is_at_least_one_event() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        EventStore(max_events=0)


def test_queries_between_events_see_what_is_there() -> None:
    store = EventStore(max_events=100)
    for time in range(1_000):
        store.append(time, {"n": time, "kind": "odd" if time % 2 else "even"})
        if time % 37 == 0 or time > 990:
            there = range(max(0, time - 99), time + 1)
            assert count_by(store, "@n") == {str(n): 1 for n in there}
            assert sum(count_by(store, "@kind").values()) == len(there)


def test_more_facets_than_kept_columns_are_answered() -> None:
    store = EventStore()
    facets = [f"f{n}" for n in range(100)]
    store.append(1, dict.fromkeys(facets, 1))
    store.append(2, {"other": 1})
    for facet in facets * 2:
        assert count_by(store, facet) == {"N/A": 1, "1": 1}


def test_the_body_may_change_after_it_was_taken_in() -> None:
    store = EventStore()
    body: dict[str, Any] = {"tags": ["a"]}
    store.append(1, body)
    body["tags"].append("b")
    assert count_by(store, "@tags") == {"a": 1}


def test_memory_stays_bounded_when_every_event_is_new() -> None:
    """Attributes and values that no other event has must go with their event."""
    store = EventStore(max_events=100)

    def fill(start: int) -> int:
        for n in range(start, start + 2_000):
            store.append(n, {f"key-{n}": f"value-{n}", "usr": {"id": f"user-{n}"}})
            if n % 100 == 0:
                count_by(store, "@usr.id")
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = fill(0)
        assert fill(2_000) < before * 1.2
    finally:
        tracemalloc.stop()


def test_free_texts_follow_the_events_as_they_come_and_go() -> None:
    store, budget = EventStore(max_events=2), Budget(1_000_000, "")

    def events_with(word: str) -> int:
        return store.mask_of_texts(lambda text, _budget: text == word, budget)

    for number, word in enumerate(("a", "b", "c")):
        assert events_with(word) == 0
        store.append(number, {"text": word, "texts": [number, word]})
        assert events_with(word) == 1 << 8 * min(number, 1)
    assert [events_with(word) for word in "abc"] == [0, 1, 256]
    store.forget_oldest()
    assert [events_with(word) for word in "abc"] == [0, 0, 1]
