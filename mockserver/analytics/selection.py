"""Chooses the events that a query computes over: its time range, search, audience and occurrences."""

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import compress
from typing import Any

from mockserver.analytics import within_budget
from mockserver.analytics.audience import Audience, Segment, find_audience
from mockserver.analytics.search_syntax import matching, parse_search
from mockserver.analytics.store import EventStore, Mask, mask
from mockserver.support.budget import Budget

ATTRIBUTES = "/data/attributes"
QUERY = f"{ATTRIBUTES}/query"

_OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_COUNT_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Selection:
    """The events of a store that a query computes over: one byte for each event, 1 or 0."""

    events: bytes
    audience: Audience


def select(
    store: EventStore, attributes: Mapping[str, Any], segments: Mapping[str, Segment], budget: Budget
) -> Selection:
    """The events with from ≤ time < to (assumed: the page does not say which end is in) that match the base query and
    the audience filters. Raises QueryError as the parts of the query do, and where they take too long."""
    query = attributes["query"]
    base = query["query"]
    place = f"{QUERY}/query/search/query"
    search = parse_search(base["search"].get("query", ""), place)
    audience = find_audience(store, query.get("audience_filters", {}), segments, f"{QUERY}/audience_filters", budget)
    in_range = mask(attributes["from"] <= time < attributes["to"] for time in store.timestamps())
    with within_budget(place):
        events = in_range & matching(store, search, budget) & audience.mask
    occurrences = base["search"].get("occurrences")
    if base["data_source"] == "product_analytics_occurrence" and occurrences is not None:
        with within_budget(place):
            events &= _of_users_with(store, events, occurrences, budget)
    return Selection(events.to_bytes(len(store), "little"), audience)


def _of_users_with(store: EventStore, events: Mask, occurrences: Mapping[str, str], budget: Budget) -> Mask:
    """The events of users whose number of matching events satisfies the operator and the value (documented).

    A user without any matching event has nothing to compute over; events without a user are left out (assumed).
    """
    users = store.column("usr.id", budget)
    counts = Counter(compress(users.codes, events.to_bytes(len(store), "little")))
    compare = _OPERATORS[occurrences["operator"]]
    threshold = int(occurrences["value"].lstrip("0")[:_COUNT_DIGITS] or 0)  # that many digits are beyond any count
    kept = {code for code, count in counts.items() if code and compare(count, threshold)}
    return users.mask_of(code in kept for code in range(len(users.cells)))
