"""The client's connection below HTTP: uvicorn's protocol made to hand it to the application, for wire faults."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

EXTENSION = "mockserver.http.connection"
MAX_PIPELINED = 16
_OFFER = re.compile(rb"(?i)\r\nupgrade:[ \t]*([^\r\n]*)")
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection:
    """One client's connection: bytes can be written past HTTP, and it can be closed or reset."""

    def __init__(self, transport: asyncio.Transport, resume_reading: Callable[[], None]) -> None:
        self._transport = transport
        self._resume_reading = resume_reading
        self._watchers: set[Callable[[], None]] = set()
        self._lost = False

    @property
    def held(self) -> bool:
        """Whether a request on it waits: its response is delayed, dribbled or never sent."""
        return bool(self._watchers)

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
        """Calls back when the connection is lost; for that it must be read, even behind a large body."""
        self._watchers.add(callback)
        if not self.lost:
            self._resume_reading()

    def unwatch(self, callback: Callable[[], None]) -> None:
        self._watchers.discard(callback)

    async def gone(self) -> None:
        """Returns once the connection is lost."""
        lost = asyncio.Event()
        self.watch(lost.set)
        try:
            while not self._lost:
                await lost.wait()
        finally:
            self.unwatch(lost.set)

    def was_lost(self) -> None:
        self._lost = True
        for callback in list(self._watchers):
            callback()


class ConnectionProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the Connection in each request's `extensions`.

    uvicorn tells only the newest request of a connection that the client left, and stops reading, and so noticing,
    while one waits behind another; here all are told, and reading goes on for the first few. An offer to change the
    protocol, such as HTTP/2, is passed over (RFC 9110, 7.8): the parser would take the body for the other protocol's.
    """

    connection: Connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.connection = Connection(transport, self.flow.resume_reading)
        self._unanswered: list[RequestResponseCycle] = []
        self._offers: list[tuple[bytes, bytes]] = []

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for cycle in self._unanswered:
            cycle.disconnected = cycle.disconnected or not cycle.response_complete
            cycle.message_event.set()
        self.connection.was_lost()

    def shutdown(self) -> None:
        """Ends the connection as uvicorn does, but at once where a fault holds a request back on it: it might never
        end by itself."""
        super().shutdown()
        if self.connection.held:
            self.connection.reset()

    def data_received(self, data: bytes) -> None:
        if (b"pgrade:" in data or b"PGRADE:" in data) and (self.cycle is None or self.cycle.response_complete):
            head, end, body = data.partition(b"\r\n\r\n")
            self._offers = [(b"upgrade", offer) for offer in _OFFER.findall(head)]
            data = _OFFER.sub(b"", head) + end + body
        super().data_received(data)

    def on_headers_complete(self) -> None:
        if self._offers:
            self.headers += self._offers
            self._offers = []
        extended: Any = self.scope
        extended["extensions"] = {EXTENSION: self.connection}
        super().on_headers_complete()
        self._unanswered = [cycle for cycle in self._unanswered if not cycle.response_complete]
        self._unanswered.append(self.cycle)
        if self.connection.held and len(self.pipeline) <= MAX_PIPELINED:
            self.flow.resume_reading()


def connection_of(scope: Scope) -> Connection | None:
    """The connection of a request; None where the application runs without a socket."""
    connection = scope.get("extensions", {}).get(EXTENSION)
    return connection if isinstance(connection, Connection) else None
