"""Events that wait for a query come out as they went in, in their order, and are bounded as the store is."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockserver.analytics.arrivals import BLOCK_EVENTS, Arrivals

TEXTS = st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=4
)
BODIES = st.dictionaries(TEXTS, VALUES, max_size=3)


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), BODIES), max_size=20), st.integers(0, 20))
def test_what_went_in_comes_out_in_its_order(events: list[tuple[int, dict[str, Any]]], asked_after: int) -> None:
    arrivals, found = Arrivals(1000, 1 << 20), []
    for number, (timestamp, body) in enumerate(events):
        if number == asked_after:
            found += list(arrivals.drain())
        arrivals.append(timestamp, body)
    assert [*found, *arrivals.drain()] == events
    assert (len(arrivals), arrivals.evicted) == (0, 0)


def test_beyond_the_bound_on_events_the_oldest_blocks_go() -> None:
    arrivals, sent = Arrivals(3000, 1 << 30), 10 * BLOCK_EVENTS + 7
    for number in range(sent):
        arrivals.append(number, {"n": number})
    assert 3000 <= len(arrivals) < 3000 + BLOCK_EVENTS
    assert len(arrivals) + arrivals.evicted == sent
    times = [timestamp for timestamp, _ in arrivals.drain()]
    assert times == list(range(sent - len(times), sent))


def test_beyond_the_bound_on_bytes_the_oldest_blocks_go() -> None:
    arrivals = Arrivals(1 << 30, 4 << 20)
    for number in range(100):
        arrivals.append(number, {"text": f"{number}" * 200_000})
    kept = len(arrivals)
    assert 1 <= kept <= 21
    assert kept + arrivals.evicted == 100
    assert [timestamp for timestamp, _ in arrivals.drain()] == list(range(100 - kept, 100))


def test_one_event_larger_than_the_bound_is_kept() -> None:
    arrivals = Arrivals(10, 1000)
    arrivals.append(1, {"text": "x" * 1_000_000})
    assert [timestamp for timestamp, _ in arrivals.drain()] == [1]
