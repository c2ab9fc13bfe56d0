"""The two queries of Product Analytics, and the form of their responses.

Values are floats and units null, as in the responses of the vendor's sibling endpoints (inferred). The request fields
`indexes`, `enforced_execution_type` and `request_id` have no effect.
"""

from collections.abc import Mapping
from itertools import repeat
from typing import Any

from mockserver.analytics import QueryError
from mockserver.analytics.aggregations import measure
from mockserver.analytics.audience import Segment
from mockserver.analytics.facets import facet_name
from mockserver.analytics.grouping import group_rules, tabulate
from mockserver.analytics.selection import ATTRIBUTES, QUERY, select
from mockserver.analytics.store import EventStore
from mockserver.support.budget import Budget

MAX_BUCKETS = 10_000
MAX_VALUES = 1_000_000
MAX_STEPS = 12_000_000
"""What a query may take, a second or so."""
MIN_TIME = -(2**63)
"""The least int64, the type of the times in a response."""


def scalar(store: EventStore, attributes: Mapping[str, Any], segments: Mapping[str, Segment]) -> dict[str, Any]:
    """The `data.attributes` of the response: {"columns": […]}, a column for each facet and then the numbers.

    `attributes` are the validated `data.attributes` of the request (`compute.interval` is ignored), `segments` the
    account's by their id. Without data the columns are there and their values empty (inferred). Raises QueryError.
    """
    compute = measure(attributes["query"]["compute"], f"{QUERY}/compute")
    rules = group_rules(attributes["query"], compute)
    budget = _budget(store)
    rows = tabulate(store, select(store, attributes, segments, budget), rules, compute, repeat(0), budget)
    columns: list[dict[str, Any]] = [
        {"name": rule.facet, "values": [group[index] for group, _ in rows], "type": "group"}
        for index, rule in enumerate(rules)
    ]
    numbers = [values[0] for _, values in rows]
    return {"columns": [*columns, {"name": "query", "values": numbers, "type": "number", "meta": {"unit": None}}]}


def timeseries(store: EventStore, attributes: Mapping[str, Any], segments: Mapping[str, Segment]) -> dict[str, Any]:
    """The `data.attributes` of the response: {"intervals": […], "series": […], "times": […], "values": […]}.

    Buckets begin at multiples of `compute.interval` milliseconds since the epoch, and only those with data are there
    (inferred). A series is a group, in the order of a scalar query; its values are a list as long as `times`, null
    where the series has no data. An interval's start is that of the range's first bucket (assumed). Without data all
    four are empty. Raises QueryError, also for more than MAX_BUCKETS buckets with data or MAX_VALUES values.
    """
    compute = measure(attributes["query"]["compute"], f"{QUERY}/compute")
    rules = group_rules(attributes["query"], compute)
    interval = _interval(attributes)
    buckets = [time - time % interval for time in store.timestamps()]
    budget = _budget(store)
    rows = tabulate(store, select(store, attributes, segments, budget), rules, compute, buckets, budget)
    facets = [facet_name(rule.facet) for rule in rules]  # a tag has the facet without @ (assumed)
    times = sorted({time for _, values in rows for time in values})
    if len(times) > MAX_BUCKETS:
        message = f"the response has more than {MAX_BUCKETS} buckets of {interval} milliseconds"
        raise QueryError(message, f"{QUERY}/compute/interval")
    if len(times) * len(rows) > MAX_VALUES:
        raise QueryError(f"the response has more than {MAX_VALUES} values: ask for fewer groups", f"{QUERY}/group_by")
    start = int(attributes["from"])
    first = max(MIN_TIME, start - start % interval)
    fixed = {"milliseconds": interval, "start_time": first, "times": times, "type": "fixed"}
    return {
        "intervals": [fixed] if rows else [],
        "series": [
            {"group_tags": list(map("{}:{}".format, facets, group)), "query_index": 0, "unit": None}
            for group, _ in rows
        ],
        "times": times,
        "values": [[values.get(time) for time in times] for _, values in rows],
    }


def _budget(store: EventStore) -> Budget:
    advice = "ask for fewer terms, shorter wildcards, fewer groups or a shorter range of times"
    return Budget(MAX_STEPS, f"the query takes too long over {len(store)} events: {advice}")


def _interval(attributes: Mapping[str, Any]) -> int:
    interval = int(attributes["query"]["compute"].get("interval", 0))
    if interval < 1:
        raise QueryError("a timeseries needs an interval of at least a millisecond", f"{QUERY}/compute/interval")
    if int(attributes["to"]) <= int(attributes["from"]):
        raise QueryError("from must be less than to", f"{ATTRIBUTES}/from")
    return interval
