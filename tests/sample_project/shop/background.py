"""Sends events from a thread, so that a customer never waits for them."""

from __future__ import annotations

import queue
import threading

import httpx2

from shop.analytics import send_payment


class BackgroundSender:
    """Takes payments at once and sends them one after the other in its thread."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._users: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()

    def paid(self, user: str) -> None:
        self._users.put(user)

    def close(self) -> None:
        """Returns when everything was sent."""
        self._users.put(None)
        self._thread.join()

    def _send_all(self) -> None:
        with httpx2.Client() as client:
            while (user := self._users.get()) is not None:
                send_payment(client, self._url, self._headers, user)
