"""Clients of the proxy that ask for large responses and do not read them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.harness import PATIENCE, Server
from tests.support.upstreams import RawUpstream, proxying

pytestmark = pytest.mark.socket

MEBIBYTE = 1024 * 1024
BODY_MEBIBYTES, BOUND, CLIENTS = 24, 10 * MEBIBYTE, 12
IN_FLIGHT = 8 * MEBIBYTE
"""What the event loop takes in of one connection before it looks at anything else."""
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_MEBIBYTES * MEBIBYTE)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"x" * MEBIBYTE


def send(connection: socket.socket, head: bytes) -> None:
    with contextlib.suppress(OSError):  # a proxy that was ended reads no more
        connection.sendall(head)
        for _ in range(BODY_MEBIBYTES):
            connection.sendall(PIECE if head == SIZED else b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        if head == CHUNKED:
            connection.sendall(b"0\r\n\r\n")


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    running = RawUpstream()
    yield running
    running.close()


def client_of(proxy: Server) -> socket.socket:
    address = urlsplit(proxy.url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    client.settimeout(PATIENCE)
    client.connect((address.hostname, address.port))
    client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return client


def read_to_the_end(client: socket.socket) -> int:
    """How many bytes came."""
    size = 0
    while piece := client.recv(MEBIBYTE):
        size += len(piece)
    return size


@pytest.mark.parametrize(("head", "each"), [(SIZED, IN_FLIGHT), (CHUNKED, BOUND + IN_FLIGHT)], ids=["sized", "chunked"])
def test_what_is_held_for_each_client_is_bounded(upstream: RawUpstream, head: bytes, each: int) -> None:
    """A response that says its length is never held; of one that does not, the part that could still be judged is."""
    upstream.behave = lambda connection: threading.Thread(target=send, args=(connection, head), daemon=True).start()
    with proxying(datadog=upstream.url) as proxy:
        before = proxy.resident_bytes
        clients = [client_of(proxy) for _ in range(CLIENTS)]
        for client in clients:
            assert client.recv(1, socket.MSG_PEEK)
        assert proxy.resident_bytes - before < CLIENTS * each + 16 * MEBIBYTE
        for client in clients:
            assert read_to_the_end(client) > BODY_MEBIBYTES * MEBIBYTE
            client.close()
        assert proxy.resident_bytes - before < CLIENTS * each + 16 * MEBIBYTE
