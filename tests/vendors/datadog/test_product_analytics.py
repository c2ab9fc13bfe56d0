"""Facts about Datadog's Product Analytics: what counts, what queries over it answer, and how the client sees it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v2.api.product_analytics_api import ProductAnalyticsApi

from tests.support.datadog_sdk import sdk_client
from tests.support.fact_finding import (
    HOUR,
    NOON,
    ask,
    call,
    groups,
    number,
    outcomes,
    refusal,
    request,
    series,
    set_clock,
    submit,
)
from tests.support.harness import PRODLYTICS, SCALAR, TIMESERIES, Server

BOTH = pytest.mark.parametrize("operation", [SCALAR, TIMESERIES], ids=["scalar", "timeseries"])
AMOUNT = {"metric": "@customer.amount"}


def buy(server: Server, key: str, amount: Any, **fields: Any) -> None:
    submit(server, key, event={"name": "purchase"}, customer={"amount": amount}, **fields)


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


@BOTH
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


@BOTH
@pytest.mark.parametrize("aggregation", ["pc0", "pc100", "p99", "mode", "COUNT", ""])
def test_no_other_aggregation(either: Server, key: str, operation: Any, aggregation: str) -> None:
    compute = {"aggregation": aggregation, **AMOUNT}
    assert "aggregation" in refusal(either, key, operation, compute=compute)


@BOTH
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


@BOTH
@pytest.mark.parametrize("end", [1000, 999])
def test_from_is_less_than_to(either: Server, key: str, operation: Any, end: int) -> None:
    assert "from" in refusal(either, key, operation, **{"from": 1000, "to": end})


@BOTH
def test_at_most_one_index(either: Server, key: str, operation: Any) -> None:
    assert ask(either, key, operation, indexes=["*"])
    assert "indexes" in refusal(either, key, operation, indexes=["a", "b"])


def test_ten_groups_by_default_and_at_most_10000(either: Server, key: str) -> None:
    for user in range(12):
        submit(either, key, usr={"id": f"u{user:02}"})
    assert len(groups(either, key, {"facet": "@usr.id"})) == 10
    assert len(groups(either, key, {"facet": "@usr.id", "limit": 11})) == 11
    assert len(groups(either, key, {"facet": "@usr.id", "limit": 10_000})) == 12
    for limit in (0, 10_001):
        assert "limit" in refusal(either, key, group_by=[{"facet": "@usr.id", "limit": limit}])


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


# Search syntax


SEARCHES = {
    "*": {"a", "b", "c"},
    "@plan:Pro": {"a"},
    "@plan:pro": set(),
    "@plan:(Pro OR Free)": {"a", "b"},
    "@plan:* @amount:>5": {"b"},
    "@plan:* AND @amount:>=5": {"a", "b"},
    "@plan:Pro OR @amount:<5": {"a", "c"},
    "-@plan:Pro": {"b", "c"},
    "NOT (@plan:Pro OR @plan:Free)": {"c"},
    "-@plan:*": {"c"},
    "@amount:[2 TO 5]": {"a", "c"},
    "@plan:P*": {"a"},
    "@plan:Fr?e": {"b"},
    '@plan:"P*"': set(),
    "@plan:\\Pro": {"a"},
    "@tags:new": {"c"},
}


@pytest.mark.parametrize("search", SEARCHES)
def test_the_search_syntax(either: Server, key: str, search: str) -> None:
    submit(either, key, usr={"id": "a"}, plan="Pro", amount=5)
    submit(either, key, usr={"id": "b"}, plan="Free", amount=9)
    submit(either, key, usr={"id": "c"}, amount=2, tags=["old", "new"])
    assert set(groups(either, key, {"facet": "@usr.id"}, search=search)) == SEARCHES[search]


@BOTH
def test_a_syntax_error_is_a_400_that_names_the_place(either: Server, key: str, operation: Any) -> None:
    error = refusal(either, key, operation, search="@plan:Pro (@amount:>5")
    assert "/data/attributes/query/query/search/query" in error
    assert "character 11" in error


@BOTH
def test_a_syntax_error_in_an_audience_query_names_its_place(either: Server, key: str, operation: Any) -> None:
    filters = {"users": [{"name": "a", "query": "*"}, {"name": "b", "query": "("}]}
    error = refusal(either, key, operation, audience_filters=filters)
    assert "/data/attributes/query/audience_filters/users/1/query" in error
    error = refusal(either, key, operation, audience_filters={**filters, "users": [], "formula": "a AND"})
    assert "/data/attributes/query/audience_filters/formula" in error


# Audiences and segments


def users(server: Server, key: str, **filters: Any) -> set[str]:
    return set(groups(server, key, {"facet": "@usr.id"}, audience_filters=filters))


def test_an_audience_formula_over_names(either: Server, key: str) -> None:
    for user, plan in {"u1": "pro", "u2": "pro", "u3": "free"}.items():
        submit(either, key, usr={"id": user, "plan": plan}, account={"id": f"of-{user}"})
    filters = {
        "users": [{"name": "pros", "query": "@usr.plan:pro"}],
        "accounts": [{"name": "first", "query": "@account.id:of-u1"}],
    }
    assert users(either, key, **filters) == {"u1"}
    assert users(either, key, **filters, formula="pros AND NOT first") == {"u2"}
    assert users(either, key, **filters, formula="NOT (pros OR first)") == {"u3"}


def test_groups_by_the_source_of_audience_users(either: Server, key: str) -> None:
    for user, plan in {"u1": "pro", "u2": "pro", "u3": "free"}.items():
        submit(either, key, usr={"id": user, "plan": plan})
    rule = {"facet": "audience", "source": "product_analytics_audience_filters.users", "should_exclude_missing": True}
    named = [{"name": plan, "query": f"@usr.plan:{plan}"} for plan in ("pro", "free")]
    filters = {"users": named, "formula": "pro OR free"}
    assert groups(either, key, rule, audience_filters=filters) == {"pro": 2.0, "free": 1.0}
    rule["source"] = "elsewhere"
    assert "/group_by/0/source" in refusal(either, key, group_by=[rule])


def test_segments_answer_to_ids_that_a_test_defines(either: Server, key: str) -> None:
    for user, plan in {"u1": "pro", "u2": "pro", "u3": "free"}.items():
        submit(either, key, usr={"id": user, "plan": plan})
    listed, found = str(uuid.uuid4()), str(uuid.uuid4())
    assert call(either, "PUT", f"/datadog/segments/{listed}", key, {"users": ["u1", "u3"]}).status_code == 200
    assert call(either, "PUT", f"/datadog/segments/{found.upper()}", key, {"query": "@usr.plan:pro"}).status_code == 200
    of = {"segments": [{"name": "listed", "segment_id": listed.upper()}, {"name": "found", "segment_id": found}]}
    assert users(either, key, **of) == {"u1"}
    assert users(either, key, **of, formula="listed OR found") == {"u1", "u2", "u3"}
    assert call(either, "GET", "/datadog/segments", key).json()["segments"].keys() == {listed, found}
    assert call(either, "GET", f"/datadog/segments/{listed}", key).json() == {"users": ["u1", "u3"], "query": None}
    assert call(either, "DELETE", f"/datadog/segments/{listed}", key).json() == {"deleted": True}
    assert call(either, "DELETE", f"/datadog/segments/{listed}", key).json() == {"deleted": False}
    assert "/audience_filters/segments/0/segment_id" in refusal(either, key, audience_filters=of)


@BOTH
def test_an_unknown_segment_is_a_400(either: Server, key: str, operation: Any) -> None:
    mine = str(uuid.uuid4())
    call(either, "PUT", f"/datadog/segments/{mine}", f"{key}-other", {"users": []})
    filters = {"segments": [{"name": "s", "segment_id": mine}]}
    assert mine in refusal(either, key, operation, audience_filters=filters)


# Queries that go on


@BOTH
def test_a_query_is_done_at_once(either: Server, key: str, operation: Any) -> None:
    meta = ask(either, key, operation)["meta"]
    assert meta["status"] == "done"
    assert ask(either, key, operation, request_id=meta["request_id"])["meta"] == meta


@BOTH
def test_a_query_runs_as_often_as_asked_before_it_is_done(either: Server, key: str, operation: Any) -> None:
    submit(either, key)
    assert call(either, "PUT", "/datadog/queries", key, {"running": 2}).json() == {"running": 2, "timeout": False}
    first = ask(either, key, operation)
    identifier = first["meta"]["request_id"]
    answers = [first, *(ask(either, key, operation, request_id=identifier) for _ in range(3))]
    assert [answer["meta"]["status"] for answer in answers] == ["running", "running", "done", "done"]
    assert {answer["meta"]["request_id"] for answer in answers} == {identifier}
    assert ["1.0" in json.dumps(answer["data"]) for answer in answers] == [False, False, True, True]


@BOTH
def test_a_query_can_time_out(either: Server, key: str, operation: Any) -> None:
    submit(either, key)
    call(either, "PUT", "/datadog/queries", key, {"timeout": True})
    answer = ask(either, key, operation)
    assert answer["meta"]["status"] == "timeout"
    assert "1.0" not in json.dumps(answer["data"])
    call(either, "PUT", "/datadog/queries", key, {})
    assert ask(either, key, operation, request_id=answer["meta"]["request_id"])["meta"]["status"] == "done"


@BOTH
@pytest.mark.parametrize("identifier", ["", "0" * 32, "of another account"])
def test_an_unknown_request_id_is_a_400(either: Server, key: str, operation: Any, identifier: str) -> None:
    if identifier == "of another account":
        identifier = ask(either, f"{key}-other", operation)["meta"]["request_id"]
    assert "/data/attributes/request_id" in refusal(either, key, operation, request_id=identifier)


# With the vendor's client


@pytest.fixture
def analytics(either: Server, key: str) -> Iterator[Any]:
    """The vendor's calls; untyped, because the tests pass them plain dicts."""
    with sdk_client(either, key, check_input_type=False) as client:
        yield ProductAnalyticsApi(client)


def test_the_sdk_queries_what_the_sdk_sent(analytics: Any) -> None:
    for amount, plan in ((5, "pro"), (7.5, "pro"), (1, "free")):
        usr = {"id": f"of-{plan}", "plan": plan}
        body = {**PRODLYTICS.body, "usr": usr, "customer": {"amount": amount}}
        analytics.submit_product_analytics_event(body)
    query: dict[str, Any] = {"group_by": [{"facet": "@usr.plan"}]}
    body = request(SCALAR, {"aggregation": "sum", **AMOUNT}, **query)
    plans, totals = analytics.query_product_analytics_scalar(body).data.attributes.columns
    assert (list(plans.get("values")), list(totals.get("values"))) == (["pro", "free"], [12.5, 1.0])
    body = request(TIMESERIES, {"aggregation": "sum", "interval": 10**12, **AMOUNT}, **query)
    attributes = analytics.query_product_analytics_timeseries(body).data.attributes
    assert [list(one.group_tags) for one in attributes.series] == [["usr.plan:pro"], ["usr.plan:free"]]
    assert list(attributes.get("values")) == [[12.5], [1.0]]


def test_the_sdk_polls_a_query(either: Server, key: str, analytics: Any) -> None:
    call(either, "PUT", "/datadog/queries", key, {"running": 1})
    meta = analytics.query_product_analytics_scalar(request(SCALAR)).meta
    assert str(meta.status) == "running"
    meta = analytics.query_product_analytics_scalar(request(SCALAR, request_id=meta.request_id)).meta
    assert str(meta.status) == "done"


def test_the_sdk_raises_for_a_syntax_error(analytics: Any) -> None:
    with pytest.raises(ApiException) as caught:
        analytics.query_product_analytics_scalar(request(SCALAR, search="@a:"))
    assert caught.value.status == 400


# The control calls


WRONG: dict[str, Callable[[Server, str], Any]] = {
    "no account": lambda server, key: call(server, "PUT", "/datadog/queries", None, {"running": 1}),
    "another vendor": lambda server, key: call(server, "PUT", "/datadog/queries", key, {}, vendor="satori"),
    "an unknown parameter": lambda server, key: call(server, "GET", "/datadog/segments", key, colour="red"),
    "no such member": lambda server, key: call(server, "PUT", "/datadog/queries", key, {"runing": 1}),
    "a negative number": lambda server, key: call(server, "PUT", "/datadog/queries", key, {"running": -1}),
    "a boolean number": lambda server, key: call(server, "PUT", "/datadog/queries", key, {"running": True}),
    "a number as a truth": lambda server, key: call(server, "PUT", "/datadog/queries", key, {"timeout": 1}),
    "a list": lambda server, key: call(server, "PUT", "/datadog/queries", key, []),
    "an id that is none": lambda server, key: call(server, "PUT", "/datadog/segments/pros", key, {}),
    "an id in braces": lambda server, key: call(server, "PUT", f"/datadog/segments/{{{uuid.UUID(int=1)}}}", key, {}),
    "users as text": lambda server, key: call(
        server, "PUT", f"/datadog/segments/{uuid.UUID(int=1)}", key, {"users": "u"}
    ),
    "a query that is none": lambda server, key: call(
        server, "PUT", f"/datadog/segments/{uuid.UUID(int=1)}", key, {"query": 1}
    ),
    "a wrong query": lambda server, key: call(
        server, "PUT", f"/datadog/segments/{uuid.UUID(int=1)}", key, {"query": "("}
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_control_call_is_a_problem(server: Server, key: str, case: str) -> None:
    response = WRONG[case](server, key)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    assert response.json()["detail"]


def test_a_segment_that_is_not_there_is_404(server: Server, key: str) -> None:
    assert call(server, "GET", f"/datadog/segments/{uuid.UUID(int=1)}", key).status_code == 404


def test_an_account_may_be_named_by_its_label(server: Server, key: str) -> None:
    submit(server, key)
    label = server.last(PRODLYTICS, key)["account"]
    call(server, "PUT", "/datadog/queries", label, {"running": 1})
    assert ask(server, key, SCALAR)["meta"]["status"] == "running"
