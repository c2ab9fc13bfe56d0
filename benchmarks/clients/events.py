"""What every client sends: three events to Datadog Product Analytics."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime
from typing import Any

PATH = "/api/v2/prodlytics"
RETRIED = (408, 429, 500, 502, 503, 504)
TIMEOUT = 5.0


def events() -> list[dict[str, Any]]:
    """Three events, the same for every client."""
    return [
        {"type": "server", "application": {"id": "app-1"}, "event": {"name": name}, "usr": {"id": "u1"}}
        for name in ("cart.opened", "order.placed", "payment.processed")
    ]


def headers(key: str) -> dict[str, str]:
    return {"DD-API-KEY": key, "Content-Type": "application/json"}


def seconds_told(retry_after: str | None) -> float | None:
    """The seconds that a Retry-After tells, which may be a date."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return float(retry_after)
    return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())


def jittered(delay: float, share: float = 0.25) -> float:
    """A delay that differs by up to a share of it."""
    return delay * random.uniform(1 - share, 1 + share)
