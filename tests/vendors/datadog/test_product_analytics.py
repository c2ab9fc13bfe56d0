"""Facts about Datadog's Product Analytics: what is accepted, what counts, and what queries over it answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fact_finding import (
    AMOUNT,
    HOUR,
    NOON,
    ask,
    buy,
    call,
    groups,
    number,
    odd,
    outcomes,
    refusal,
    request,
    series,
    set_clock,
    submit,
)
from tests.support.harness import PRODLYTICS, SCALAR, TIMESERIES, Server, each_of

# Submitting events


def test_prodlytics_answers_202_and_an_empty_object(either: Server, key: str) -> None:
    response = either.post(PRODLYTICS, key)
    assert (response.status_code, response.content) == (202, b"{}")


def test_a_missing_key_is_401_and_an_invalid_one_403(either: Server) -> None:
    assert either.client.post(PRODLYTICS.path, json=PRODLYTICS.body).status_code == 401
    assert either.post(PRODLYTICS, "invalid").status_code == 403


@pytest.mark.parametrize("kind", ["usr", "account", "session"])
def test_one_of_usr_account_and_session_is_enough(either: Server, key: str, kind: str) -> None:
    body = {name: value for name, value in PRODLYTICS.body.items() if name != "usr"}
    assert either.post(PRODLYTICS, key, json=body).status_code == 400
    assert either.post(PRODLYTICS, key, json={**body, kind: {"id": "x"}}).status_code == 202


def test_over_5_mb_uncompressed_is_413(either: Server, key: str) -> None:
    filled = json.dumps({**PRODLYTICS.body, "filling": ""}).encode()
    for size, status in ((5 * 1024 * 1024 + 1, 413), (4_999_000, 202)):
        content = filled[:-2] + b"x" * (size - len(filled)) + filled[-2:]
        assert either.post(PRODLYTICS, key, content=content).status_code == status


# What counts


def test_what_was_accepted_counts_and_what_was_rejected_does_not(either: Server, key: str) -> None:
    submit(either, key)
    assert either.post(PRODLYTICS, key, json={**PRODLYTICS.body, "type": "browser"}).status_code == 400
    assert either.post(PRODLYTICS, key, headers={"Prefer": "code=503"}).status_code == 503
    assert number(either, key) == 1.0


def test_a_lost_acknowledgement_is_counted_and_a_failure_before_is_not(either: Server, key: str) -> None:
    faults = [{"status": 503, "stage": stage, "times": 1} for stage in ("after", "before")]
    faults[0]["operation"] = faults[1]["operation"] = PRODLYTICS.id
    assert call(either, "POST", "/faults", key, faults).status_code == 201
    assert [either.post(PRODLYTICS, key).status_code for _ in range(3)] == [503, 503, 202]
    assert number(either, key) == 2.0
    assert [outcome for outcome, _ in outcomes(either, PRODLYTICS, key)] == ["accepted", "rejected", "accepted"]


def test_accounts_do_not_see_each_other(either: Server, key: str) -> None:
    submit(either, key)
    submit(either, f"{key}-other")
    submit(either, f"{key}-other")
    assert (number(either, key), number(either, f"{key}-other")) == (1.0, 2.0)


def test_events_count_at_the_time_of_the_accounts_clock(either: Server, key: str) -> None:
    set_clock(either, PRODLYTICS, key, NOON)
    submit(either, key)
    set_clock(either, PRODLYTICS, key, NOON + HOUR)
    submit(either, key)
    submit(either, key)
    noon, later = NOON * 1000, (NOON + HOUR) * 1000
    ranges: list[Any] = [(noon, later), (later, later + 1), (noon, later + 1), (noon + 1, later)]
    assert [number(either, key, **{"from": start, "to": end}) for start, end in ranges] == [1.0, 2.0, 3.0, None]


def test_a_reset_forgets_the_events(either: Server, key: str) -> None:
    submit(either, key)
    assert call(either, "POST", "/reset", key).status_code == 200
    assert number(either, key) is None


# The form of the answers


def test_a_scalar_answer(either: Server, key: str) -> None:
    submit(either, key)
    body = ask(either, key, SCALAR)
    column = {"name": "query", "type": "number", "values": [1.0], "meta": {"unit": None}}
    meta = {"request_id": body["meta"]["request_id"], "status": "done"}
    data = {"attributes": {"columns": [column]}, "id": "0", "type": "scalar_response"}
    assert body == {"data": data, "meta": meta}


def test_without_data_the_scalar_column_is_there_with_no_values(either: Server, key: str) -> None:
    columns = ask(either, key, SCALAR, group_by=[{"facet": "@usr.id"}])["data"]["attributes"]["columns"]
    assert [(column["type"], column["values"]) for column in columns] == [("group", []), ("number", [])]


def test_group_column_values_are_strings(either: Server, key: str) -> None:
    buy(either, key, 5)
    buy(either, key, True)
    assert groups(either, key, {"facet": "@customer.amount"}) == {"5": 1.0, "true": 1.0}


def test_timeseries_is_sparse_and_aligned_to_the_epoch(either: Server, key: str) -> None:
    interval = 7 * 60 * 1000
    for minutes in (1, 2, 50):
        set_clock(either, PRODLYTICS, key, NOON + 60 * minutes)
        submit(either, key)
    answer = series(either, key, interval)
    times = [(NOON + 60 * minutes) * 1000 // interval * interval for minutes in (1, 50)]
    assert answer["times"] == times
    assert answer["values"] == [[2.0, 1.0]]
    assert answer["series"] == [{"group_tags": [], "query_index": 0, "unit": None}]
    (described,) = answer["intervals"]
    assert (described["milliseconds"], described["times"], described["type"]) == (interval, times, "fixed")


def test_without_data_the_timeseries_is_empty(either: Server, key: str) -> None:
    body = ask(either, key, TIMESERIES, {"interval": 1000})
    assert {name: body["data"]["attributes"][name] for name in ("series", "times", "values")} == {
        "series": [],
        "times": [],
        "values": [],
    }
    assert (body["data"]["id"], body["data"]["type"]) == ("0", "timeseries_response")


@pytest.mark.parametrize("interval", [1000, 7, 2**63 - 1])
def test_times_stay_int64_at_the_ends_of_the_range(either: Server, key: str, interval: int) -> None:
    submit(either, key)
    ends: dict[str, Any] = {"from": -(2**63), "to": 2**63 - 1}
    (described,) = series(either, key, interval, **ends)["intervals"]
    assert all(-(2**63) <= time < 2**63 for time in (described["start_time"], *described["times"]))


def test_group_tags_name_the_group(either: Server, key: str) -> None:
    submit(either, key, usr={"id": "u", "plan": "pro"}, country="NL")
    found = series(either, key, 1000, group_by=[{"facet": "@usr.plan"}, {"facet": "country"}])["series"]
    assert [one["group_tags"] for one in found] == [["usr.plan:pro", "country:NL"]]


@each_of(SCALAR, TIMESERIES)
def test_another_type_of_request_is_named(either: Server, key: str, operation: Any) -> None:
    body = operation.body
    body["data"]["type"] = "x"
    response = either.post(operation, key, json=body)
    message = 'API input validation failed: Invalid type. Expected "formula_analytics_extended_request".'
    assert (response.status_code, response.json()) == (400, {"errors": [message]})


# Aggregations, groups, ranges


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("count", 6.0),
        ("cardinality", 4.0),
        ("sum", 16.0),
        ("avg", 3.2),
        ("min", 1.0),
        ("max", 9.0),
        ("median", 2.0),
        ("pc50", 2.0),
        ("pc75", 2.0),
        ("pc99", 8.72),
    ],
)
def test_an_aggregation_leaves_out_what_is_no_number(
    either: Server, key: str, aggregation: str, expected: float
) -> None:
    for amount in (1, 2, 2.0, [9, 2], "many"):
        buy(either, key, amount)
    buy(either, key, None)
    assert number(either, key, {"aggregation": aggregation, **AMOUNT}) == pytest.approx(expected)


@each_of(SCALAR, TIMESERIES)
@pytest.mark.parametrize("aggregation", ["pc0", "pc100", "p99", "mode", "COUNT", ""])
def test_another_aggregation_is_odd(either: Server, key: str, operation: Any, aggregation: str) -> None:
    compute = {"aggregation": aggregation, **AMOUNT}
    assert "aggregation" in odd(either, key, operation, compute=compute)
    sort = {"aggregation": aggregation, **AMOUNT}
    assert "sort/aggregation" in odd(either, key, operation, group_by=[{"facet": "plan", "sort": sort}])


def test_by_the_pages_another_aggregation_has_no_value(server: Server, key: str) -> None:
    buy(server, key, 1)
    assert number(server, key, {"aggregation": "stddev", **AMOUNT}) is None
    assert series(server, key, HOUR, compute={"aggregation": "stddev", **AMOUNT})["values"] == []


def test_by_the_pages_an_interval_below_1_is_one_of_a_millisecond(server: Server, key: str) -> None:
    submit(server, key)
    assert "compute/interval" in odd(server, key, TIMESERIES, compute={"interval": 0})
    answer = series(server, key, -5)
    assert (answer["values"], answer["intervals"][0]["milliseconds"]) == ([[1.0]], 1)


@each_of(SCALAR, TIMESERIES)
def test_metric_is_required_unless_count(either: Server, key: str, operation: Any) -> None:
    assert "metric" in refusal(either, key, operation, compute={"aggregation": "sum"})
    assert ask(either, key, operation, {"aggregation": "count"})


def test_compute_interval_is_ignored_by_scalar_and_required_by_timeseries(either: Server, key: str) -> None:
    submit(either, key)
    assert number(either, key, {"interval": -1}) == 1.0
    body = TIMESERIES.body
    del body["data"]["attributes"]["query"]["compute"]["interval"]
    response = either.post(TIMESERIES, key, json=body)
    assert response.status_code == 400
    assert "interval" in response.text


@each_of(SCALAR, TIMESERIES)
@pytest.mark.parametrize("end", [1000, 999])
def test_from_is_less_than_to(either: Server, key: str, operation: Any, end: int) -> None:
    assert "from" in refusal(either, key, operation, **{"from": 1000, "to": end})


@each_of(SCALAR, TIMESERIES)
def test_at_most_one_index(either: Server, key: str, operation: Any) -> None:
    assert ask(either, key, operation, indexes=["*"])
    assert "indexes" in refusal(either, key, operation, indexes=["a", "b"])


def test_ten_groups_by_default_and_at_most_10000(either: Server, key: str) -> None:
    for user in range(12):
        submit(either, key, usr={"id": f"u{user:02}"})
    assert len(groups(either, key, {"facet": "@usr.id"})) == 10
    assert len(groups(either, key, {"facet": "@usr.id", "limit": 11})) == 11
    assert len(groups(either, key, {"facet": "@usr.id", "limit": 10_000})) == 12
    for limit in (-1, 0, 10_001):
        assert "limit" in odd(either, key, group_by=[{"facet": "@usr.id", "limit": limit}])


def test_by_the_pages_any_limit_gives_as_many_groups(server: Server, key: str) -> None:
    for user in range(12):
        submit(server, key, usr={"id": f"u{user:02}"})
    found = [len(groups(server, key, {"facet": "@usr.id", "limit": limit})) for limit in (-1, 0, 2**62)]
    assert found == [0, 0, 12]


def test_the_product_of_limits_beyond_10000_groups_is_odd(either: Server, key: str) -> None:
    submit(either, key)
    rules = [{"facet": "@usr.id", "limit": 101}, {"facet": "@event.name", "limit": 100}]
    assert "/group_by" in odd(either, key, group_by=rules)
    assert len(groups(either, key, *({**rule, "limit": 100} for rule in rules))) == 1


def test_very_many_groups_and_a_large_unknown_member_take_no_time(server: Server, key: str) -> None:
    rules = [{"facet": "@usr.id", "limit": 2}] * 5_000
    body = request(SCALAR, group_by=rules)
    body["data"]["attributes"]["more"] = [[0]] * 400_000
    assert server.post(SCALAR, key, json=body, timeout=5).status_code == 200


def test_groups_are_sorted_descending_by_default(either: Server, key: str) -> None:
    for plan, amounts in {"a": [1], "b": [5, 5], "c": [2, 2, 2]}.items():
        for amount in amounts:
            buy(either, key, amount, usr={"id": "u", "plan": plan})
    facet = {"facet": "@usr.plan"}
    assert list(groups(either, key, facet).items()) == [("c", 3.0), ("b", 2.0), ("a", 1.0)]
    by_sum = {**facet, "sort": {"aggregation": "sum", **AMOUNT}}
    assert list(groups(either, key, by_sum)) == ["b", "c", "a"]
    assert list(groups(either, key, {**facet, "sort": {"order": "asc"}})) == ["a", "b", "c"]


def test_should_exclude_missing(either: Server, key: str) -> None:
    submit(either, key, plan="pro")
    submit(either, key)
    assert groups(either, key, {"facet": "plan"}) == {"pro": 1.0, "N/A": 1.0}
    assert groups(either, key, {"facet": "plan", "should_exclude_missing": True}) == {"pro": 1.0}


@pytest.mark.parametrize(("operator", "kept"), [("=", 2), (">=", 5), ("<=", 3), (">", 3), ("<", 1)])
def test_occurrences_keep_the_users_with_so_many_matching_events(
    either: Server, key: str, operator: str, kept: int
) -> None:
    for user, times in {"one": 1, "two": 2, "three": 3}.items():
        for _ in range(times):
            submit(either, key, usr={"id": user})
    search = {"query": "@event.name:*", "occurrences": {"operator": operator, "value": "2"}}
    body = request(SCALAR)
    body["data"]["attributes"]["query"]["query"] = {"data_source": "product_analytics_occurrence", "search": search}
    (column,) = either.post(SCALAR, key, json=body).json()["data"]["attributes"]["columns"]
    assert column["values"] == [float(kept)]
