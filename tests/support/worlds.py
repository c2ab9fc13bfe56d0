"""What the tests of the Python face and the events share: senders by vendor, and control calls as they are."""

from __future__ import annotations

from typing import Any

import httpx2

from mockserver.client import Handle
from mockserver.testing import Datadog, Satori, Supalytics

TIMESTAMP = "2025-07-15T12:00:00Z"


def payment(user: str = "u1", name: str = "payment.processed", **more: Any) -> dict[str, Any]:
    """A server-side event of Product Analytics."""
    return {"type": "server", "application": {"id": "shop"}, "event": {"name": name}, "usr": {"id": user}, **more}


def game_event(name: str = "levelUp", **more: Any) -> dict[str, Any]:
    """One event of a Satori batch."""
    return {"name": name, "timestamp": TIMESTAMP, **more}


class Sender:
    """A client of the vendors, as the code under test would have one."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def pay(self, datadog: Datadog, body: Any = None, **options: Any) -> httpx2.Response:
        body = payment() if body is None else body
        return self._client.post(
            f"{datadog.url}/api/v2/prodlytics", json=body, **{"headers": datadog.headers, **options}
        )

    def alert(self, datadog: Datadog, title: str, **more: Any) -> httpx2.Response:
        """Post a Datadog event, v1."""
        body = {"title": title, "text": "…", **more}
        return self._client.post(f"{datadog.url}/api/v1/events", json=body, headers=datadog.headers)

    def batch(self, satori: Satori, *events: Any) -> httpx2.Response:
        url = f"{satori.url}/v1/server-event"
        return self._client.post(url, json={"events": list(events)}, headers=satori.headers)

    def goal(self, supalytics: Supalytics, **body: Any) -> httpx2.Response:
        return self._client.post(f"{supalytics.url}/v1/events", json=body, headers=supalytics.headers)

    def control(self, handle: Handle, method: str, path: str, json: Any = None, **query: Any) -> httpx2.Response:
        """A call of the control API, narrowed to the handle's account."""
        query = {"account": handle.api_key, "vendor": handle.vendor, **query}
        return self._client.request(method, f"{handle.url}/__admin{path}", json=json, params=query)

    def verify(self, handle: Handle, **expected: Any) -> httpx2.Response:
        return self.control(handle, "POST", "/verify", expected)
