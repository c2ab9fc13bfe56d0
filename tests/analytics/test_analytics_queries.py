"""The rules of scalar and timeseries queries, each by an example."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.analytics import QueryError
from mockserver.analytics.queries import scalar, timeseries
from mockserver.analytics.store import EventStore

HOUR = 3_600_000
NOON = 1_771_243_200_000
QUERY = "/data/attributes/query"


def store_of(*bodies: dict[str, Any], every: int = 0) -> EventStore:
    """Events at noon, or one `every` so many milliseconds from noon on."""
    store = EventStore()
    for number, body in enumerate(bodies):
        store.append(NOON + number * every, {"type": "server", "event": {"name": "buy"}, **body})
    return store


def request(aggregation: str = "count", metric: str | None = None, **query: Any) -> dict[str, Any]:
    compute: dict[str, Any] = {"aggregation": aggregation, "interval": query.pop("interval", HOUR)}
    compute |= {} if metric is None else {"metric": metric}
    base = query.pop("base", {"data_source": "product_analytics", "search": {}})
    return {"from": NOON, "to": NOON + 24 * HOUR, "query": {"compute": compute, "query": base, **query}}


def rows(store: EventStore, attributes: dict[str, Any]) -> list[tuple[Any, ...]]:
    columns = scalar(store, attributes, {})["columns"]
    return list(zip(*(column["values"] for column in columns), strict=True))


def occurrences(operator: str, value: str, search: str = "") -> dict[str, Any]:
    search_of = {"query": search, "occurrences": {"operator": operator, "value": value}}
    return {"data_source": "product_analytics_occurrence", "search": search_of}


AMOUNTS = [{"amount": amount} for amount in (1, 2, 3, 10)]


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("count", 4),
        ("cardinality", 4),
        ("sum", 16),
        ("avg", 4),
        ("min", 1),
        ("max", 10),
        ("median", 2.5),
        ("pc25", 1.75),
        ("pc75", 4.75),
        ("pc99", 9.79),
        ("pc1", 1.03),
    ],
)
def test_an_aggregation(aggregation: str, expected: float) -> None:
    assert rows(store_of(*AMOUNTS), request(aggregation, "@amount")) == [(pytest.approx(expected),)]


def test_percentiles_interpolate_between_the_nearest_values() -> None:
    store = store_of({"amount": 0}, {"amount": 100})
    assert [rows(store, request(f"pc{n}", "@amount"))[0][0] for n in (1, 50, 90)] == [1, 50, 90]


def test_values_are_floats_and_the_unit_is_null() -> None:
    columns = scalar(store_of({}), request(), {})["columns"]
    assert columns == [{"name": "query", "type": "number", "values": [1.0], "meta": {"unit": None}}]
    assert isinstance(columns[0]["values"][0], float)


def test_a_metric_may_be_nested_and_named_without_at() -> None:
    store = store_of({"customer": {"amount": 4}}, {"customer.amount": 5})
    assert rows(store, request("sum", "@customer.amount")) == rows(store, request("sum", "customer.amount")) == [(9,)]


def test_every_element_of_an_array_is_aggregated() -> None:
    store = store_of({"items": [{"price": 1}, {"price": 1}, {"price": 5}]}, {"items": [{"price": 3}]})
    assert rows(store, request("sum", "@items.price")) == [(10,)]
    assert rows(store, request("cardinality", "@items.price")) == [(3,)]


def test_values_that_are_no_numbers_are_left_out() -> None:
    values: tuple[Any, ...] = ("7", True, None, "many", [], {}, 2, 4)
    store = store_of(*({"amount": value} for value in values), {})
    assert rows(store, request("avg", "@amount")) == [(3,)]
    assert rows(store, request("count", "@amount")) == [(9,)]


def test_numbers_of_any_size_are_taken() -> None:
    huge = store_of(*({"amount": value} for value in (10**400, -(10**400), 1e308, float("inf"), float("nan"), 3)))
    assert rows(huge, request("sum", "@amount")) == [(3,)]
    assert rows(huge, request("cardinality", "@amount")) == [(6,)]


def test_sums_do_not_gather_rounding_errors() -> None:
    assert rows(store_of(*[{"amount": 0.1}] * 10), request("sum", "@amount")) == [(1.0,)]


def test_no_values_are_no_data() -> None:
    store = store_of({"plan": "pro"}, {"plan": "free", "amount": 1})
    for aggregation in ("sum", "avg", "cardinality", "median", "min"):
        assert rows(store, request(aggregation, "@nowhere")) == []
        assert rows(store, request(aggregation, "@amount", group_by=[{"facet": "@plan"}])) == [("free", 1)]


def test_no_data_leaves_the_columns() -> None:
    answer = scalar(EventStore(), request(group_by=[{"facet": "@plan"}]), {})
    assert answer["columns"] == [
        {"name": "@plan", "type": "group", "values": []},
        {"name": "query", "type": "number", "values": [], "meta": {"unit": None}},
    ]
    empty: dict[str, Any] = {"intervals": [], "series": [], "times": [], "values": []}
    assert timeseries(EventStore(), request(group_by=[{"facet": "@plan"}]), {}) == empty


def test_the_range_has_its_beginning_and_not_its_end() -> None:
    store = EventStore()
    for time in (NOON - 1, NOON, NOON + 24 * HOUR - 1, NOON + 24 * HOUR):
        store.append(time, {"at": time})
    assert rows(store, request("min", "@at")) == [(NOON,)]
    assert rows(store, request("max", "@at")) == [(NOON + 24 * HOUR - 1,)]


def test_indexes_and_the_execution_type_change_nothing() -> None:
    attributes = request(indexes=["main"]) | {"enforced_execution_type": "background", "request_id": "r"}
    assert rows(store_of({}), attributes) == [(1,)]


PLANS = [{"plan": plan, "amount": amount} for plan, amount in (("pro", 1), ("pro", 2), ("free", 9), ("basic", 4))]


def test_groups_are_ordered_by_the_compute_descending() -> None:
    assert rows(store_of(*PLANS), request(group_by=[{"facet": "@plan"}])) == [("pro", 2), ("basic", 1), ("free", 1)]
    by_sum = request("sum", "@amount", group_by=[{"facet": "@plan"}])
    assert rows(store_of(*PLANS), by_sum) == [("free", 9), ("basic", 4), ("pro", 3)]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ({"order": "asc"}, ["basic", "free", "pro"]),
        ({"aggregation": "max", "metric": "@amount"}, ["free", "basic", "pro"]),
        ({"aggregation": "sum", "metric": "@amount", "order": "asc"}, ["pro", "basic", "free"]),
        ({"aggregation": "count", "metric": "@nowhere", "order": "desc"}, ["pro", "basic", "free"]),
        ({"aggregation": "avg", "metric": "@nowhere", "order": "asc"}, ["basic", "free", "pro"]),
        ({"aggregation": "pc90", "metric": "@amount", "order": "asc"}, ["pro", "basic", "free"]),
        ({}, ["pro", "basic", "free"]),
    ],
)
def test_groups_sort_by_any_aggregation(sort: dict[str, str], order: list[str]) -> None:
    answer = rows(store_of(*PLANS), request(group_by=[{"facet": "@plan", "sort": sort}]))
    assert [plan for plan, _ in answer] == order


def test_a_sort_without_a_metric_takes_that_of_the_compute() -> None:
    group_by = [{"facet": "@plan", "sort": {"aggregation": "max"}}]
    answer = rows(store_of(*PLANS), request("sum", "@amount", group_by=group_by))
    assert [plan for plan, _ in answer] == ["free", "basic", "pro"]


def test_ten_groups_unless_a_limit_says_otherwise() -> None:
    store = store_of(*({"n": n} for n in range(100, 120)))
    assert [n for n, _ in rows(store, request(group_by=[{"facet": "@n"}]))] == [str(n) for n in range(100, 110)]
    assert len(rows(store, request(group_by=[{"facet": "@n", "limit": 15}]))) == 15


def test_group_values_are_texts() -> None:
    store = store_of(*({"n": n} for n in (1, 1.0, 2.5, True, "1", -0.0)))
    assert rows(store, request(group_by=[{"facet": "@n"}])) == [("1", 3), ("0", 1), ("2.5", 1), ("true", 1)]


def test_a_missing_facet_is_a_group_unless_excluded() -> None:
    store = store_of({"plan": "pro"}, {}, {"plan": None}, {"plan": []})
    assert rows(store, request(group_by=[{"facet": "@plan"}])) == [("N/A", 3), ("pro", 1)]
    excluded = request(group_by=[{"facet": "@plan", "should_exclude_missing": True}])
    assert rows(store, excluded) == [("pro", 1)]


def test_an_event_is_in_the_group_of_each_element() -> None:
    store = store_of({"tags": ["a", "b", "a"]}, {"tags": ["b"]})
    assert rows(store, request(group_by=[{"facet": "@tags"}])) == [("b", 2), ("a", 1)]


def test_several_facets_are_groups_within_groups() -> None:
    pairs = ["pro se", "pro se", "pro fi", "pro dk", "free se", "free no", "free no", "basic se"]
    bodies = [{"plan": pair.split()[0], "country": pair.split()[1]} for pair in pairs]
    group_by = [{"facet": "@plan", "limit": 2}, {"facet": "@country", "limit": 2}]
    assert rows(store_of(*bodies), request(group_by=group_by)) == [
        ("pro", "se", 2),
        ("pro", "dk", 1),
        ("free", "no", 2),
        ("free", "se", 1),
    ]


def test_an_array_counts_once_for_the_group_around_it() -> None:
    store = store_of({"plan": "free", "tags": ["a", "b", "c"]}, {"plan": "pro"}, {"plan": "pro"})
    answer = rows(store, request(group_by=[{"facet": "@plan"}, {"facet": "@tags"}]))
    assert [plan for plan, _, _ in answer] == ["pro", "free", "free", "free"]


def test_occurrences_keep_users_by_their_number_of_matching_events() -> None:
    names = {"u1": "aab", "u2": "aaa", "u3": "a"}
    store = store_of(
        *({"usr": {"id": user}, "event": {"name": name}} for user, all_of in names.items() for name in all_of),
        {"event": {"name": "a"}, "session": {"id": "s"}},
    )
    by_user = [{"facet": "@usr.id"}]

    def kept(operator: str, value: str) -> dict[str, float]:
        search = occurrences(operator, value, "@event.name:a")
        return dict(rows(store, request(base=search, group_by=by_user)))

    assert kept("=", "2") == {"u1": 2}
    assert kept(">=", "2") == {"u2": 3, "u1": 2}
    assert kept("<=", "2") == {"u1": 2, "u3": 1}
    assert kept(">", "2") == {"u2": 3}
    assert kept("<", "2") == {"u3": 1}
    assert kept("<", "9" * 5_000) == kept(">", "000") == {"u1": 2, "u2": 3, "u3": 1}
    assert kept("=", "0") == {}


def test_an_occurrence_query_without_occurrences_keeps_all() -> None:
    base = {"data_source": "product_analytics_occurrence", "search": {"query": "*"}}
    assert rows(store_of({"usr": {"id": "u"}}, {}), request(base=base)) == [(2,)]


def test_buckets_are_aligned_to_the_epoch_and_sparse() -> None:
    store = store_of({}, {}, {}, every=5 * HOUR // 2)
    attributes = request(interval=2 * HOUR) | {"from": NOON + 1}
    times = [NOON + 2 * HOUR, NOON + 4 * HOUR]
    assert all(time % (2 * HOUR) == 0 for time in times)
    assert timeseries(store, attributes, {}) == {
        "intervals": [{"milliseconds": 2 * HOUR, "start_time": NOON, "times": times, "type": "fixed"}],
        "series": [{"group_tags": [], "query_index": 0, "unit": None}],
        "times": times,
        "values": [[1.0, 1.0]],
    }


def test_the_first_bucket_may_begin_before_the_range() -> None:
    attributes = request(interval=HOUR) | {"from": NOON + 10}
    store = EventStore()
    store.append(NOON + 20, {})
    assert timeseries(store, attributes, {})["times"] == [NOON]


def test_series_are_aligned_with_null_where_there_is_no_data() -> None:
    store = store_of(*PLANS, every=HOUR)
    answer = timeseries(store, request("sum", "@amount", group_by=[{"facet": "@plan"}]), {})
    assert answer["times"] == [NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]
    assert [series["group_tags"] for series in answer["series"]] == [["plan:free"], ["plan:basic"], ["plan:pro"]]
    assert answer["values"] == [[None, None, 9, None], [None, None, None, 4], [1, 2, None, None]]


def test_group_tags_have_every_facet() -> None:
    store = store_of({"plan": "pro", "usr": {"id": "u"}})
    answer = timeseries(store, request(group_by=[{"facet": "@plan"}, {"facet": "@usr.id"}, {"facet": "tier"}]), {})
    assert answer["series"][0]["group_tags"] == ["plan:pro", "usr.id:u", "tier:N/A"]


def test_times_before_the_epoch_are_aligned_too() -> None:
    store = EventStore()
    store.append(-1, {})
    assert timeseries(store, request() | {"from": -HOUR, "to": HOUR}, {})["times"] == [-HOUR]


def test_scalar_ignores_the_interval() -> None:
    assert rows(store_of({}), request(interval=-5)) == [(1,)]


@pytest.mark.parametrize(
    ("query", "pointer", "message"),
    [
        ({"aggregation": "stddev"}, "/compute/aggregation", "unknown aggregation 'stddev'"),
        ({"aggregation": "pc100", "metric": "@a"}, "/compute/aggregation", "unknown aggregation 'pc100'"),
        ({"aggregation": "sum"}, "/compute/metric", "the aggregation sum needs a metric"),
        (
            {"group_by": [{"facet": "a"}, {"facet": "b", "sort": {"aggregation": "mean"}}]},
            "/group_by/1/sort/aggregation",
            "unknown aggregation 'mean'",
        ),
        (
            {"group_by": [{"facet": "a", "sort": {"aggregation": "max"}}]},
            "/group_by/0/sort/metric",
            "the aggregation max needs a metric",
        ),
        ({"group_by": [{"facet": "a", "source": "rum"}]}, "/group_by/0/source", "unknown source 'rum'"),
        (
            {"group_by": [{"facet": "a", "limit": 200}, {"facet": "b", "limit": 51}]},
            "/group_by",
            "multiply to more than 10000",
        ),
        ({"interval": 0}, "/compute/interval", "an interval of at least a millisecond"),
    ],
)
def test_what_cannot_be_computed_names_its_place(query: dict[str, Any], pointer: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        timeseries(store_of({}), request(**query), {})
    assert caught.value.pointer == QUERY + pointer


def test_only_buckets_with_data_count_against_the_bound() -> None:
    assert timeseries(store_of({}), request(interval=1), {})["values"] == [[1.0]]
    full = store_of(*({"n": 1} for _ in range(10_001)), every=1)
    with pytest.raises(QueryError, match="more than 10000 buckets") as caught:
        timeseries(full, request(interval=1) | {"to": NOON + 20_000}, {})
    assert caught.value.pointer == f"{QUERY}/compute/interval"


def test_events_in_too_many_groups_are_refused() -> None:
    wide = {"tags": [str(n) for n in range(200)]}
    facets = [{"facet": "tags", "limit": 10}] * 3
    with pytest.raises(QueryError, match=r"takes too long over 1 events: .*fewer groups"):
        scalar(store_of(wide), request(group_by=facets), {})


def test_answers_with_too_many_values_are_refused() -> None:
    store = store_of(*({"n": n} for n in range(1_100)), every=1)
    with pytest.raises(QueryError, match="more than 1000000 values"):
        timeseries(store, request(group_by=[{"facet": "n", "limit": 1_100}], interval=1) | {"to": NOON + 2_000}, {})


def test_a_range_without_time_in_it_is_refused_by_timeseries() -> None:
    with pytest.raises(QueryError, match="from must be less than to"):
        timeseries(store_of({}), request() | {"to": NOON}, {})
