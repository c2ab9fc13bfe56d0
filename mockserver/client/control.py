"""Calls the control API: over HTTP with kept connections, or in process without a socket."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message

ADMIN = "/__admin"


class Reply(NamedTuple):
    """The status and the JSON body of a control call."""

    status: int
    body: Any


class ControlError(Exception):
    """The control API refused a call, or did not answer; the text says why."""


class Control(Protocol):
    """One way to call the control API. Safe to use from several threads."""

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> Reply:
        """One call to `/__admin` + path; `timeout` in seconds. Raises ControlError where there is no reply."""


class HttpControl:
    """Calls a server at a URL. Connections are kept and used again."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ControlError(f"expected the URL of a mockserver, such as http://127.0.0.1:8080, found {url!r}")
        self._address = (parts.hostname, parts.port or 80)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> Reply:
        payload = None if body is None else json.dumps(body)
        status, raw = self._request(method, path, query or {}, payload, timeout)
        return Reply(status, _parsed(raw))

    def download(self, path: str, query: Mapping[str, str]) -> bytes:
        """The body of a reply as it is. Raises ControlError where the call is refused."""
        status, raw = self._request("GET", path, query, None, 60.0)
        if status >= 400:
            detail = _parsed(raw)
            raise ControlError(str(detail.get("detail") if isinstance(detail, dict) else detail))
        return raw

    def _request(
        self, method: str, path: str, query: Mapping[str, str], payload: str | None, timeout: float
    ) -> tuple[int, bytes]:
        target = ADMIN + path + (f"?{urlencode(query)}" if query else "")
        try:
            return self._exchange(method, target, payload, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise ControlError(f"{method} {path}: no reply from {self._address}: {error}") from error

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _exchange(self, method: str, target: str, payload: str | None, timeout: float) -> tuple[int, bytes]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None and _is_stale(connection):
            connection.close()
            connection = None
        if connection is None:
            connection = http.client.HTTPConnection(*self._address, timeout=timeout)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock.settimeout(timeout)
        try:
            connection.request(method, target, payload, self._headers)
            response = connection.getresponse()
            raw = response.read()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)
        return response.status, raw


class AsgiControl:
    """Calls an application in process. The call runs on an event loop of its own, in a thread of its own where the
    caller is inside a running loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> Reply:
        return _outside_the_loop(lambda: asyncio.run(asyncio.wait_for(self._call(method, path, query, body), timeout)))

    async def _call(self, method: str, path: str, query: Mapping[str, str] | None, body: Any) -> Reply:
        target, sent = ADMIN + path, asyncio.Event()
        payload = b"" if body is None else json.dumps(body).encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "query_string": urlencode(query or {}).encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
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
        return Reply(int(replies[0]["status"]), _parsed(raw))


def _outside_the_loop(call: Any) -> Reply:
    """Runs a call here, or in a thread where this one runs an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return call()  # type: ignore[no-any-return]
    replies: list[Reply] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            replies.append(call())
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return replies[0]


def _is_stale(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has closed an idle connection: then it is readable, with nothing to read."""
    if connection.sock is None:
        return True
    connection.sock.setblocking(False)
    try:
        return connection.sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")
