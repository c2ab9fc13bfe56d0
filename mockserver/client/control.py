"""Calls the control API over HTTP, with kept connections."""

import http.client
import json
import socket
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit

ADMIN = "/__admin"


class ControlResponse(NamedTuple):
    """The status and the JSON body of a control call."""

    status: int
    body: Any


class ControlError(Exception):
    """The control API refused a call, or sent no response; the text says why."""


class Control(Protocol):
    """One way to call the control API. Safe to use from several threads."""

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> ControlResponse:
        """One call to `/__admin` + path; `timeout` in seconds. Raises ControlError if no response comes."""


def accepted(response: ControlResponse) -> Any:
    """The body of a response. Raises ControlError with the reason if the call was refused."""
    if response.status >= 400:
        detail = response.body.get("detail") if isinstance(response.body, dict) else response.body
        raise ControlError(str(detail))
    return response.body


def whole_listing(control: Control, path: str, query: Mapping[str, str]) -> Any:
    """All pages of a listing (`/requests` or `/events`) as one. Its counts are those of the last page.

    Raises ControlError if a call is refused, and if a server without pages lists only a part.
    """
    entries = path[1:]
    page = accepted(control.call("GET", path, query))
    listed = page[entries]
    if "next" not in page and len(listed) < page["total"]:
        raise ControlError(f"{path}: the server is older than this client and lists {len(listed)} of {page['total']}")
    while page.get("next") is not None:
        page = accepted(control.call("GET", path, {**query, "cursor": page["next"]}))
        listed += page[entries]
    return {**page, entries: listed}


class HttpControl:
    """Calls a server at a URL. Connections are kept and used again."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ControlError(f"expected the URL of a mockserver, such as http://127.0.0.1:8080, found {url!r}")
        self._address = (parts.hostname, parts.port or 80)
        self._headers = {"Authorization": f"Bearer {token}".encode("utf-8", "surrogateescape")} if token else {}
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> ControlResponse:
        payload = None if body is None else json.dumps(body)
        status, raw = self._request(method, path, query or {}, payload, timeout)
        return ControlResponse(status, parsed(raw))

    def download(self, path: str, query: Mapping[str, str]) -> bytes:
        """The body of a response as it is. Raises ControlError if the call is refused."""
        status, raw = self._request("GET", path, query, None, 60.0)
        if status >= 400:
            accepted(ControlResponse(status, parsed(raw)))
        return raw

    def _request(
        self, method: str, path: str, query: Mapping[str, str], payload: str | None, timeout: float
    ) -> tuple[int, bytes]:
        target = ADMIN + quote(path) + (f"?{urlencode(query)}" if query else "")
        try:
            return self._exchange(method, target, payload, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise ControlError(f"{method} {path}: no response from {self._address}: {error}") from error

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _exchange(self, method: str, target: str, payload: str | None, timeout: float) -> tuple[int, bytes]:
        """One exchange; on a kept connection that the server closed at that moment, once more on a new one."""
        connection = self._kept()
        if connection is not None:
            try:
                return self._on(connection, method, target, payload, timeout)
            except (ConnectionError, http.client.RemoteDisconnected):
                pass
        connection = http.client.HTTPConnection(*self._address, timeout=timeout)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._on(connection, method, target, payload, timeout)

    def _kept(self) -> http.client.HTTPConnection | None:
        """An idle connection that the server has not closed."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or not _is_stale(connection):
                return connection
            connection.close()

    def _on(
        self, connection: http.client.HTTPConnection, method: str, target: str, payload: str | None, timeout: float
    ) -> tuple[int, bytes]:
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


def parsed(raw: bytes) -> Any:
    """The body of a control response: the value if it is JSON, else its text."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")
