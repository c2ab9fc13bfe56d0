"""Sends a few events to Datadog, and retries as one should. Needs Python 3.11 and nothing else.

mockserver conduct -- python examples/conduct/send_events.py
"""

import http.client
import json
import os
import random
import sys
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

URL = urlsplit(os.environ.get("DD_URL", "https://api.datadoghq.com"))
API_KEY = os.environ["DD_API_KEY"]
RETRIED = {408, 429, 500, 502, 503, 504}
CREDENTIAL_REFUSED = {401, 403}
MAX_ATTEMPTS = 6
FIRST_DELAY = 0.3
MAX_DELAY = 2.0
TIMEOUT = 5.0


class RefusedError(Exception):
    """The vendor refused an event for good."""


class UnavailableError(Exception):
    """The vendor takes nothing now."""


class Sender:
    """Sends events one after another over one connection, which it opens anew where it was lost."""

    def __init__(self) -> None:
        kind = http.client.HTTPSConnection if URL.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(URL.netloc, timeout=TIMEOUT)

    def send(self, event: dict[str, Any]) -> None:
        """Returns when an event was acknowledged. Raises RefusedError or UnavailableError."""
        body = json.dumps(event).encode()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            status, told = self._post(body)
            if status == 202:
                return
            if status in CREDENTIAL_REFUSED:
                raise UnavailableError(f"refused the credential with {status}")
            if status is not None and status not in RETRIED:
                raise RefusedError(f"refused it with {status}")
            if attempt < MAX_ATTEMPTS:
                time.sleep(backoff(attempt) if told is None else told)
        raise UnavailableError(f"failed {MAX_ATTEMPTS} times")

    def _post(self, body: bytes) -> tuple[int | None, float | None]:
        """The status of the response, None where the connection was lost, and the seconds that it tells to wait."""
        headers = {"DD-API-KEY": API_KEY, "Content-Type": "application/json"}
        try:
            self._connection.request("POST", "/api/v1/events", body, headers)
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None, None
        return response.status, seconds_of(response.headers.get("Retry-After"))


def backoff(attempt: int) -> float:
    """Doubles with each attempt up to a cap, and differs between clients by up to a fifth."""
    return min(MAX_DELAY, FIRST_DELAY * 2.0 ** (attempt - 1)) * random.uniform(0.8, 1.2)


def seconds_of(retry_after: str | None) -> float | None:
    """The seconds that a Retry-After tells, which may be a date."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return float(retry_after)
    return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())


def event_named(title: str) -> dict[str, Any]:
    return {"title": title, "text": f"The shop reports: {title}", "date_happened": int(time.time()), "tags": ["shop"]}


def main() -> int:
    sender, delivered = Sender(), 0
    events = [event_named(title) for title in ("cart opened", "order placed", "payment processed")]
    for event in events:
        try:
            sender.send(event)
            delivered += 1
        except RefusedError as error:
            print(f"{event['title']}: the vendor {error}", file=sys.stderr)
        except UnavailableError as error:
            print(f"{event['title']}: the vendor {error}; the rest is kept for later", file=sys.stderr)
            break
    print(f"delivered {delivered} of {len(events)}")
    return 0 if delivered == len(events) else 1


if __name__ == "__main__":
    sys.exit(main())
