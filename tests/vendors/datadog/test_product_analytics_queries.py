"""Facts about queries of Datadog's Product Analytics: searches, audiences, polling, the SDK and the control calls."""

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
    AMOUNT,
    ask,
    call,
    groups,
    odd,
    refusal,
    request,
    submit,
)
from tests.support.harness import PRODLYTICS, SCALAR, TIMESERIES, Server, each_of

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


@each_of(SCALAR, TIMESERIES)
def test_a_syntax_error_is_a_400_that_names_the_place(either: Server, key: str, operation: Any) -> None:
    error = refusal(either, key, operation, search="@plan:Pro (@amount:>5")
    assert "/data/attributes/query/query/search/query" in error
    assert "character 11" in error


@each_of(SCALAR, TIMESERIES)
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
    assert "/group_by/0/source" in odd(either, key, group_by=[rule])


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
    assert "/audience_filters/segments/0/segment_id" in odd(either, key, audience_filters=of)


@each_of(SCALAR, TIMESERIES)
def test_an_unknown_segment_is_odd(either: Server, key: str, operation: Any) -> None:
    mine = str(uuid.uuid4())
    call(either, "PUT", f"/datadog/segments/{mine}", f"{key}-other", {"users": []})
    filters = {"segments": [{"name": "s", "segment_id": mine}]}
    assert mine in odd(either, key, operation, audience_filters=filters)


@each_of(SCALAR, TIMESERIES)
@pytest.mark.parametrize("name", ["b", '"b c"'])
def test_an_unknown_audience_is_odd(either: Server, key: str, operation: Any, name: str) -> None:
    filters = {"users": [{"name": "a"}], "formula": f"a OR NOT {name}"}
    assert "/audience_filters/formula" in odd(either, key, operation, audience_filters=filters)


def test_by_the_pages_an_unknown_segment_or_audience_is_nobodys(server: Server, key: str) -> None:
    submit(server, key, usr={"id": "u1"})
    nobody, unknown = str(uuid.uuid4()), {"users": [{"name": "a"}]}
    assert users(server, key, segments=[{"name": "s", "segment_id": nobody}]) == set()
    assert users(server, key, **unknown, formula="a AND b") == set()
    assert users(server, key, **unknown, formula="a AND NOT b") == {"u1"}


# Queries that go on


@each_of(SCALAR, TIMESERIES)
def test_a_query_is_done_at_once(either: Server, key: str, operation: Any) -> None:
    meta = ask(either, key, operation)["meta"]
    assert meta["status"] == "done"
    assert ask(either, key, operation, request_id=meta["request_id"])["meta"] == meta


@each_of(SCALAR, TIMESERIES)
def test_a_query_runs_as_often_as_asked_before_it_is_done(either: Server, key: str, operation: Any) -> None:
    submit(either, key)
    assert call(either, "PUT", "/datadog/queries", key, {"running": 2}).json() == {"running": 2, "timeout": False}
    first = ask(either, key, operation)
    identifier = first["meta"]["request_id"]
    answers = [first, *(ask(either, key, operation, request_id=identifier) for _ in range(3))]
    assert [answer["meta"]["status"] for answer in answers] == ["running", "running", "done", "done"]
    assert {answer["meta"]["request_id"] for answer in answers} == {identifier}
    assert ["1.0" in json.dumps(answer["data"]) for answer in answers] == [False, False, True, True]


@each_of(SCALAR, TIMESERIES)
def test_a_query_can_time_out(either: Server, key: str, operation: Any) -> None:
    submit(either, key)
    call(either, "PUT", "/datadog/queries", key, {"timeout": True})
    answer = ask(either, key, operation)
    assert answer["meta"]["status"] == "timeout"
    assert "1.0" not in json.dumps(answer["data"])
    call(either, "PUT", "/datadog/queries", key, {})
    assert ask(either, key, operation, request_id=answer["meta"]["request_id"])["meta"]["status"] == "done"


@each_of(SCALAR, TIMESERIES)
@pytest.mark.parametrize("identifier", ["", "0" * 32, "of another account"])
def test_an_unknown_request_id_is_odd(either: Server, key: str, operation: Any, identifier: str) -> None:
    if identifier == "of another account":
        identifier = ask(either, f"{key}-other", operation)["meta"]["request_id"]
    assert "/data/attributes/request_id" in odd(either, key, operation, request_id=identifier)


def test_by_the_pages_an_unknown_request_id_is_a_new_query(server: Server, key: str) -> None:
    submit(server, key)
    answer = ask(server, key, SCALAR, request_id="0" * 32)
    identifier = answer["meta"]["request_id"]
    assert (identifier == "0" * 32, answer["meta"]["status"]) == (False, "done")
    assert ask(server, key, SCALAR, request_id=identifier)["meta"]["request_id"] == identifier
    assert server.last(SCALAR, key)["warnings"] == []


@each_of(SCALAR, TIMESERIES)
def test_answers_and_errors_are_as_the_sibling_endpoints_write_them(
    server: Server, observed: Server, key: str, operation: Any
) -> None:
    submit(observed, key)
    answer = observed.post(operation, key, json=request(operation))
    assert list(answer.json()["data"]) == ["id", "type", "attributes"]
    refused = observed.post(operation, key, json={})
    assert {each.headers["content-type"] for each in (answer, refused)} == {"application/vnd.api+json"}
    assert server.post(operation, key, json=request(operation)).headers["content-type"] == "application/json"


def test_the_members_of_a_column_are_in_the_recorded_order(either: Server, key: str) -> None:
    submit(either, key)
    columns = ask(either, key, SCALAR, group_by=[{"facet": "plan"}])["data"]["attributes"]["columns"]
    assert [list(column) for column in columns] == [["name", "values", "type"], ["name", "values", "type", "meta"]]


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


def test_what_queries_do_and_how_many_events_they_count(either: Server, key: str) -> None:
    whole = {"running": 0, "timeout": False, "events": 0, "evicted": 0}
    assert call(either, "GET", "/datadog/queries", key).json() == whole
    submit(either, key)
    call(either, "PUT", "/datadog/queries", key, {"running": 2})
    assert call(either, "GET", "/datadog/queries", key).json() == {**whole, "running": 2, "events": 1}


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
