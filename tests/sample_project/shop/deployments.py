"""Posts a Datadog event for each deployment, with Datadog's own client."""

from __future__ import annotations

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.events_api import EventsApi
from datadog_api_client.v1.model.event_create_request import EventCreateRequest


def announce(url: str, api_key: str, version: str) -> None:
    configuration = Configuration(host=url, api_key={"apiKeyAuth": api_key})
    with ApiClient(configuration) as client:
        request = EventCreateRequest(title=f"Deployed {version}", text="All is well.", tags=["service:shop"])
        EventsApi(client).create_event(body=request)
