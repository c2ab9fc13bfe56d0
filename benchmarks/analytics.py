"""Measures how long Product Analytics queries take over many events, and how much memory an event has."""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

from benchmarks.scale import Run
from mockserver.analytics.queries import timeseries
from mockserver.analytics.store import EventStore

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_771_200_000_000 // DAY * DAY
APPLICATION = "123abcde-123a-123b-1234-123456789abc"
NAMES = ("payment.processed", "checkout.completed", "form.submitted", "login")
PLANS = ("free", "pro", "enterprise")


def bodies(number: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Server-side events of one day: 10 facets, of 5,000 users in 50,000 sessions."""
    rng = random.Random(6)
    for _ in range(number):
        user = rng.randrange(5_000)
        yield (
            START + rng.randrange(DAY),
            {
                "type": "server",
                "application": {"id": APPLICATION},
                "event": {"name": rng.choice(NAMES)},
                "usr": {"id": f"user-{user}", "plan": PLANS[user % 3]},
                "account": {"id": f"account-{user % 200}"},
                "session": {"id": f"session-{rng.randrange(50_000)}"},
                "customer": {"country": f"country-{user % 30}", "amount": rng.randrange(100_000) / 100},
                "tags": rng.sample(("new", "vip", "mobile"), 2),
            },
        )


def request(aggregation: str, metric: str | None = None, search: str = "*", facets: tuple[str, ...] = ()) -> Any:
    compute: dict[str, Any] = {"aggregation": aggregation, "interval": HOUR}
    compute |= {} if metric is None else {"metric": metric}
    base = {"data_source": "product_analytics", "search": {"query": search}}
    group_by = [{"facet": facet, "limit": 30} for facet in facets]
    return {"from": START, "to": START + DAY, "query": {"compute": compute, "query": base, "group_by": group_by}}


TWO = ("@usr.plan", "@customer.country")
QUERIES = {
    "count by two facets": request("count", facets=TWO),
    "sum by two facets": request("sum", "@customer.amount", facets=TWO),
    "pc95 by two facets": request("pc95", "@customer.amount", facets=TWO),
    "unique users by two facets": request("cardinality", "@usr.id", facets=TWO),
    "count by an array facet": request("count", facets=("@tags",)),
    "sum, searched, by two facets": request(
        "sum", "@customer.amount", "@event.name:(payment.* OR login) -@customer.amount:>500", TWO
    ),
    "count of a bare word": request("count", search="payment"),
}


def analytics(run: Run) -> None:
    """Each query twice: the first run builds the columns that it needs."""
    report, number = run.report, run.scale.analytics_events
    report.section(f"Product Analytics queries over {number:,} events, 24 buckets")
    store = EventStore(max_events=number)
    events = list(bodies(number))
    started = time.perf_counter()
    for moment, body in events:
        store.append(moment, body)
    report.figure("append an event", (time.perf_counter() - started) / number * 1e6, "µs")
    for name, attributes in QUERIES.items():
        report.figure(f"{name}, first", timed(store, attributes), "ms")
        report.figure(f"{name}, again", timed(store, attributes), "ms")
    kept, queried = memory(number)
    report.figure("memory of an event", kept, "bytes")
    report.figure("memory of an event, with the columns of all these queries", queried, "bytes")


def timed(store: EventStore, attributes: Any) -> float:
    started = time.perf_counter()
    answer = timeseries(store, attributes, {})
    assert len(answer["times"]) == 24
    return (time.perf_counter() - started) * 1000


def memory(number: int) -> tuple[float, float]:
    """Bytes per event of a store by itself, and after the queries."""
    tracemalloc.start()
    try:
        store = EventStore(max_events=number)
        for moment, body in bodies(number):
            store.append(moment, body)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
        for attributes in QUERIES.values():
            timeseries(store, attributes, {})
        gc.collect()
        return kept / number, tracemalloc.get_traced_memory()[0] / number
    finally:
        tracemalloc.stop()  # or it would slow down every part that comes after
