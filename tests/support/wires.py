"""Raw bytes to a server: over a socket as a client sends them, or piece by piece straight into its protocol."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from itertools import count
from typing import Any, NamedTuple

import uvicorn
from uvicorn.server import ServerState

from mockserver.http.connection import ConnectionProtocol
from tests.support.harness import PATIENCE, Server

ROUNDS = 20
"""Turns of the event loop after which an application that can end has ended."""


def exchanged(server: Server, *pieces: bytes, finish: bool = False) -> bytes:
    """What the server answers to pieces, to the end of the connection; `finish` says that no more will be sent."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
        if finish:
            client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def statuses(answer: bytes) -> list[int]:
    """The status of every response of a connection."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


class Taken(NamedTuple):
    """A request as the application gets it."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Wire(asyncio.Transport):
    """The server's side of a connection without a network; `written` is what it sends."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def write_eof(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def taken(pieces: Iterable[bytes], wire: Wire | None = None) -> list[Taken]:
    """The whole requests that the application gets out of the pieces, one piece after another with everything done
    that can be done in between."""
    requests: list[Taken] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        requests.append(Taken(scope["method"], scope["path"], list(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", interface="asgi3")
    config.load()
    wire = wire or Wire()
    state = ServerState()
    protocol = ConnectionProtocol(config, state, {}, numbers=count(1))
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.closed:
            protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(ROUNDS):
        if not state.tasks:
            break
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    await asyncio.gather(*state.tasks)
    return requests
