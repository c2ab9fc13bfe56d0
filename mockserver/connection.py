"""The client's connection below HTTP: uvicorn's protocol made to hand it to the application, for wire faults."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "mockserver.connection"
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection:
    """One client's connection: bytes can be written past HTTP, and it can be closed or reset."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._watchers: set[Callable[[], None]] = set()
        self._lost = False

    @property
    def lost(self) -> bool:
        """Whether the client is gone or the connection was closed here."""
        return self._lost or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        """Sends what was written, then FIN."""
        self._transport.close()

    def reset(self) -> None:
        """Sends RST: the client sees its connection reset by the peer."""
        with contextlib.suppress(OSError, AttributeError):
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    def watch(self, callback: Callable[[], None]) -> None:
        """Calls back when the connection is lost."""
        self._watchers.add(callback)

    def unwatch(self, callback: Callable[[], None]) -> None:
        self._watchers.discard(callback)

    def was_lost(self) -> None:
        self._lost = True
        for callback in list(self._watchers):
            callback()


class ConnectionProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the Connection in each request's `extensions`."""

    connection: Connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.connection = Connection(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.connection.was_lost()

    def on_headers_complete(self) -> None:
        extended: Any = self.scope
        extended["extensions"] = {EXTENSION: self.connection}
        super().on_headers_complete()


def connection_of(scope: Scope) -> Connection | None:
    """The connection of a request; None where the application runs without a socket."""
    connection = scope.get("extensions", {}).get(EXTENSION)
    return connection if isinstance(connection, Connection) else None
