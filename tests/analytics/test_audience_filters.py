"""Audience filters: users, accounts, segments and the formula over their names."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.analytics import QueryError
from mockserver.analytics.audience import Segment
from mockserver.analytics.queries import scalar
from mockserver.analytics.store import EventStore

PLACE = "/data/attributes/query/audience_filters"
SEGMENT = "0a000000-0000-4000-8000-00000000000f"


def event(name: str, user: str | None = None, account: str | None = None, /, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"event": {"name": name}, **more}
    body |= {"usr": {"id": user, **more.get("usr", {})}} if user else {}
    body |= {"account": {"id": account, **more.get("account", {})}} if account else {}
    return body


EVENTS = [
    event("login", "ann", "acme", usr={"plan": "free"}),
    event("buy", "ann", "acme", usr={"plan": "pro"}, amount=5),
    event("login", "bob", "acme", usr={"plan": "free"}),
    event("login", "cy", "blue", account={"tier": "gold"}),
    event("buy", "cy"),
    event("login"),
]


def events_of(
    filters: dict[str, Any], segments: dict[str, Segment] | None = None, **query: Any
) -> list[tuple[Any, ...]]:
    """Rows of the users' ids and their numbers of events."""
    store = EventStore()
    for time, body in enumerate(EVENTS):
        store.append(time, body)
    base = {"data_source": "product_analytics", "search": {"query": "*"}}
    group_by = query.pop("group_by", [{"facet": "@usr.id"}])
    parts = {"compute": {"aggregation": "count"}, "query": base, "group_by": group_by, "audience_filters": filters}
    columns = scalar(store, {"from": 0, "to": 100, "query": parts} | query, segments or {})["columns"]
    return sorted(zip(*(column["values"] for column in columns), strict=True))


def users(*queries: str) -> dict[str, Any]:
    return {"users": [{"name": f"u{n}", "query": query} for n, query in enumerate(queries, start=1)]}


def test_no_filters_let_everything_through() -> None:
    assert events_of({}) == [("N/A", 1), ("ann", 2), ("bob", 1), ("cy", 2)]
    assert events_of({"users": [], "accounts": [], "segments": [], "formula": " "}) == events_of({})


def test_a_user_query_keeps_all_events_of_its_users() -> None:
    assert events_of(users("@event.name:buy")) == [("ann", 2), ("cy", 2)]


def test_a_user_query_without_a_query_is_every_user() -> None:
    assert events_of({"users": [{"name": "u"}]}) == [("ann", 2), ("bob", 1), ("cy", 2)]


def test_the_latest_attribute_of_a_user_counts() -> None:
    assert events_of(users("@usr.plan:pro")) == [("ann", 2)]
    assert events_of(users("@usr.plan:free")) == [("bob", 1)]
    assert events_of(users("-@usr.plan:*")) == [("cy", 2)]


def test_different_events_of_a_user_may_match() -> None:
    assert events_of(users("@event.name:buy @event.name:login")) == [("ann", 2), ("cy", 2)]
    assert events_of(users("-@event.name:buy")) == [("bob", 1)]
    assert events_of(users("@amount:>4 OR @usr.id:bob")) == [("ann", 2), ("bob", 1)]
    assert events_of(users("buy @usr.plan:pro")) == [("ann", 2)]


def test_a_user_is_known_by_events_outside_the_range() -> None:
    assert events_of(users("@event.name:buy"), to=1) == [("ann", 1)]


def test_an_account_query_keeps_the_events_of_its_accounts() -> None:
    assert events_of({"accounts": [{"name": "a", "query": "@account.tier:gold"}]}) == [("cy", 1)]
    assert events_of({"accounts": [{"name": "a", "query": "@event.name:buy"}]}) == [("ann", 2), ("bob", 1)]


def test_without_a_formula_all_queries_apply() -> None:
    filters = users("@event.name:buy", "-@usr.plan:*") | {"accounts": [{"name": "a"}]}
    assert events_of(filters) == [("cy", 1)]


@pytest.mark.parametrize(
    ("formula", "kept"),
    [
        ("u1", {"ann", "cy"}),
        ("u1 AND NOT u2", {"cy"}),
        ("u1 OR u2", {"ann", "bob", "cy"}),
        ("NOT u1", {"bob", "N/A"}),
        ("NOT NOT u1", {"ann", "cy"}),
        ("u2 OR u1 AND a", {"ann", "bob", "cy"}),
        ("(u2 OR u1) AND NOT a", {"cy"}),
        ("NOT(u1 OR u2)", {"N/A"}),
        ('"u1"AND"a"', {"ann", "cy"}),
    ],
)
def test_the_formula_combines_the_queries(formula: str, kept: set[str]) -> None:
    filters = users("@event.name:buy", "@usr.plan:*") | {"accounts": [{"name": "a"}], "formula": formula}
    assert {user for user, _ in events_of(filters)} == kept


def test_a_name_with_spaces_is_quoted_in_the_formula() -> None:
    filters = {"users": [{"name": "power users", "query": "@event.name:buy"}], "formula": 'NOT "power users"'}
    assert events_of(filters) == [("N/A", 1), ("bob", 1)]


@pytest.mark.parametrize(
    ("segment", "kept"),
    [
        (Segment(frozenset({"ann", "nobody"}), None), ["ann"]),
        (Segment(None, "@event.name:buy"), ["ann", "cy"]),
        (Segment(frozenset({"bob", "cy"}), "@event.name:buy"), ["cy"]),
        (Segment(), ["ann", "bob", "cy"]),
        (Segment(frozenset()), []),
    ],
)
def test_a_segment_has_listed_users_or_those_of_a_query(segment: Segment, kept: list[str]) -> None:
    filters = {"segments": [{"name": "s", "segment_id": SEGMENT.upper()}]}
    assert [user for user, _ in events_of(filters, {SEGMENT: segment})] == kept


def test_groups_by_the_names_of_user_queries() -> None:
    rule = {"facet": "audience", "source": "product_analytics_audience_filters.users"}
    filters = users("@event.name:buy", "@usr.plan:*") | {"formula": "NOT u1 OR u1"}
    assert events_of(filters, group_by=[rule]) == [("N/A", 1), ("u1", 4), ("u2", 3)]
    assert events_of(filters, group_by=[rule | {"should_exclude_missing": True}]) == [("u1", 4), ("u2", 3)]
    assert events_of({}, group_by=[rule]) == [("N/A", 6)]


def test_groups_by_the_names_of_account_queries() -> None:
    rule = {"facet": "audience", "source": "product_analytics_audience_filters.accounts"}
    filters = {"accounts": [{"name": "gold", "query": "@account.tier:gold"}, {"name": "all"}], "formula": "all"}
    assert events_of(filters, group_by=[rule]) == [("all", 4), ("gold", 1)]


@pytest.mark.parametrize(
    ("filters", "pointer", "message"),
    [
        (users("("), "/users/0/query", "syntax error in the search query at character 2"),
        ({"accounts": [{"name": "a", "query": "x AND"}]}, "/accounts/0/query", "at character 6: a term is expected"),
        (users("*") | {"accounts": [{"name": "u1"}]}, "/accounts/0/name", "two audience queries are named 'u1'"),
        ({"users": [{"name": "u"}, {"name": "u"}]}, "/users/1/name", "two audience queries are named 'u'"),
        ({"segments": [{"name": "s", "segment_id": "x"}]}, "/segments/0/segment_id", "no segment has the id 'x'"),
        ({"segments": [{"name": "s", "segment_id": SEGMENT}]}, "/segments/0/segment_id", "character 4: a value"),
        (users("*") | {"formula": "u1 AND u9"}, "/formula", "character 8: no audience query is named 'u9'"),
        ({"formula": "u1"}, "/formula", "character 1: no audience query is named 'u1'"),
        (users("*") | {"formula": "u1 u1"}, "/formula", "character 4: an operator is expected in place of 'u1'"),
        (users("*") | {"formula": "u1 AND"}, "/formula", "character 7: a name is expected"),
        (users("*") | {"formula": "AND u1"}, "/formula", "character 1: a name is expected"),
        (users("*") | {"formula": "(u1"}, "/formula", r"character 1: '\(' is never closed"),
        (users("*") | {"formula": "u1)"}, "/formula", r"character 3: an operator is expected in place of '\)'"),
        (users("*") | {"formula": '"u1'}, "/formula", "character 1: '\"' is never closed"),
        (users("*") | {"formula": "(" * 33 + "u1"}, "/formula", "more than 32 parentheses in one another"),
        (users("*") | {"formula": "u1 OR " * 1000}, "/formula", "longer than 4096 characters"),
    ],
)
def test_a_wrong_filter_names_its_place(filters: dict[str, Any], pointer: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        events_of(filters, {SEGMENT: Segment(None, "@a:")} if "character 4: a value" in message else {})
    assert caught.value.pointer == PLACE + pointer
