"""Datadog's own Python clients, pointed at a server of the tests, and their call for each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from datadog import api
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.events_api import EventsApi as EventsV1
from datadog_api_client.v2.api.events_api import EventsApi as EventsV2
from datadog_api_client.v2.api.product_analytics_api import ProductAnalyticsApi

Call = Callable[[ApiClient, Any], Any]

CALLS: dict[str, Call] = {
    "CreateEventV1": lambda client, body: EventsV1(client).create_event(body),
    "CreateEventV2": lambda client, body: EventsV2(client).create_event(body),
    "SubmitProductAnalyticsEvent": lambda client, body: ProductAnalyticsApi(client).submit_product_analytics_event(
        body
    ),
    "QueryProductAnalyticsScalar": lambda client, body: ProductAnalyticsApi(client).query_product_analytics_scalar(
        body
    ),
    "QueryProductAnalyticsTimeseries": lambda client, body: ProductAnalyticsApi(
        client
    ).query_product_analytics_timeseries(body),
}


class Addressed(Protocol):
    """A server, or an account on one."""

    @property
    def url(self) -> str: ...


@contextmanager
def sdk_client(server: Addressed, key: str, application: str = "app", **options: Any) -> Iterator[ApiClient]:
    """The vendor's client with both keys; `options` are the client's own, `check_input_type=False` sends any body."""
    keys = {"apiKeyAuth": key, "appKeyAuth": application}
    with ApiClient(Configuration(host=server.url, api_key=keys, **options)) as client:
        yield client


def restore_legacy_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo after the test what it sets in the legacy package, which keeps its settings in module globals."""
    for name in ("_api_key", "_application_key", "_api_host", "_host_name", "_hostname_from_config", "_mute"):
        monkeypatch.setattr(api, name, getattr(api, name))
