"""Clients that send Datadog wrong events, under the assertions that a user writes by habit."""

from __future__ import annotations

import pytest

from mockserver.testing import Datadog
from tests.client_bugs.catching import caught
from tests.client_bugs.sending import (
    EVENTS_V1,
    EVENTS_V2,
    PRODLYTICS,
    SCALAR,
    TIMESERIES,
    ago,
    alert,
    deployed,
    paid,
    post,
    query,
)

# What it says


@caught(assertion="received 0", contract="at least one of usr, account and session is required")
def test_no_user(datadog: Datadog) -> None:
    event = paid()
    del event["usr"]
    post(datadog.url + PRODLYTICS, event, datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/usr/id must be of type string")
def test_user_is_null(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(usr={"id": None}), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/usr/id must be of type string")
def test_user_is_a_number(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(usr={"id": 4711}), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/application must be of type object")
def test_application_is_text(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(application="shop"), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/type must be one of: server")
def test_wrong_type_of_event(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(type="backend"), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/text is missing")
def test_no_text(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, {"title": "Deployed"}, datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/text is missing")
def test_misspelt_required_field(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, {"title": "Deployed", "txt": "Version 7 runs"}, datadog.headers)
    datadog.assert_received("Deployed")


@caught(contract="/agregation_key unknown field 'agregation_key'; did you mean 'aggregation_key'?")
@pytest.mark.mockserver(strict=True)
def test_misspelt_optional_field(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(agregation_key="7"), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/date_happened Event too far in the future")
def test_time_in_milliseconds(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(date_happened=int(ago(minutes=1).timestamp() * 1000)), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/date_happened must be a valid int64")
def test_time_as_text(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(date_happened=ago(minutes=1).isoformat()), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/date_happened Event too far in the past")
def test_too_old(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(date_happened=int(ago(days=2).timestamp())), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/data/attributes/timestamp is more than 18 hours in the past")
def test_stale_constant_time(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, alert(timestamp="2024-02-29T12:00:00Z"), datadog.headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", contract="/data/attributes/timestamp must be a valid iso-8601-time")
def test_time_by_another_format(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, alert(timestamp=f"{ago(minutes=1):%d/%m/%Y %H:%M:%S}"), datadog.headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", contract="/data/attributes/tags must have at most 100 items")
def test_too_many_tags(datadog: Datadog) -> None:
    tags = [f"order:{number}" for number in range(101)]
    post(datadog.url + EVENTS_V2, alert(tags=tags), datadog.headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", contract="/tags must be of type array")
def test_tags_in_one_text(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(tags="service:shop,env:prod"), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/tags must be of type array")
def test_tags_as_an_object(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(tags={"service": "shop"}), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/priority must be one of: normal, low")
def test_priority_that_does_not_exist(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(priority="high"), datadog.headers)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="/data/attributes/attributes/status must be one of: warn, error, ok")
def test_status_in_upper_case(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, alert(attributes={"status": "ERROR"}), datadog.headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", contract="/data/attributes/attributes/changed_resource is missing")
def test_attributes_of_another_category(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, alert(category="change"), datadog.headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", contract="/data is missing")
def test_event_without_its_envelope(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, alert()["data"]["attributes"], datadog.headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", contract="/data/attributes/message must be at most 4000 characters long")
def test_message_too_long(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, alert(message="Traceback\n" * 500), datadog.headers)
    datadog.assert_received("Disk full")


@caught(contract="/data/attributes/query/compute/interval is missing")
def test_series_without_an_interval(datadog: Datadog) -> None:
    post(datadog.url + TIMESERIES, query({"aggregation": "count"}), datadog.headers)
    datadog.assert_requests(operation="QueryProductAnalyticsTimeseries")


@caught(contract="/data/attributes/from must be less than to")
def test_query_that_ends_before_it_begins(datadog: Datadog) -> None:
    asked = query({"aggregation": "count"}, to=1771232048460, **{"from": 1771836848262})
    post(datadog.url + SCALAR, asked, datadog.headers)
    datadog.assert_requests(operation="QueryProductAnalyticsScalar")


@caught(contract="/data/attributes/query/compute/metric is missing")
def test_query_without_the_metric_of_its_sum(datadog: Datadog) -> None:
    post(datadog.url + SCALAR, query({"aggregation": "sum"}), datadog.headers)
    datadog.assert_requests(operation="QueryProductAnalyticsScalar")


# Which events, and how often


@caught(assertion='1. "payed"')
def test_wrong_name(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(event={"name": "payed"}), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 1999")
def test_amount_in_cents(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(context={"amount": 1999}), datadog.headers)
    datadog.assert_received("paid", json={"context": {"amount": 19.99}})


@caught(assertion='expected "u2"')
def test_constant_user(datadog: Datadog) -> None:
    for _ in ("u1", "u2"):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid", json={"usr": {"id": "u2"}})
