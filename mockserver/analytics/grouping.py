"""Groups: the rules of `group_by`, the events of every group, and which groups are kept in which order.

Several facets are groups within groups (assumed): the first facet's values are put in order and cut to its limit, then
within each of them the second's, and so on. An event whose facet is an array is in the group of each element (the
vendor's page on grouping); one whose facet is missing is in the group "N/A" (assumed) unless the rule excludes it.
Ties are in the order of the groups' names. A group without a value to compute from is left out (assumed).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, product
from math import prod
from typing import Any

from mockserver.analytics import QueryError
from mockserver.analytics.aggregations import Measure, Value, measure
from mockserver.analytics.audience import Audience
from mockserver.analytics.facets import facet_name, texts_of
from mockserver.analytics.selection import QUERY, Selection
from mockserver.analytics.store import Column, EventStore

MISSING = "N/A"
DEFAULT_LIMIT = 10
MAX_GROUPS = 10_000
"""The product of the limits of all facets: the bound of the vendor's sibling endpoints (inferred)."""
MAX_MEMBERSHIPS = 5_000_000
"""How often events may be in groups, where arrays put one event in many (assumed)."""

Group = tuple[str, ...]
"""The values of the facets, in order; of the first facets only for a group that holds further groups."""
Events = list[tuple[tuple[int, ...], int]]
"""Events of one bucket and equal facets: the codes of the metrics' columns, and how many events have these."""


Rows = list[tuple[Group, Mapping[int, float]]]
"""The kept groups, in order, each with the values of the compute by bucket (never empty, never None)."""


@dataclass(eq=False, slots=True)
class Part:
    """Events of one `bucket` (epoch milliseconds), which may be in several groups; `gathered` keeps what each measure
    takes from them, so that it is computed once."""

    bucket: int
    events: Events
    gathered: dict[Measure, list[Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupBy:
    """One rule of `group_by`. `source` is users, accounts or None for an event facet."""

    facet: str
    limit: int
    sort: Measure
    descending: bool
    exclude_missing: bool
    source: str | None


_SOURCES = {f"product_analytics_audience_filters.{kind}": kind for kind in ("users", "accounts")}


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
    store: EventStore, selection: Selection, rules: Sequence[GroupBy], compute: Measure, buckets: Iterable[int]
) -> Rows:
    """Groups the selected events and computes each group's values; `buckets` has the bucket of every event."""
    measures = list(dict.fromkeys([compute, *(rule.sort for rule in rules)]))
    metrics = {facet: store.column(facet) for facet in dict.fromkeys(m.facet for m in measures) if facet is not None}
    levels = _fill(store, selection, rules, metrics.values(), buckets)
    return _Ranking(levels, rules, compute, metrics).rows()


def _group_rule(rule: Mapping[str, Any], compute: Measure, pointer: str) -> GroupBy:
    source = rule.get("source")
    if source is not None and source not in _SOURCES:
        raise QueryError(f"unknown source '{source}': use {' or '.join(_SOURCES)}", f"{pointer}/source")
    sort = rule.get("sort", {})
    by = measure(sort, f"{pointer}/sort", compute.facet) if "aggregation" in sort else compute
    return GroupBy(
        facet=rule["facet"],
        limit=int(rule.get("limit", DEFAULT_LIMIT)),
        sort=by,
        descending=sort.get("order", "desc") == "desc",
        exclude_missing=rule.get("should_exclude_missing", False),
        source=None if source is None else _SOURCES[source],
    )


def _fill(
    store: EventStore,
    selection: Selection,
    rules: Sequence[GroupBy],
    metrics: Iterable[Column],
    buckets: Iterable[int],
) -> list[dict[Group, list[Part]]]:
    """The contents of the groups of every level: of no facet, of the first one, of the first two, …"""
    facets = [_facet(store, rule, selection.audience) for rule in rules]
    names = [names for _, names in facets]
    streams: list[Iterable[int]] = [*(column.codes for column, _ in facets), buckets]
    levels: list[dict[Group, list[Part]]] = [defaultdict(list) for _ in range(len(rules) + 1)]
    memberships = 0
    for (*codes, bucket), events in _parts(streams, [metric.codes for metric in metrics], selection).items():
        here = [names[index][code] for index, code in enumerate(codes)]
        memberships += prod(map(len, here))
        if memberships > MAX_MEMBERSHIPS:
            raise QueryError("the events are in too many groups: group by fewer facets", f"{QUERY}/group_by")
        if all(here):
            part = Part(bucket, events)
            for level, groups in enumerate(levels):
                for group in product(*here[:level]):
                    groups[group].append(part)
    return levels


def _parts(
    streams: Sequence[Iterable[int]], metrics: Sequence[Iterable[int]], selection: Selection
) -> Mapping[tuple[int, ...], Events]:
    """The selected events by what the `streams` say of them."""
    alike = Counter(zip(*(compress(stream, selection.events) for stream in (*streams, *metrics)), strict=False))
    width = len(streams)
    parts: dict[tuple[int, ...], Events] = defaultdict(list)
    for codes, count in alike.items():
        parts[codes[:width]].append((codes[width:], count))
    return parts


def _facet(store: EventStore, rule: GroupBy, audience: Audience) -> tuple[Column, list[tuple[str, ...]]]:
    """The column a rule groups by, and the groups of each of its codes: none for one that the rule excludes."""
    missing = () if rule.exclude_missing else (MISSING,)
    if rule.source is None:
        column = store.column(facet_name(rule.facet))
        return column, [missing if cell is None else texts_of(cell) for cell in column.cells]
    queries = audience.users if rule.source == "users" else audience.accounts
    codes = range(len(queries.ids.cells))
    inside = (tuple(name for name, members in queries.members.items() if members[code]) for code in codes)
    return queries.ids, [found or missing for found in inside]


class _Ranking:
    def __init__(
        self,
        levels: Sequence[Mapping[Group, list[Part]]],
        rules: Sequence[GroupBy],
        compute: Measure,
        metrics: Mapping[str, Column],
    ) -> None:
        self.levels = levels
        self.rules = rules
        self.compute = compute
        self.places = {facet: place for place, facet in enumerate(metrics)}
        self.values = {
            measure: list(map(measure.values, metrics[measure.facet].cells))
            for measure in {compute, *(rule.sort for rule in rules)}
            if measure.facet is not None
        }

    def rows(self) -> Rows:
        kept: list[Group] = [()]
        for level, rule in enumerate(self.rules, start=1):
            children: dict[Group, list[Group]] = defaultdict(list)
            for group in self.levels[level]:
                children[group[:-1]].append(group)
            kept = [child for parent in kept for child in self._first(children[parent], level, rule)]
        rows = ((group, self._by_bucket(self.levels[-1].get(group, []))) for group in kept)
        return [(group, values) for group, values in rows if values]

    def _first(self, groups: Iterable[Group], level: int, rule: GroupBy) -> Sequence[Group]:
        """The groups that a rule keeps; those that its sort has no value for come last, in either order (assumed)."""
        ranks: dict[Group, tuple[bool, float, str]] = {}
        sign = -1 if rule.descending else 1
        for group in groups:
            parts = self.levels[level][group]
            computed = self._value(self.compute, parts)
            if computed is not None:
                value = computed if rule.sort == self.compute else self._value(rule.sort, parts)
                ranks[group] = (value is None, sign * (value or 0), group[-1])
        return sorted(ranks, key=ranks.__getitem__)[: rule.limit]

    def _by_bucket(self, parts: Iterable[Part]) -> dict[int, float]:
        buckets: dict[int, list[Part]] = defaultdict(list)
        for part in parts:
            buckets[part.bucket].append(part)
        values = ((bucket, self._value(self.compute, buckets[bucket])) for bucket in sorted(buckets))
        return {bucket: value for bucket, value in values if value is not None}

    def _value(self, measure: Measure, parts: Iterable[Part]) -> float | None:
        return measure.of(self._gathered(measure, part) for part in parts)

    def _gathered(self, measure: Measure, part: Part) -> list[Value]:
        if measure not in part.gathered:
            if measure.facet is None:
                part.gathered[measure] = measure.gather(((), count) for _, count in part.events)
            else:
                place, values = self.places[measure.facet], self.values[measure]
                part.gathered[measure] = measure.gather((values[codes[place]], count) for codes, count in part.events)
        return part.gathered[measure]
