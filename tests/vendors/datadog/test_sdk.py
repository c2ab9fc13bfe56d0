"""Datadog's own Python clients, unmodified but for the host, get the answers and the exceptions that they know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import datadog
import pytest
from datadog.api.exceptions import ApiError
from datadog_api_client import ApiClient
from datadog_api_client.exceptions import (
    ApiException,
    ForbiddenException,
    ServiceException,
    UnauthorizedException,
)
from datadog_api_client.v1.api.events_api import EventsApi as EventsV1
from datadog_api_client.v1.model.event_create_request import EventCreateRequest

from tests.support.datadog_sdk import CALLS, restore_legacy_settings, sdk_client
from tests.support.harness import BY_ID, PRODLYTICS, V1, Operation, Server, each_datadog_operation


@pytest.fixture
def client(server: Server, key: str) -> Iterator[ApiClient]:
    """The vendor's client with the test's key, which sends bodies unchecked."""
    with sdk_client(server, key, check_input_type=False) as made:
        yield made


def failure(client: ApiClient, operation: Operation, body: Any = None) -> ApiException:
    """The exception that a call raises."""
    with pytest.raises(ApiException) as caught:
        CALLS[operation.id](client, operation.body if body is None else body)
    return caught.value


def test_event_v1_comes_back_as_a_typed_response(server: Server, key: str) -> None:
    with sdk_client(server, key) as client:
        answer = EventsV1(client).create_event(
            EventCreateRequest(title="Example-Event", text="A text message.", tags=["test:ExampleEvent"])
        )
    assert answer.status == "ok"
    assert answer.event.title == "Example-Event"
    assert answer.event.text == "A text message."
    assert list(answer.event.tags) == ["test:ExampleEvent"]
    assert answer.event.id_str == str(answer.event.id)
    assert answer.event.url == f"https://app.datadoghq.com/event/event?id={answer.event.id}"


def test_event_v2_comes_back_with_its_id_and_uid(client: ApiClient) -> None:
    answer = CALLS["CreateEventV2"](client, BY_ID["CreateEventV2"].body)
    evt = answer.data.attributes.attributes.evt
    assert str(answer.data.type) == "event"
    assert evt.id.isdigit()
    assert answer.links.self == f"https://app.datadoghq.com/event/event?uid={evt.uid}"


def test_product_analytics_event_is_accepted(server: Server, client: ApiClient, key: str) -> None:
    CALLS["SubmitProductAnalyticsEvent"](client, PRODLYTICS.body)
    assert server.last(PRODLYTICS, key)["status"] == 202


def test_scalar_query_answers_the_number_column_without_values(client: ApiClient) -> None:
    answer = CALLS["QueryProductAnalyticsScalar"](client, BY_ID["QueryProductAnalyticsScalar"].body)
    (column,) = answer.data.attributes.columns
    assert column.name == "query"
    assert str(column.type) == "number"
    assert list(column.get("values")) == []
    assert column.meta.unit is None
    assert str(answer.data.type) == "scalar_response"
    assert str(answer.meta.status) == "done"


def test_scalar_query_answers_a_column_for_each_group(client: ApiClient) -> None:
    body = BY_ID["QueryProductAnalyticsScalar"].body
    body["data"]["attributes"]["query"]["group_by"] = [{"facet": "@view.name"}]
    answer = CALLS["QueryProductAnalyticsScalar"](client, body)
    columns = [(column.name, str(column.type)) for column in answer.data.attributes.columns]
    assert columns == [("@view.name", "group"), ("query", "number")]


def test_timeseries_query_answers_empty_series(client: ApiClient) -> None:
    answer = CALLS["QueryProductAnalyticsTimeseries"](client, BY_ID["QueryProductAnalyticsTimeseries"].body)
    assert list(answer.data.attributes.series) == []
    assert list(answer.data.attributes.times) == []
    assert list(answer.data.attributes.get("values")) == []
    assert str(answer.data.type) == "timeseries_response"
    assert answer.meta.request_id


@each_datadog_operation
def test_answers_are_valid_in_the_journal(server: Server, client: ApiClient, key: str, operation: Operation) -> None:
    CALLS[operation.id](client, operation.body)
    exchange = server.last(operation, key)
    assert (exchange["status"], exchange["verdict"], exchange["warnings"]) == (operation.success, "valid", [])


@each_datadog_operation
def test_an_invalid_key_is_forbidden(server: Server, key: str, operation: Operation) -> None:
    with sdk_client(server, f"invalid-{key}", check_input_type=False) as client:
        caught = failure(client, operation)
    assert isinstance(caught, ForbiddenException)
    assert caught.status == 403


@each_datadog_operation
def test_a_missing_key_is_unauthorized_where_documented_and_else_forbidden(
    server: Server, operation: Operation
) -> None:
    blank = " "  # this client sends no request at all without a key; other languages' clients send an empty one
    with sdk_client(server, blank, blank, check_input_type=False) as client:
        caught = failure(client, operation)
    expected = UnauthorizedException if operation is PRODLYTICS else ForbiddenException
    assert isinstance(caught, expected)


@each_datadog_operation
def test_a_broken_body_is_an_api_exception_of_status_400(client: ApiClient, operation: Operation) -> None:
    caught = failure(client, operation, {})
    assert type(caught) is ApiException
    assert caught.status == 400
    assert caught.body["errors"]


def test_every_violation_is_reported_in_the_errors_of_v1(client: ApiClient) -> None:
    caught = failure(client, V1, {"priority": "urgent"})
    assert caught.body["errors"] == [
        "'priority' must be one of: normal, low",
        "'text' is a required field for events",
        "'title' is a required field for events",
    ]


def test_every_violation_of_v2_points_at_its_place(client: ApiClient) -> None:
    operation = BY_ID["CreateEventV2"]
    body = operation.body
    body["data"]["attributes"].update(category="chance", title="x" * 501)
    caught = failure(client, operation, body)
    errors = caught.body["errors"]
    assert [error["source"]["pointer"] for error in errors] == ["/data/attributes/category", "/data/attributes/title"]
    assert errors[0]["status"] == "400"
    assert errors[0]["title"] == "Bad Request"
    assert errors[0]["detail"] == (
        'JSON validation failed at $.data.attributes.category: value must be one of: ["alert", "change"].'
    )


def test_a_body_over_the_limit_is_413(client: ApiClient) -> None:
    caught = failure(client, PRODLYTICS, {**PRODLYTICS.body, "notes": "x" * 5_000_000})
    assert caught.status == 413
    assert caught.body["errors"][0]["status"] == "413"


@pytest.mark.parametrize("status", [408, 413, 429])
def test_an_asked_for_client_error_is_an_api_exception(client: ApiClient, status: int) -> None:
    client.set_default_header("Prefer", f"code={status}")
    caught = failure(client, PRODLYTICS)
    assert type(caught) is ApiException
    assert caught.status == status
    assert caught.headers["preference-applied"] == f"code={status}"


@pytest.mark.parametrize("status", [500, 503])
def test_an_asked_for_server_error_is_a_service_exception(client: ApiClient, status: int) -> None:
    client.set_default_header("Prefer", f"code={status}")
    caught = failure(client, PRODLYTICS)
    assert isinstance(caught, ServiceException)
    assert caught.status == status
    assert caught.body["errors"][0]["status"] == str(status)


@each_datadog_operation
def test_an_asked_for_429_has_the_vendors_envelope(client: ApiClient, operation: Operation) -> None:
    client.set_default_header("Prefer", "code=429")
    caught = failure(client, operation)
    (said,) = caught.body["errors"]
    assert caught.status == 429
    assert "Please try again later." in (said["detail"] if isinstance(said, dict) else said)


@pytest.fixture
def legacy(server: Server, key: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The legacy package, pointed at the server."""
    restore_legacy_settings(monkeypatch)
    datadog.initialize(api_key=key, app_key="app", api_host=server.url, mute=False, hostname_from_config=False)
    return datadog.api


def test_the_legacy_package_posts_an_event(legacy: Any, server: Server, key: str) -> None:
    answer = legacy.Event.create(title="Deployed", text="Oh boy!", tags=["a:b"], attach_host_name=False)
    assert answer["status"] == "ok"
    assert answer["event"]["title"] == "Deployed"
    assert answer["event"]["tags"] == ["a:b"]
    assert server.last(V1, key)["verdict"] == "valid"


def test_the_legacy_package_raises_what_a_broken_event_did_wrong(legacy: Any) -> None:
    with pytest.raises(ApiError, match="'text' must be at most 4000 characters long"):
        legacy.Event.create(title="Deployed", text="x" * 4001, attach_host_name=False)


def test_the_legacy_package_raises_a_refused_key(legacy: Any, key: str) -> None:
    legacy._api_key = f"invalid-{key}"
    with pytest.raises(ApiError, match="Forbidden"):
        legacy.Event.create(title="Deployed", text="Oh boy!", attach_host_name=False)
