"""The client's connection below HTTP: uvicorn's protocol, made to read strictly what a client sends and to hand the
connection to the application, for wire faults."""

import asyncio
import contextlib
import logging
import math
import socket
import struct
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockserver.http.parsing import AfterHead, Deaf, explained, framing_of, with_path
from mockserver.http.problems import problem_response
from mockserver.http.statuses import phrase

log = logging.getLogger("mockserver")

EXTENSION = "mockserver.http.connection"
ARRIVAL = "mockserver.http.arrival"
MAX_PIPELINED = 16
MAX_UNFINISHED_BYTES = 256 * 1024
"""Bytes of a head, or of the trailers behind a body, after which we no longer wait for their end."""
Arrival = tuple[float, int]
"""When the first byte of a request came, by `perf_counter`, and its place among those of its connection, from 1."""
LINGER_SECONDS = 2.0
"""How long a client that was refused may go on sending before its connection is closed."""
_LINGER_ZERO = struct.pack("ii", 1, 0)
_SLASH = ord("/")


class Connection:
    """One client's connection: bytes can be written past HTTP, and it can be closed or reset. `number` counts the
    connections of a server from 1. `lost_at` is when it was lost, by `perf_counter`, None while it is there; `closed`
    says that it was closed or reset here, as a scripted fault does."""

    def __init__(self, transport: asyncio.Transport, resume_reading: Callable[[], None], number: int) -> None:
        self.number = number
        self._transport = transport
        self._resume_reading = resume_reading
        self._watchers: set[Callable[[], None]] = set()
        self._lost = False
        self.lost_at: float | None = None
        self.closed = False

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
        self.closed = True
        self._transport.close()

    def reset(self) -> None:
        """Sends RST: the client sees its connection reset by the peer."""
        self.closed = True
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
        self.lost_at = perf_counter()
        for callback in list(self._watchers):
            callback()


class ConnectionProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the Connection in each request's `extensions`.

    uvicorn tells only the newest request of a connection that the client left, and stops reading, and so noticing,
    while one waits behind another; here all are told, and reading goes on for the first few. An offer to change the
    protocol, such as HTTP/2, is passed over (RFC 9110, 7.8): it stays among the headers, and the body is read. Trailers
    are read and forgotten (RFC 9110, 6.5.1). What is no HTTP/1.1 gets a problem document and one line in the log.
    """

    connection: Connection

    def __init__(self, *arguments: Any, numbers: Iterator[int], **options: Any) -> None:
        """As uvicorn calls it; `numbers` are those of the server's connections to come."""
        super().__init__(*arguments, **options)
        self._numbers = numbers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.connection = Connection(transport, self.flow.resume_reading, next(self._numbers))
        self._unanswered: list[RequestResponseCycle] = []
        self._unfinished: float = 0
        self._requests = 0
        self._first_byte = 0.0

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
        self._unset_keepalive_if_required()
        if self.scope is None or "extensions" in self.scope:  # else the head of a request has begun already
            self._first_byte = perf_counter()
        self._unfinished += len(data)
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                self._read_past(offer, memoryview(data))
        except httptools.HttpParserError as error:
            of_target = isinstance(error.__context__, httptools.HttpParserInvalidURLError)
            if isinstance(error, httptools.HttpParserCallbackError) and not of_target:
                raise  # a bug of ours
            self._refuse(400, explained(error, data))
        if self._unfinished > MAX_UNFINISHED_BYTES:
            self._refuse(431, f"the headers do not end within {MAX_UNFINISHED_BYTES} bytes")

    def on_headers_complete(self) -> None:
        self._unfinished = 0
        self._requests += 1
        target = self.url
        if target[0] != _SLASH:
            self.url = with_path(target, self.parser.get_method())
        extended: Any = self.scope
        extended["extensions"] = {EXTENSION: self.connection, ARRIVAL: (self._first_byte, self._requests)}
        super().on_headers_complete()
        if extended["method"] == "CONNECT":
            extended["path"], extended["raw_path"] = target.decode("latin-1"), target
        self.headers = []  # the scope keeps the list with the headers: what comes from now on are trailers
        self._unanswered = [cycle for cycle in self._unanswered if not cycle.response_complete]
        self._unanswered.append(self.cycle)
        if self.connection.held and len(self.pipeline) <= MAX_PIPELINED:
            self.flow.resume_reading()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        super().on_body(body)

    def _read_past(self, offer: httptools.HttpParserUpgrade, data: memoryview) -> None:
        """Reads on after a head that offers another protocol. The parser takes what follows for that protocol's; a new
        one is told the framing once more, without the offer. After CONNECT nothing is read."""
        while True:
            data = data[offer.args[0] :]
            if self.scope["method"] == "CONNECT":
                self.cycle.keep_alive = False
                self._stop_parsing()
                return
            self.cycle.more_body = True  # the parser has reported the end of the request
            self.cycle.message_event.clear()
            self.parser = httptools.HttpRequestParser(AfterHead(self))
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.parser.feed_data(framing_of(self.scope))
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as another:
                offer = another
            else:
                return

    def _refuse(self, status: int, reason: str) -> None:
        """Ends a connection on which something else than a request came. The requests before it get their responses
        first, and then the client gets none for this: it would take it for theirs."""
        log.warning("%s: %s", ":".join(map(str, self.client or ("a client",))), reason)
        self._stop_parsing()
        waiting = [cycle for cycle in self._unanswered if not cycle.response_complete]
        if waiting and waiting[-1].more_body:
            broken = waiting.pop()
            broken.disconnected = True
            broken.message_event.set()
        if waiting:
            waiting[-1].keep_alive = False
            return
        problem = problem_response(status, reason)
        head = f"HTTP/1.1 {status} {phrase(status)}\r\nContent-Type: {problem.content_type.decode()}\r\n"
        head += f"Content-Length: {len(problem.body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode("ascii") + problem.body)
        self.transport.write_eof()  # to close with bytes unread would reset the connection, and the response with it
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _stop_parsing(self) -> None:
        self.parser = Deaf(self)
        self._unfinished = -math.inf


def connection_of(scope: Scope) -> Connection | None:
    """The connection of a request; None where the application runs without a socket."""
    connection = scope.get("extensions", {}).get(EXTENSION)
    return connection if isinstance(connection, Connection) else None


def arrival_of(scope: Scope) -> Arrival | None:
    """When and where a request came in; None where the application runs without a socket."""
    arrival: Arrival | None = scope["extensions"].get(ARRIVAL) if "extensions" in scope else None
    return arrival
