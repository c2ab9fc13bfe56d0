"""Aggregations: one number from the values of a group's events.

count counts events, with or without a metric (assumed); cardinality counts distinct texts (assumed); the others take
the numbers among the metric's values, every element of an array by itself, and leave the rest out. Percentiles
interpolate linearly between the two nearest values (assumed; the same as SQL's percentile_cont), and the median is the
50th. Without a value to compute from there is no data: None, not 0 (assumed).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import fsum
from typing import Any

from mockserver.analytics import QueryError
from mockserver.analytics.facets import Cell, facet_name, numbers_of, texts_of

Value = float | str
"""What counts of an event's metric: numbers, or texts for cardinality."""

_PERCENTILE = re.compile(r"pc([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregation, by its name in the request, of a facet (a path without @; None for count)."""

    aggregation: str
    facet: str | None = None

    def values(self, cell: Cell | None) -> Sequence[Value]:
        """What the aggregation takes from a cell of its facet; nothing from a missing one."""
        take = texts_of if self.aggregation == "cardinality" else numbers_of
        return () if cell is None else tuple(take(cell))

    def gather(self, events: Iterable[tuple[Sequence[Value], int]]) -> list[Value]:
        """The values of events, given those of each and how many events have the same; for count, how many."""
        if self.aggregation == "count":
            return [float(sum(count for _, count in events))]
        if self.aggregation == "cardinality":
            return list({text for texts, _ in events for text in texts})
        return [number for numbers, count in events for number in numbers for _ in range(count)]

    def of(self, gathered: Iterable[list[Value]]) -> float | None:
        """The aggregate over what was gathered, in one part or several; None without any value."""
        values = list(chain.from_iterable(gathered))
        if not values:
            return None
        percentile = _PERCENTILE.fullmatch(self.aggregation)
        return _percentile(values, int(percentile.group(1))) if percentile else _AGGREGATIONS[self.aggregation](values)


def measure(rule: Mapping[str, str], pointer: str, default_metric: str | None = None) -> Measure:
    """The measure of a `compute` or a `sort` with an aggregation; `pointer` is the rule's place in the request.

    Raises QueryError for an unknown aggregation and for one that lacks its metric.
    """
    aggregation = rule["aggregation"]
    if aggregation == "count":
        return Measure("count")
    if aggregation not in _AGGREGATIONS and not _PERCENTILE.fullmatch(aggregation):
        known = ", ".join(_AGGREGATIONS)
        raise QueryError(f"unknown aggregation '{aggregation}': use {known} or pc1 to pc99", f"{pointer}/aggregation")
    metric = rule.get("metric", default_metric)
    if not metric:
        raise QueryError(f"the aggregation {aggregation} needs a metric", f"{pointer}/metric")
    return Measure(aggregation, facet_name(metric))


def _percentile(numbers: Sequence[Any], percent: int) -> float:
    ordered = sorted(numbers)
    below, hundredths = divmod(percent * (len(ordered) - 1), 100)
    above = min(below + 1, len(ordered) - 1)
    return float((ordered[below] * (100 - hundredths) + ordered[above] * hundredths) / 100)


_AGGREGATIONS: Mapping[str, Callable[[Sequence[Any]], float]] = {
    "count": fsum,
    "cardinality": lambda texts: float(len(set(texts))),
    "sum": fsum,
    "avg": lambda numbers: fsum(numbers) / len(numbers),
    "min": min,
    "max": max,
    "median": lambda numbers: _percentile(numbers, 50),
}
