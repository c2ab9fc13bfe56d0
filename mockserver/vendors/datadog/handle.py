"""The handle on a Datadog account."""

from collections.abc import Sequence
from typing import Any

from mockserver.client.control import Control, without_none
from mockserver.client.handle import Handle


class Datadog(Handle):
    """An account at Datadog: events v1 and v2, Product Analytics events and queries."""

    vendor = "datadog"

    def __init__(self, control: Control, url: str, api_key: str) -> None:
        super().__init__(control, url, api_key)
        self.application_key = f"{api_key}-app"

    @property
    def headers(self) -> dict[str, str]:
        return {"DD-API-KEY": self.api_key, "DD-APPLICATION-KEY": self.application_key}

    def env(self) -> dict[str, str]:
        keys = {"DD_API_KEY": self.api_key, "DD_APP_KEY": self.application_key}
        legacy = {"DATADOG_API_KEY": self.api_key, "DATADOG_APP_KEY": self.application_key, "DATADOG_HOST": self.url}
        return {**keys, **legacy, "DD_URL": self.url, "MOCKSERVER_URL": self.url}

    def segment(self, segment_id: str, *, users: Sequence[str] | None = None, query: str | None = None) -> None:
        """Defines a segment that queries can name: users by id, or those that a search over users finds, or both."""
        body = {"users": None if users is None else list(users), "query": query}
        self._call("PUT", f"/datadog/segments/{segment_id}", without_none(body))

    def queries(self, *, running: int = 0, timeout: bool = False) -> None:
        """From now on new Product Analytics queries answer `running` so many times before they are done, or
        `timeout`."""
        self._call("PUT", "/datadog/queries", {"running": running, "timeout": timeout})

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alert events (v2), those with one aggregation key as one alert: its title, status, priority, events."""
        return list(self._call("GET", "/datadog/alerts")["alerts"])
