"""Sends product events over plain HTTP, and tries again when the service is overloaded."""

from __future__ import annotations

from typing import Any

import httpx2


def send_payment(client: httpx2.Client, url: str, headers: dict[str, str], user: str, **more: Any) -> int:
    """Send one payment to Product Analytics, at most three times. Return the last status."""
    event = {"name": "payment.processed", **more}
    body = {"type": "server", "application": {"id": "shop"}, "event": event, "usr": {"id": user}}
    status = 0
    for _ in range(3):
        status = client.post(f"{url}/api/v2/prodlytics", json=body, headers=headers).status_code
        if status not in (429, 503):
            return status
    return status


def send_batch(client: httpx2.Client, url: str, headers: dict[str, str], events: list[dict[str, Any]]) -> int:
    """Send game events to Satori in one batch. Return the status."""
    return client.post(f"{url}/v1/server-event", json={"events": events}, headers=headers).status_code


def send_goal(client: httpx2.Client, url: str, headers: dict[str, str], name: str, **metadata: Any) -> int:
    """Send one event to Supalytics. Return the status."""
    return client.post(f"{url}/v1/events", json={"name": name, "metadata": metadata}, headers=headers).status_code
