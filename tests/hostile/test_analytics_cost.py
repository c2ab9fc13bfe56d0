"""A query takes a second at most or is refused, whatever the events and whatever it asks for."""

from __future__ import annotations

import fnmatch
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.analytics import QueryError
from mockserver.analytics.audience import Segment
from mockserver.analytics.queries import scalar
from mockserver.analytics.store import EventStore
from tests.support.analytics_limits import query
from tests.support.harness import PRODLYTICS, SCALAR, Server

SECONDS = 2.5
"""Of the processor's time: generous, where it took ten times as much."""
MILLION = 1_000_000
SEARCH, GROUPS = "/data/attributes/query/query/search/query", "/data/attributes/query/group_by"


def asking(search: str = "", *facets: str, **parts: Any) -> dict[str, Any]:
    base = {"data_source": "product_analytics", "search": {"query": search}}
    rules = [{"facet": facet, "limit": 100} for facet in facets]
    return {
        "from": 0,
        "to": 10,
        "query": {"compute": {"aggregation": "count"}, "query": base, "group_by": rules} | parts,
    }


def store_of(*bodies: dict[str, Any]) -> EventStore:
    store = EventStore()
    for body in bodies:
        store.append(1, body)
    return store


def any_of(terms: list[str]) -> str:
    return " OR ".join(terms)


def compute(store: EventStore, attributes: dict[str, Any], segments: dict[str, Segment] | None = None) -> Any:
    """The count, or the error; either comes in time."""
    started = time.process_time()
    try:
        return scalar(store, attributes, segments or {})["columns"][-1]["values"]
    except QueryError as error:
        return error
    finally:
        assert time.process_time() - started < SECONDS


ANSWERED = {
    "a glob of many pieces": ("abc" * 300_000, "*" + "a*b*c*" * 600 + "d*"),
    "a glob of one long piece": ("a" * MILLION, "*" + "a" * 4_000 + "b*"),
    "a glob in an attribute": ("a" * MILLION, "@text:*" + "a" * 3_000 + "b*"),
    "a glob of stars": ("a" * MILLION, "*" * 4_000 + "b" + "*" * 90),
    "a long phrase": ("a " * 500_000, '"' + "a " * 1_900 + 'b"'),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_a_search_in_a_long_text_ends(case: str) -> None:
    text, search = ANSWERED[case]
    assert compute(store_of({"text": text}), asking(search)) == []
    assert compute(store_of({"text": text + "d"}, {"text": "x"}), asking(f"NOT {search}" if " " not in search else "x"))


REFUSED = {
    "a long glob with a wildcard for one character": ("a" * MILLION, "*" + "a" * 2_000 + "?" + "a" * 2_000 + "b*"),
    "a glob of such wildcards": ("a" * MILLION, "*" + "?" * 4_000 + "b*"),
    "words that are parts of others": ("a" * MILLION, any_of(["a" * n for n in range(1, 21)])),
    "phrases that end inside of a word": ("ba " * 300_000, any_of(['"a' + " ba" * n + ' b"' for n in range(1, 21)])),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_search_that_takes_too_long_is_refused(case: str) -> None:
    text, search = REFUSED[case]
    error = compute(store_of({"text": text}), asking(search))
    assert isinstance(error, QueryError)
    assert error.pointer == SEARCH
    assert error.message.startswith("the query takes too long over 1 events: ask for fewer terms, shorter wildcards")


LISTS = {"a": [f"a{n}" for n in range(2_000)], "b": [f"b{n}" for n in range(2_000)]}


@pytest.mark.parametrize("facets", [("a", "b"), ("a", "a"), ("a", "b", "a")])
def test_groups_of_long_arrays_are_refused(facets: tuple[str, ...]) -> None:
    attributes = asking("", *facets)
    for rule in attributes["query"]["group_by"]:
        rule["limit"] = 10
    error = compute(store_of(LISTS), attributes)
    assert isinstance(error, QueryError)
    assert error.pointer == GROUPS
    assert "fewer groups" in error.message


def test_one_long_array_is_grouped() -> None:
    assert compute(store_of(LISTS), asking("", "a")) == [1.0] * 100


def test_many_terms_over_many_events_are_refused_or_answered_in_time() -> None:
    store = store_of(*({"n": number, "text": f"text {number}", "list": [number, "x"]} for number in range(30_000)))
    for search in (
        any_of([f"@facet{n}:x" for n in range(100)]),
        any_of([f"@n:*{n}*5*" for n in range(100)]),
        any_of([f"word{n}" for n in range(20)]),
        any_of([f"@list:*{n}?x*" for n in range(100)]),
    ):
        compute(store, asking(search, "text"))


def test_many_audience_queries_are_refused() -> None:
    store = store_of(*({"usr": {"id": f"u{n}", "text": f"text {n}"}} for n in range(1_000)))
    users = [{"name": f"q{n}", "query": any_of([f"@usr.text:*{n}?{m}*" for m in range(90)])} for n in range(300)]
    error = compute(store, asking(audience_filters={"users": users}))
    assert isinstance(error, QueryError)
    assert error.pointer.startswith("/data/attributes/query/audience_filters/users/")


texts = st.text("ab*?[", max_size=8)


@settings(max_examples=500, deadline=None)
@given(texts, texts)
def test_a_glob_matches_what_fnmatch_does(pattern: str, text: str) -> None:
    search = "@text:" + (re.sub(r"([\[])", r"\\\1", pattern) or '""')
    expected = fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))
    assert (compute(store_of({"text": text}), asking(search)) == [1.0]) == expected


@settings(max_examples=300, deadline=None)
@given(st.text("ab* ß", max_size=8), st.text("aAbß s", max_size=8))
def test_a_glob_of_free_text_ignores_the_case(pattern: str, text: str) -> None:
    pattern = pattern.replace(" ", "?") + "*"
    expected = pattern == "*" or fnmatch.fnmatchcase(text.casefold(), pattern.casefold())
    assert (compute(store_of({"text": text}), asking(pattern)) == [1.0]) == expected


@pytest.mark.socket
def test_a_query_that_takes_too_long_is_refused_in_the_vendors_envelope(server: Server, key: str) -> None:
    assert server.post(PRODLYTICS, key, PRODLYTICS.body | LISTS).status_code == 202
    attributes = {"from": 0, "to": 2**50, "query": asking("", "a", "b")["query"]}
    response = server.post(SCALAR, key, query(SCALAR, **attributes))
    assert response.status_code == 400
    (problem,) = response.json()["errors"]
    assert "takes too long over 1 events" in str(problem)
