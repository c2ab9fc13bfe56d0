"""What the vendors remember is bounded in number and in bytes, whatever a client sends."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.analytics.queries import scalar
from mockserver.analytics.store import EventStore
from mockserver.vendors.datadog.views import MAX_SEGMENTS
from mockserver.vendors.satori import state
from mockserver.vendors.satori.state import SatoriMemory
from mockserver.vendors.satori.taxonomy import Taxonomy
from tests.support.fact_finding import call
from tests.support.harness import Server

MEBIBYTE = 1024 * 1024


def kept(fill: Callable[[], Any]) -> int:
    """The bytes that are kept after `fill`, with what it returns."""
    gc.collect()
    tracemalloc.start()
    try:
        found = fill()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] if found is not None else 0
    finally:
        tracemalloc.stop()


def counted(store: EventStore, facet: str) -> float:
    query = {
        "compute": {"aggregation": "cardinality", "metric": facet},
        "query": {"data_source": "product_analytics", "search": {}},
    }
    values = scalar(store, {"from": 0, "to": 10**9, "query": query}, {})["columns"][0]["values"]
    return float(values[0]) if values else 0.0


BODIES: dict[str, Callable[[int], dict[str, Any]]] = {
    "long texts": lambda number: {"text": f"{number} " + "x" * 25_000},
    "long lists": lambda number: {"list": [f"{number}-{item}" for item in range(500)]},
    "many new names": lambda number: {f"name-{number}-{item}": item for item in range(250)},
    "many short texts": lambda number: {f"name-{item}": f"{number}-{item}" for item in range(250)},
    "small events": lambda number: {"usr": {"id": f"user-{number}"}, "n": number},
}


@pytest.mark.parametrize("kind", BODIES)
def test_the_event_store_is_bounded_in_bytes(kind: str) -> None:
    limit = MEBIBYTE // 4
    made = BODIES[kind]
    count = 2_000 if kind == "small events" else 60

    def fill() -> EventStore:
        store = EventStore(max_bytes=limit)
        for number in range(count):
            store.append(number, made(number))
            if number % (count // 5) == 0:
                counted(store, "@text")
                counted(store, "@list")
        assert store.evicted > 0
        assert store.evicted + len(store) == count
        return store

    assert kept(fill) < 4 * limit


def test_the_newest_event_is_kept_however_large() -> None:
    store = EventStore(max_bytes=1)
    for number in range(3):
        store.append(number, {"n": number})
    assert (len(store), store.evicted, counted(store, "@n")) == (1, 2, 1.0)


def test_the_bytes_of_a_store_without_events_are_none() -> None:
    """What is counted when an event comes is what is taken off when it goes."""
    store, rng = EventStore(max_events=1), random.Random(0)
    for number in range(500):
        store.append(number, BODIES[rng.choice(list(BODIES))](number % 3))
    store.append(0, {})
    before = store.bytes
    store.append(0, {})
    assert store.bytes == before < 1000


def test_queries_are_right_while_events_go_for_their_bytes() -> None:
    store = EventStore(max_bytes=20_000)
    for number in range(1_000):
        store.append(number, {"n": number, "text": "x" * (number % 97)})
        if number % 50 == 0:
            assert counted(store, "@n") == len(store) < 200


@pytest.mark.parametrize("name", ["id", "identity_id", "session_id"])
def test_satoris_memory_does_not_grow_with_the_length_of_ids(name: str) -> None:
    def fill() -> SatoriMemory:
        memory = SatoriMemory(0, Taxonomy())
        for number in range(200):
            event = {"name": "a", "timestamp": "2026-01-01T12:00:00Z", "identity_id": f"i{number}", "session_id": "s"}
            memory.take({**event, name: f"{number} " + "x" * 100_000}, 0.0)
        return memory

    assert kept(fill) < MEBIBYTE


def test_satoris_memory_is_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_REMEMBERED", 10)
    memory = SatoriMemory(0, Taxonomy())
    event = {"name": "a", "timestamp": "2026-01-01T12:00:00Z", "session_id": "s"}
    for number in range(100):
        memory.take({**event, "id": f"{number}", "identity_id": f"{number}"}, 0.0)
    assert (len(memory.ids), len(memory.sessions)) == (10, 10)
    assert [memory.take({**event, "id": f"{number}"}, 0.0).outcome for number in (99, 0)] == ["duplicate", "accepted"]


def test_segments_are_bounded_in_number(server: Server, key: str) -> None:
    def put(number: int) -> int:
        path = f"/datadog/segments/00000000-0000-0000-0000-{number:012}"
        return call(server, "PUT", path, key, {"users": []}).status_code

    assert [put(number) for number in range(MAX_SEGMENTS)] == [200] * MAX_SEGMENTS
    assert (put(MAX_SEGMENTS), put(0)) == (400, 200)
