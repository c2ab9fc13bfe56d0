"""A second computation of the same queries, in SQL over one table of facts: it shares no code with the engine."""

from __future__ import annotations

import sqlite3
import statistics
from dataclasses import dataclass
from typing import Any

Fact = tuple[str, str | int | float]
AGGREGATES = {
    "count": "NULLIF(COUNT(DISTINCT picked.event), 0)",
    "cardinality": "NULLIF(COUNT(DISTINCT metric.text), 0)",
    "sum": "SUM(metric.number)",
    "avg": "AVG(metric.number)",
    "min": "MIN(metric.number)",
    "max": "MAX(metric.number)",
}


class Percentile:
    """SQLite has no percentiles: Python's statistics has them, by the same method as SQL's percentile_cont."""

    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.percent = 0

    def step(self, number: float | None, percent: int) -> None:
        self.percent = percent
        if number is not None:
            self.numbers.append(number)

    def finalize(self) -> float | None:
        if len(self.numbers) < 2:
            return self.numbers[0] if self.numbers else None
        return statistics.quantiles(self.numbers, n=100, method="inclusive")[self.percent - 1]


@dataclass
class Group:
    """A rule of group_by as SQL needs it; `source` is SQL that selects (event, text) for an audience source."""

    facet: str
    limit: int
    aggregation: str
    metric: str | None
    descending: bool
    exclude_missing: bool
    source: str | None = None


class Oracle:
    def __init__(self, events: list[tuple[int, list[Fact]]]) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.create_aggregate("percentile", 2, Percentile)  # type: ignore[arg-type]
        self.database.executescript(
            """
            CREATE TABLE event (event INTEGER PRIMARY KEY, time INTEGER, usr TEXT, account TEXT);
            CREATE TABLE fact (event INTEGER, facet TEXT, text TEXT, number REAL);
            """
        )
        for number, (time, facts) in enumerate(events):
            ids = {facet: value for facet, value in facts if facet in ("usr.id", "account.id")}
            self.database.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?)", (number, time, ids.get("usr.id"), ids.get("account.id"))
            )
            self.database.executemany(
                "INSERT INTO fact VALUES (?, ?, ?, ?)",
                [
                    (number, facet, value, None)
                    if isinstance(value, str)
                    else (number, facet, f"{value:g}", float(value))
                    for facet, value in facts
                ],
            )
        self.database.execute("CREATE INDEX by_event ON fact (event, facet)")

    def groups(
        self,
        where: str,
        aggregation: str,
        metric: str | None,
        group_by: list[Group],
        interval: int | None = None,
    ) -> list[tuple[Any, ...]]:
        """Rows of labels, [bucket], value, in the order of the answer."""
        parts = [f"picked AS MATERIALIZED (SELECT event, time FROM event WHERE {where})"]
        parts += [f"label{n} AS MATERIALIZED ({self._labels(group)})" for n, group in enumerate(group_by, start=1)]
        for level in range(1, len(group_by) + 1):
            parts += self._level(level, group_by, aggregation, metric)
        names = [f"l{n}" for n in range(1, len(group_by) + 1)]
        kept = f"kept{len(group_by)}" if group_by else "(SELECT 1)"
        labels = "".join(f" JOIN label{n} ON label{n}.event = picked.event" for n in range(1, len(group_by) + 1))
        same = " AND ".join(f"label{n}.text = kept.{name}" for n, name in enumerate(names, start=1)) or "TRUE"
        bucket = "" if interval is None else f"picked.time - picked.time % {interval}"
        by = [f"kept.{name}" for name in names] + ([bucket] if bucket else [])
        order = [f"kept.rank{n}" for n in range(1, len(group_by) + 1)] + ([bucket] if bucket else [])
        sql = f"""
            WITH {", ".join(parts)}
            SELECT {", ".join([*by, aggregate(aggregation)])} AS value
            FROM picked {labels} JOIN {kept} AS kept ON {same} {join_metric(metric)}
            {"GROUP BY " + ", ".join(by) if by else ""} HAVING value IS NOT NULL
            {"ORDER BY " + ", ".join(order) if order else ""}
        """
        return self.database.execute(sql).fetchall()

    def _labels(self, group: Group) -> str:
        found = group.source or f"SELECT DISTINCT event, text FROM fact WHERE facet = '{group.facet}'"
        if group.exclude_missing:
            return found
        return f"{found} UNION SELECT event, 'N/A' FROM event WHERE event NOT IN (SELECT event FROM ({found}))"

    def _level(self, level: int, group_by: list[Group], aggregation: str, metric: str | None) -> list[str]:
        rule = group_by[level - 1]
        names = [f"label{n}.text" for n in range(1, level + 1)]
        labels = "".join(f" JOIN label{n} ON label{n}.event = picked.event" for n in range(1, level + 1))
        # An event that a later facet's rule excludes counts for no level.
        later = " AND ".join(
            f"picked.event IN (SELECT event FROM label{n})" for n in range(level + 1, len(group_by) + 1)
        )
        columns = ", ".join(f"{name} AS l{n}" for n, name in enumerate(names, start=1))

        def measured(name: str, by: str, on: str | None, value: str) -> str:
            return (
                f"{name} AS MATERIALIZED (SELECT {columns}, {aggregate(by)} AS {value} FROM picked {labels}"
                f" {join_metric(on)} WHERE {later or 'TRUE'} GROUP BY {', '.join(names)})"
            )

        own = [f"l{n}" for n in range(1, level + 1)]
        parents = own[:-1]
        ranks = [f"rank{n}" for n in range(1, level)]
        within = f" JOIN kept{level - 1} AS parent USING ({', '.join(parents)})" if parents else ""
        partition = f"PARTITION BY {', '.join(parents)} " if parents else ""
        direction = "DESC" if rule.descending else "ASC"
        return [
            measured(f"computed{level}", aggregation, metric, "value"),
            measured(f"sorted{level}", rule.aggregation, rule.metric, "sort"),
            f"""kept{level} AS MATERIALIZED (SELECT * FROM (
                SELECT {", ".join(own + ranks)}, ROW_NUMBER() OVER (
                    {partition}ORDER BY sort IS NULL, sort {direction}, l{level}
                ) AS rank{level}
                FROM computed{level} JOIN sorted{level} USING ({", ".join(own)}){within} WHERE value IS NOT NULL
            ) WHERE rank{level} <= {rule.limit})""",
        ]


def aggregate(aggregation: str) -> str:
    if aggregation == "median":
        return "percentile(metric.number, 50)"
    if aggregation.startswith("pc"):
        return f"percentile(metric.number, {aggregation[2:]})"
    return AGGREGATES[aggregation]


def join_metric(metric: str | None) -> str:
    return f"LEFT JOIN fact AS metric ON metric.event = picked.event AND metric.facet = '{metric}'"
