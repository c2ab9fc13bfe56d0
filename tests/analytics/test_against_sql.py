"""Random queries over random events: the engine and an independent computation in SQL agree."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest

from mockserver.analytics.audience import Segment
from mockserver.analytics.queries import scalar, timeseries
from mockserver.analytics.store import EventStore
from mockserver.support.budget import Budget
from tests.support.sql_oracle import Fact, Group, Oracle

pytestmark = pytest.mark.fuzz

QUERIES_EACH = 60
SEEDS = range(40 if "FUZZ_EXAMPLES" in os.environ else 10)
HOUR = 3_600_000
START = 1_771_232_400_000
SEGMENT = "00000000-0000-4000-8000-000000000001"

TEXTS = ["free", "pro", "Pro", "pro-plus", "north west", "a.b", "N/A", "5", "x:y"]
NUMBERS: list[int | float] = [-2, 0, 1, 2.5, 5, 5.0, 7.25, 40]
FACETS = ["plan", "usr.plan", "customer.amount", "customer.tags", "event.name", "deep.er.value"]
METRICS = [*["customer.amount", "customer.tags", "deep.er.value"] * 4, "plan", "usr.id", "nowhere"]
AGGREGATIONS = ["count", "cardinality", "sum", "avg", "min", "max", "median", "pc10", "pc75", "pc99"]
USERS = [f"u{n}" for n in range(8)]


def random_events(rng: random.Random) -> list[tuple[int, list[Fact]]]:
    return [
        (START + rng.randrange(-HOUR, 5 * HOUR), random_facts(rng))
        for _ in range(rng.choice([20, 40, 60, 60, 80, 80, 120, 0]))
    ]


def random_facts(rng: random.Random) -> list[Fact]:
    facts: list[Fact] = [("event.name", rng.choice(["buy", "sell", "page.view"]))]
    if rng.random() < 0.8:
        facts += [("usr.id", rng.choice(USERS))]
        facts += [("usr.plan", rng.choice(["free", "pro"]))] if rng.random() < 0.5 else []
    facts += [("account.id", f"a{rng.randrange(3)}")] if rng.random() < 0.5 else []
    facts += [("plan", rng.choice(TEXTS))] if rng.random() < 0.7 else []
    facts += [("customer.amount", rng.choice([*NUMBERS, *NUMBERS, "5", "many"]))] if rng.random() < 0.8 else []
    facts += [("customer.tags", rng.choice([*TEXTS, *NUMBERS])) for _ in range(rng.randrange(4))]
    facts += [("deep.er.value", rng.choice(NUMBERS))] if rng.random() < 0.3 else []
    return facts


def body_of(facts: list[Fact], rng: random.Random) -> dict[str, Any]:
    """The facts as an event's body: nested, with dots in keys, or as an array of objects."""
    body: dict[str, Any] = {"nothing": None, "empty": {}}
    for facet in dict.fromkeys(facet for facet, _ in facts):
        values: Any = [value for name, value in facts if name == facet]
        values = values[0] if len(values) == 1 else values
        head, _, tail = facet.partition(".")
        if not tail or rng.random() < 0.2:
            body[facet] = values
        elif isinstance(values, list) and head not in body:
            body[head] = [{tail: value} for value in values]
        elif isinstance(body.get(head, {}), dict):
            body.setdefault(head, {})[tail] = values
        else:
            body[facet] = values
    return body


class Searches:
    """Random search queries, as the vendor's text and as a condition in SQL on `event`."""

    def __init__(self, rng: random.Random, leaf_sql: str = "event", own: str = "") -> None:
        self.rng = rng
        self.entity = leaf_sql
        self.own = own

    def any(self, depth: int = 3) -> tuple[str, str]:
        return self.disjunction(depth)

    def disjunction(self, depth: int) -> tuple[str, str]:
        return joined([self.conjunction(depth) for _ in range(self.rng.choice([1, 1, 2, 3]))], " OR ", "OR")

    def conjunction(self, depth: int) -> tuple[str, str]:
        operands = [self.negation(depth) for _ in range(self.rng.choice([1, 1, 2]))]
        return joined(operands, self.rng.choice([" AND ", " ", "  "]), "AND")

    def negation(self, depth: int) -> tuple[str, str]:
        text, sql = self.primary(depth)
        if self.rng.random() < 0.25:
            return self.rng.choice(["-", "NOT ", "NOT NOT -"]) + text, f"NOT ({sql})"
        return text, sql

    def primary(self, depth: int) -> tuple[str, str]:
        if depth and self.rng.random() < 0.3:
            text, sql = self.disjunction(depth - 1)
            return self.rng.choice([f"({text})", f"( {text} )"]), f"({sql})"
        return self.rng.choice([self.attribute, self.attribute, self.values, self.free, self.all])()

    def all(self) -> tuple[str, str]:
        return "*", "TRUE"

    def free(self) -> tuple[str, str]:
        word = self.rng.choice(["pro", "PRO", "free", "west", "view", "nothing"])
        spaced = "' ' || REPLACE(REPLACE(REPLACE(REPLACE(text, '.', ' '), '-', ' '), '/', ' '), ':', ' ') || ' '"
        if self.rng.random() < 0.5:
            return f"*{word}*", self.exists(f"number IS NULL AND LOWER(text) GLOB '*{word.lower()}*'")
        return word, self.exists(f"number IS NULL AND LOWER({spaced}) LIKE '% {word.lower()} %'")

    def attribute(self) -> tuple[str, str]:
        facet = self.rng.choice([*FACETS, *FACETS, "usr.id", "nowhere"])
        text, sql = self.value()
        return f"@{facet}:{text}", self.exists(sql, facet)

    def values(self) -> tuple[str, str]:
        facet = self.rng.choice(FACETS)
        pairs = [self.value() for _ in range(self.rng.randrange(1, 4))]
        word = self.rng.choice([" OR ", " AND ", " "])
        conditions = [self.exists(sql, facet) for _, sql in pairs]
        joiner = " OR " if word == " OR " else " AND "
        return f"@{facet}:({word.join(text for text, _ in pairs)})", f"({joiner.join(conditions)})"

    def value(self) -> tuple[str, str]:
        return self.rng.choice([self.equal, self.glob, self.glob, self.compare, self.range, self.present])()

    def equal(self) -> tuple[str, str]:
        value = self.rng.choice([*TEXTS, *NUMBERS, *USERS, "buy"])
        sql = f"text = '{value}'"
        if not isinstance(value, str) or value.isdigit():
            sql += f" OR number = {value}"
        written = str(value).replace(" ", "\\ ")
        return (f'"{value}"' if self.rng.random() < 0.3 or written.startswith("-") else written), sql

    def glob(self) -> tuple[str, str]:
        pattern = self.rng.choice(["pro*", "*ro", "p?o", "*o*e*", "?", "*:*", "u?", "*.*", "??*5", "north?west"])
        return pattern, f"text GLOB '{pattern}'"

    def compare(self) -> tuple[str, str]:
        operator, bound = self.rng.choice([">", ">=", "<", "<="]), self.rng.choice([*NUMBERS, "free"])
        if isinstance(bound, str):
            return f"{operator}{bound}", f"number IS NULL AND text {operator} '{bound}'"
        return f"{operator}{bound}", f"number {operator} {bound}"

    def range(self) -> tuple[str, str]:
        low, high = self.rng.choice(NUMBERS), self.rng.choice(NUMBERS)
        opens, closes = self.rng.choice("[{"), self.rng.choice("]}")
        lower = f"number {'>=' if opens == '[' else '>'} {low}"
        upper = f"number {'<=' if closes == ']' else '<'} {high}"
        if self.rng.random() < 0.2:
            return f"{opens}* TO {high}{closes}", upper
        if self.rng.random() < 0.2:
            return f"{opens}{low} TO *{closes}", lower
        if self.rng.random() < 0.2:
            return f"{opens}free TO pro{closes}", (
                f"number IS NULL AND text {'>=' if opens == '[' else '>'} 'free'"
                f" AND text {'<=' if closes == ']' else '<'} 'pro'"
            )
        return f"{opens}{low} TO {high}{closes}", f"{lower} AND {upper}"

    def present(self) -> tuple[str, str]:
        return "*", "TRUE"

    def exists(self, sql: str, facet: str | None = None) -> str:
        """The condition on an event, or on a user or an account: on its latest own attributes or any of its events."""
        named = f"facet = '{facet}' AND " if facet else ""
        if self.entity == "event":
            return f"EXISTS (SELECT 1 FROM fact WHERE fact.event = event.event AND {named}({sql}))"
        same = f"SELECT event FROM event AS e WHERE e.{self.entity} = who.{self.entity}"
        if facet and facet.startswith(self.own):
            same = f"SELECT MAX(event) FROM fact WHERE facet = '{facet}' AND event IN ({same})"
        return f"EXISTS (SELECT 1 FROM fact WHERE fact.event IN ({same}) AND {named}({sql}))"


def joined(operands: list[tuple[str, str]], word: str, operator: str) -> tuple[str, str]:
    return word.join(text for text, _ in operands), "(" + f" {operator} ".join(sql for _, sql in operands) + ")"


class Requests:
    """Random requests, each with what SQL needs to compute the same."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.audiences: dict[str, tuple[str, str]] = {}

    def measure(self) -> tuple[str, str | None]:
        aggregation = self.rng.choice(AGGREGATIONS)
        return aggregation, None if aggregation == "count" else self.rng.choice(METRICS)

    def where(self, query: dict[str, Any]) -> tuple[str, int, int]:
        text, sql = Searches(self.rng).any() if self.rng.random() < 0.7 else ("*", "TRUE")
        start = START + self.rng.randrange(-HOUR, HOUR)
        end = start + self.rng.randrange(2 * HOUR, 6 * HOUR)
        where = f"time >= {start} AND time < {end} AND ({sql})"
        query["query"] = {"data_source": "product_analytics", "search": {"query": text}}
        if self.rng.random() < 0.4:
            where += f" AND {self.audience(query)}"
        if self.rng.random() < 0.2:
            operator, value = self.rng.choice(["=", ">=", "<=", ">", "<"]), self.rng.randrange(5)
            query["query"]["data_source"] = "product_analytics_occurrence"
            query["query"]["search"]["occurrences"] = {"operator": operator, "value": str(value)}
            matching = f"SELECT usr FROM event WHERE usr IS NOT NULL AND {where}"
            where += f" AND usr IN ({matching} GROUP BY usr HAVING COUNT(*) {operator} {value})"
        return where, start, end

    def audience(self, query: dict[str, Any]) -> str:
        """Users u1 and u2, account a1, segment s1, with or without a formula."""
        entities = {"u1": "usr", "u2": "usr", "a1": "account"}
        filters: dict[str, Any] = {"users": [], "accounts": []}
        for name, entity in entities.items():
            text, sql = Searches(self.rng, entity, f"{entity}.").any(1)
            found = f"SELECT {entity} FROM event AS who WHERE {entity} IS NOT NULL AND {sql}"
            self.audiences[name] = (entity, f"event.{entity} IS NOT NULL AND event.{entity} IN ({found})")
            filters["users" if entity == "usr" else "accounts"].append({"name": name, "query": text})
        self.audiences["s1"] = ("usr", "event.usr IS NOT NULL AND event.usr IN ('u1', 'u3')")
        filters["segments"] = [{"name": "s1", "segment_id": SEGMENT}]
        query["audience_filters"] = filters
        conditions = {name: f"({sql})" for name, (_, sql) in self.audiences.items()}
        formula = self.rng.choice(
            [None, "u1 OR a1", "u1 AND NOT u2 OR s1", "NOT (u1 OR u2) AND a1", "a1", "NOT NOT s1 OR u2 AND a1"]
        )
        if formula is None:
            return "(" + " AND ".join(conditions.values()) + ")"
        filters["formula"] = formula
        words = formula.replace("(", "( ").replace(")", " )").split()
        return "(" + " ".join(conditions.get(word, word) for word in words) + ")"

    def group_by(self, query: dict[str, Any], compute: tuple[str, str | None]) -> list[Group]:
        rules, groups = [], []
        for _ in range(self.rng.choice([0, 1, 1, 2, 3])):
            facet = self.rng.choice([*FACETS, *FACETS, "usr.id", "nowhere"])
            rule: dict[str, Any] = {"facet": f"@{facet}"}
            group = Group(facet, 10, *compute, descending=True, exclude_missing=False)
            if self.rng.random() < 0.5:
                rule["limit"] = group.limit = self.rng.choice([1, 2, 3, 20])
            if self.rng.random() < 0.5:
                rule["should_exclude_missing"] = group.exclude_missing = self.rng.random() < 0.4
            if self.rng.random() < 0.6:
                rule["sort"] = {}
                if self.rng.random() < 0.7:
                    group.aggregation, group.metric = self.measure()
                    rule["sort"] = {"aggregation": group.aggregation}
                    rule["sort"] |= {"metric": f"@{group.metric}"} if group.metric else {}
                if self.rng.random() < 0.7:
                    group.descending = self.rng.random() < 0.5
                    rule["sort"]["order"] = "desc" if group.descending else "asc"
            if self.audiences and self.rng.random() < 0.3:
                kind, entity = self.rng.choice([("users", "usr"), ("accounts", "account")])
                names = [name for name in ("u1", "u2", "a1") if self.audiences[name][0] == entity]
                rule["source"] = f"product_analytics_audience_filters.{kind}"
                group.source = " UNION ".join(
                    f"SELECT event, '{name}' AS text FROM event WHERE {self.audiences[name][1]}" for name in names
                )
            rules.append(rule)
            groups.append(group)
        if rules:
            query["group_by"] = rules
        return groups


@pytest.mark.parametrize("seed", SEEDS)
def test_random_queries_agree_with_sql(seed: int) -> None:
    rng = random.Random(seed)
    events = random_events(rng)
    store = EventStore(max_events=rng.choice([40, 1_000]))
    for time, facts in events:
        store.append(time, body_of(facts, rng))
        if rng.random() < 0.05:
            for facet in FACETS:
                store.column(facet, Budget(1_000_000, ""))  # as a query between two events leaves them behind
    oracle = Oracle(events[-store.max_events :])
    segments = {SEGMENT: Segment(frozenset({"u1", "u3"}), None)}
    for _ in range(QUERIES_EACH):
        requests = Requests(rng)
        aggregation, metric = requests.measure()
        interval = rng.choice([HOUR, 900_000, 7_000_000])
        query: dict[str, Any] = {"compute": {"aggregation": aggregation, "interval": interval}}
        if metric:
            query["compute"]["metric"] = f"@{metric}"
        where, start, end = requests.where(query)
        groups = requests.group_by(query, (aggregation, metric))
        attributes = {"from": start, "to": end, "query": query}
        rows = oracle.groups(where, aggregation, metric, groups)
        assert scalar_rows(scalar(store, attributes, segments)) == rows, json.dumps(attributes)
        rows = oracle.groups(where, aggregation, metric, groups, interval)
        assert timeseries_rows(timeseries(store, attributes, segments), groups) == rows, json.dumps(attributes)


def scalar_rows(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    return list(zip(*(column["values"] for column in answer["columns"]), strict=True))


def timeseries_rows(answer: dict[str, Any], groups: list[Group]) -> list[tuple[Any, ...]]:
    return [
        (*(tag[len(group.facet) + 1 :] for tag, group in zip(series["group_tags"], groups, strict=True)), time, value)
        for series, values in zip(answer["series"], answer["values"], strict=True)
        for time, value in zip(answer["times"], values, strict=True)
        if value is not None
    ]
