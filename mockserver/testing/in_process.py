"""Calls the control API in process, without a socket."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from anyio.lowlevel import checkpoint
from starlette.types import ASGIApp, Message

from mockserver.client.control import ADMIN, ControlError, ControlResponse, parsed
from mockserver.control.gate import IN_PROCESS
from mockserver.testing.owning import OwningLoop

QUIET_TURNS = 8
"""A connection is accepted, read and given to a task in fewer turns of the event loop, of which each looks at the
sockets."""
MAX_TURNS = 500
PATIENCE = 30.0


class AsgiControl:
    """Calls an application in process, on the loop that owns it; from threads and from running loops alike."""

    def __init__(self, app: ASGIApp, loop: OwningLoop) -> None:
        self._app = app
        self._loop = loop
        self._headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> ControlResponse:
        future = self._loop.submit(self._call(method, path, query, body))
        try:
            return future.result(timeout)
        except TimeoutError as error:
            future.cancel()
            raise ControlError(f"{method} {path}: no response within {timeout:g} s") from error

    def start(self, method: str, path: str, query: Mapping[str, str]) -> None:
        """Starts a call and waits for no response. What comes to the application later comes behind it."""
        self._loop.submit(self._call(method, path, query, None))

    def is_quiet(self) -> bool:
        """Whether the application has nothing left to do but wait: for clients, for its clocks, or for what a control
        call waits for. What was sent to its sockets before was read."""
        return self._loop.submit(_is_quiet()).result(PATIENCE)

    async def _call(self, method: str, path: str, query: Mapping[str, str] | None, body: Any) -> ControlResponse:
        target, sent = ADMIN + path, asyncio.Event()
        payload = b"" if body is None else json.dumps(body).encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": target,
            "raw_path": quote(target).encode(),
            "query_string": urlencode(query or {}).encode(),
            "root_path": "",
            "headers": self._headers,
            IN_PROCESS: True,
        }
        received: list[Message] = [{"type": "http.request", "body": payload, "more_body": False}]
        replies: list[Message] = []

        async def receive() -> Message:
            if received:
                return received.pop()
            await sent.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            replies.append(message)

        await self._app(scope, receive, send)
        raw = b"".join(message.get("body", b"") for message in replies[1:])
        return ControlResponse(int(replies[0]["status"]), parsed(raw))


async def _is_quiet() -> bool:
    own, quiet = asyncio.current_task(), 0
    for _ in range(MAX_TURNS):
        runs = any(_runs(task) for task in asyncio.all_tasks() if task is not own)
        quiet = 0 if runs else quiet + 1
        if quiet == QUIET_TURNS:
            return True
        await checkpoint()
    return False


def _runs(task: asyncio.Task[Any]) -> bool:
    """Whether a task does not wait for a future that is still to come."""
    future: asyncio.Future[Any] | None = getattr(task, "_fut_waiter", None)
    return future is None or future.done()
