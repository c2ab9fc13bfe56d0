"""Calls the control API over HTTP, with kept connections."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit

ADMIN = "/__admin"
KEPT_SECONDS = 4.0
"""An idle connection is given up before the server closes it, which happens after 5 seconds."""


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


def without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are not None: the server has defaults for the others."""
    return {key: value for key, value in body.items() if value is not None}


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
    """Calls a server at a URL. Connections are kept and used again, from any thread."""

    def __init__(self, url: str, token: str | None = None) -> None:
        import httpcore2  # noqa: PLC0415 - only who calls a server that runs elsewhere pays for it

        expected = f"expected the URL of a mockserver, such as http://127.0.0.1:8080, found {url!r}"
        try:
            parts = urlsplit(url)
            known = parts.scheme == "http" and parts.hostname and (parts.port or 80)
        except ValueError as error:
            raise ControlError(expected) from error
        if not known:
            raise ControlError(expected)
        host = parts.netloc.rpartition("@")[2]
        self._server = f"http://{host}"
        self._headers: dict[bytes | str, bytes | str] = {"Host": host}
        if token:
            self._headers["Authorization"] = f"Bearer {token}".encode("utf-8", "surrogateescape")
        self._pool = httpcore2.ConnectionPool(max_connections=None, keepalive_expiry=KEPT_SECONDS)
        self._broken = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> ControlResponse:
        payload = None if body is None else json.dumps(body).encode()
        status, raw = self._request(method, path, query or {}, payload, timeout)
        return ControlResponse(status, parsed(raw))

    def download(self, path: str, query: Mapping[str, str]) -> bytes:
        """The body of a response as it is. Raises ControlError if the call is refused."""
        status, raw = self._request("GET", path, query, None, 60.0)
        if status >= 400:
            accepted(ControlResponse(status, parsed(raw)))
        return raw

    def _request(
        self, method: str, path: str, query: Mapping[str, str], payload: bytes | None, timeout: float
    ) -> tuple[int, bytes]:
        url = f"{self._server}{ADMIN}{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        try:
            response = self._pool.request(
                method, url, headers=self._headers, content=payload, extensions={"timeout": limits}
            )
        except self._broken as error:
            raise ControlError(f"{method} {path}: no response from {self._server}: {error}") from error
        return response.status, response.content

    def close(self) -> None:
        self._pool.close()


def parsed(raw: bytes) -> Any:
    """The body of a control response: the value if it is JSON, else its text."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")
