"""Groups: the rules of `group_by`, the events of every group, and which groups are kept in which order.

Several facets are groups within groups (assumed): the first facet's values are put in order and cut to its limit, then
within each of them the second's, and so on. An event whose facet is an array is in the group of each element (the
vendor's page on grouping); one whose facet is missing is in the group "N/A" (assumed) unless the rule excludes it.
Ties are in the order of the groups' names. A group without a value to compute from is left out (assumed).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, product, repeat
from math import prod
from typing import Any

from mockserver.analytics import QueryError, within_budget
from mockserver.analytics.aggregations import Measure, Value, measure
from mockserver.analytics.audience import Audience
from mockserver.analytics.facets import facet_name, texts_of
from mockserver.analytics.selection import QUERY, Selection
from mockserver.analytics.store import Column, EventStore
from mockserver.support.budget import Budget

MISSING = "N/A"
DEFAULT_LIMIT = 10
MAX_GROUPS = 10_000
"""The product of the limits of all facets: the bound of the vendor's sibling endpoints (inferred)."""
VALUE_STEPS, EVENT_STEPS, ROW_STEPS, PART_STEPS, MEMBERSHIP_STEPS = 5, 10, 25, 150, 40
"""What it takes to look at a value of a facet and at an event, to gather an event's values, to compute over events that
are alike, and to have these in a group: arrays put one event in many."""

Group = tuple[str, ...]
"""The values of the facets, in order; of the first facets only for a group that holds further groups."""
Part = tuple[int, Mapping[Measure, list[Value]]]
"""Events of one bucket (epoch milliseconds), which may be in several groups: what each measure takes from them."""
Rows = list[tuple[Group, Mapping[int, float]]]
"""The kept groups, in order, each with the values of the compute by bucket (never empty, never None)."""


@dataclass(frozen=True, slots=True)
class GroupBy:
    """One rule of `group_by`. `source` is users, accounts or None for an event facet."""

    facet: str
    limit: int
    sort: Measure
    descending: bool
    exclude_missing: bool
    source: str | None


SOURCES = {f"product_analytics_audience_filters.{kind}": kind for kind in ("users", "accounts")}


def group_rules(query: Mapping[str, Any], compute: Measure) -> list[GroupBy]:
    """The rules of a query's `group_by`. Raises QueryError for an unknown aggregation or source, an aggregation
    without a metric, and limits that multiply to more than MAX_GROUPS."""
    rules = [
        _group_rule(rule, compute, f"{QUERY}/group_by/{index}") for index, rule in enumerate(query.get("group_by", ()))
    ]
    if prod(rule.limit for rule in rules) > MAX_GROUPS:
        raise QueryError(f"the limits of the facets multiply to more than {MAX_GROUPS} groups", f"{QUERY}/group_by")
    return rules


def tabulate(
    store: EventStore,
    selection: Selection,
    rules: Sequence[GroupBy],
    compute: Measure,
    buckets: Iterable[int],
    budget: Budget,
) -> Rows:
    """Groups the selected events and computes each group's values; `buckets` has the bucket of every event. Raises
    QueryError where that takes too long."""
    measures = dict.fromkeys([compute, *(rule.sort for rule in rules)])
    with within_budget(f"{QUERY}/group_by" if rules else f"{QUERY}/compute"):
        levels = _fill(store, selection, rules, measures, buckets, budget)
    kept: list[Group] = [()]
    for groups, rule in zip(levels[1:], rules, strict=True):
        children: dict[Group, dict[Group, list[Part]]] = defaultdict(dict)
        for group, parts in groups.items():
            children[group[:-1]][group] = parts
        kept = [child for parent in kept for child in _first(children[parent], rule, compute)]
    rows = ((group, _by_bucket(levels[-1].get(group, []), compute)) for group in kept)
    return [(group, values) for group, values in rows if values]


def _group_rule(rule: Mapping[str, Any], compute: Measure, pointer: str) -> GroupBy:
    source = rule.get("source")
    if source is not None and source not in SOURCES:
        raise QueryError(f"unknown source '{source}': use {' or '.join(SOURCES)}", f"{pointer}/source")
    sort = rule.get("sort", {})
    by = measure(sort, f"{pointer}/sort", compute.facet) if "aggregation" in sort else compute
    return GroupBy(
        facet=rule["facet"],
        limit=int(rule.get("limit", DEFAULT_LIMIT)),
        sort=by,
        descending=sort.get("order", "desc") == "desc",
        exclude_missing=rule.get("should_exclude_missing", False),
        source=None if source is None else SOURCES[source],
    )


def _fill(
    store: EventStore,
    selection: Selection,
    rules: Sequence[GroupBy],
    measures: Iterable[Measure],
    buckets: Iterable[int],
    budget: Budget,
) -> list[dict[Group, list[Part]]]:
    """The contents of the groups of every level: of no facet, of the first one, of the first two, …"""
    facets = [_facet(store, rule, selection.audience, budget) for rule in rules]
    metrics = {measure: store.column(measure.facet, budget) for measure in measures if measure.facet is not None}
    budget.spend(VALUE_STEPS * sum(metric.values for metric in metrics.values()))
    taken = {measure: list(map(measure.values, metric.cells)) for measure, metric in metrics.items()}
    streams: list[Iterable[int]] = [*(column.codes for column, _ in facets), buckets]
    streams += [metrics[measure].codes if measure in metrics else repeat(0) for measure in measures]
    alike = Counter(zip(*(compress(stream, selection.events) for stream in streams), strict=False))
    parts: dict[tuple[int, ...], list[tuple[tuple[int, ...], int]]] = defaultdict(list)
    budget.spend(EVENT_STEPS * alike.total() + ROW_STEPS * len(alike))
    for row, count in alike.items():
        parts[row[: len(rules) + 1]].append((row[len(rules) + 1 :], count))
    levels: list[dict[Group, list[Part]]] = [defaultdict(list) for _ in range(len(rules) + 1)]
    for (*codes, bucket), events in parts.items():
        here = [groups[code] for (_, groups), code in zip(facets, codes, strict=True)]
        budget.spend(PART_STEPS + MEMBERSHIP_STEPS * prod(map(len, here)))
        if all(here):
            gathered = {}
            for place, measure in enumerate(measures):
                values = taken.get(measure, ((),))
                gathered[measure] = measure.gather((values[metric[place]], count) for metric, count in events)
            for level, groups in enumerate(levels):
                for group in product(*here[:level]):
                    groups[group].append((bucket, gathered))
    return levels


def _facet(
    store: EventStore, rule: GroupBy, audience: Audience, budget: Budget
) -> tuple[Column, list[tuple[str, ...]]]:
    """The column a rule groups by, and the groups of each of its codes: none for one that the rule excludes."""
    missing = () if rule.exclude_missing else (MISSING,)
    if rule.source is None:
        column = store.column(facet_name(rule.facet), budget)
        budget.spend(VALUE_STEPS * column.values)
        return column, [missing if cell is None else texts_of(cell) for cell in column.cells]
    queries = audience.users if rule.source == "users" else audience.accounts
    codes = range(len(queries.ids.cells))
    budget.spend(len(codes) * len(queries.members))
    inside = (tuple(name for name, members in queries.members.items() if members[code]) for code in codes)
    return queries.ids, [found or missing for found in inside]


def _first(groups: Mapping[Group, list[Part]], rule: GroupBy, compute: Measure) -> Sequence[Group]:
    """The groups that a rule keeps; those that its sort has no value for come last, in either order (assumed)."""
    ranks: dict[Group, tuple[bool, float, str]] = {}
    sign = -1 if rule.descending else 1
    for group, parts in groups.items():
        computed = _value(compute, parts)
        if computed is not None:
            value = computed if rule.sort == compute else _value(rule.sort, parts)
            ranks[group] = (value is None, sign * (value or 0), group[-1])
    return sorted(ranks, key=ranks.__getitem__)[: rule.limit]


def _by_bucket(parts: Iterable[Part], compute: Measure) -> dict[int, float]:
    buckets: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        buckets[part[0]].append(part)
    values = ((bucket, _value(compute, buckets[bucket])) for bucket in sorted(buckets))
    return {bucket: value for bucket, value in values if value is not None}


def _value(measure: Measure, parts: Iterable[Part]) -> float | None:
    return measure.of(gathered[measure] for _, gathered in parts)
