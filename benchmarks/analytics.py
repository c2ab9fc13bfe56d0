"""How long Product Analytics queries take over 100,000 events, and how much memory an event has.

python benchmarks/analytics.py [number of events]
"""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

from mockserver.analytics import EventStore, timeseries

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


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    store = EventStore(max_events=number)
    events = list(bodies(number))
    started = time.perf_counter()
    for moment, body in events:
        store.append(moment, body)
    print(f"append: {(time.perf_counter() - started) / number * 1e6:.1f} µs per event")
    for name, attributes in QUERIES.items():
        print(f"{name}, 24 buckets: first {timed(store, attributes):.0f} ms, again {timed(store, attributes):.0f} ms")
    kept, queried = memory(number)
    print(f"memory: {kept:.0f} bytes per event, {queried:.0f} with the columns of all these queries")


def timed(store: EventStore, attributes: Any) -> float:
    started = time.perf_counter()
    answer = timeseries(store, attributes, {})
    assert len(answer["times"]) == 24
    return (time.perf_counter() - started) * 1000


def memory(number: int) -> tuple[float, float]:
    """Bytes per event of a store by itself, and after the queries."""
    tracemalloc.start()
    store = EventStore(max_events=number)
    for moment, body in bodies(number):
        store.append(moment, body)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    for attributes in QUERIES.values():
        timeseries(store, attributes, {})
    gc.collect()
    return kept / number, tracemalloc.get_traced_memory()[0] / number


if __name__ == "__main__":
    main()
