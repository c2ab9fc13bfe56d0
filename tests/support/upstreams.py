"""What stands behind the proxy in its tests: a raw socket that answers what a test tells it to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.support.harness import PATIENCE, Server, command, serving

Behaviour = Callable[[socket.socket], None]


class RawUpstream:
    """A server of raw bytes: `behave` gets each connection once a whole request was read; `received` are the
    requests as they came. With `tls`, every connection begins with a handshake."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.received: list[bytes] = []
        self._behave: Behaviour = served(b"HTTP/1.1 204 No Content\r\n\r\n")
        self._answering = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def behave(self) -> Behaviour:
        return self._behave

    @behave.setter
    def behave(self, behave: Behaviour) -> None:
        """Waits until the connection before is closed: a client might take it for its next request otherwise."""
        with self._answering:
            self._behave = behave

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            self._open.append(connection)
            with self._answering, contextlib.suppress(OSError):
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    self._open.append(connection)
                self.received.append(whole_request(connection))
                self.behave(connection)


def whole_request(connection: socket.socket) -> bytes:
    """One request off a connection: by its Content-Length, or chunked to its last chunk."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    headers = {name: value.strip() for name, _, value in lines}
    if b"transfer-encoding" in headers:
        while not body.endswith(b"0\r\n\r\n"):
            body += received(connection)
    while len(body) < int(headers.get(b"content-length", 0)):
        body += received(connection)
    return head + b"\r\n\r\n" + body


def received(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise OSError("the client left")
    return piece


def served(*pieces: bytes) -> Behaviour:
    """Sends the pieces and closes."""

    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


def resetting(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hanging(_connection: socket.socket) -> None:
    """Keeps the connection and says nothing."""


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def proxying(*arguments: str, environment: Mapping[str, str] | None = None, **upstreams: str) -> Iterator[Server]:
    """A running `mockserver proxy`, with an upstream per vendor."""
    given = [f"--upstream={vendor}={url}" for vendor, url in upstreams.items()]
    with serving(line=command("proxy", "--port", "0", *given, *arguments), variables=environment) as running:
        yield running
