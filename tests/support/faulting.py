"""What the tests of faults share: one account seen from outside, and clients that show what is on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvloop

from tests.support.harness import PATIENCE, Operation, Server

Fault = dict[str, Any]
NOON = 1_767_268_800.0
"""2026-01-01T12:00:00Z: a time at which quota windows of a second, a minute and an hour begin."""


@dataclass(frozen=True)
class World:
    """One credential's account at one operation of a running server: its faults, its clock, its journal."""

    server: Server
    operation: Operation
    key: str

    @property
    def query(self) -> dict[str, str]:
        """What narrows a control call to this account."""
        return {"account": self.operation.credential(self.key), "vendor": self.operation.vendor}

    def at(self, operation: Operation) -> World:
        """The same key at another operation."""
        return World(self.server, operation, self.key)

    def post_faults(self, script: Any) -> httpx2.Response:
        return self.server.client.post("/__admin/faults", json=script, params=self.query)

    def fail(self, *faults: Fault, seed: int | None = None) -> list[dict[str, Any]]:
        """Arm faults for this account."""
        response = self.post_faults({"faults": list(faults), **({} if seed is None else {"seed": seed})})
        assert response.status_code == 201, response.text
        return list(response.json()["faults"])

    def refusal(self, script: Any) -> dict[str, str]:
        """Where a script is refused, and why; nothing of it is armed."""
        armed = self.armed
        response = self.post_faults(script)
        assert response.status_code == 400, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert self.armed == armed
        return {error["pointer"]: error["detail"] for error in response.json()["errors"]}

    @property
    def armed(self) -> list[dict[str, Any]]:
        """The faults of this account, with their counters."""
        return list(self.server.control("/faults", account=self.query["account"])["faults"])

    @property
    def fired(self) -> list[int]:
        return [fault["fired"] for fault in self.armed]

    def post(self, body: Any = None, **options: Any) -> httpx2.Response:
        return self.server.post(self.operation, self.key, body, **options)

    def statuses(self, count: int) -> list[int]:
        """What this many accepted requests in a row are answered."""
        return [self.post().status_code for _ in range(count)]

    @property
    def journal(self) -> list[dict[str, Any]]:
        return self.server.journal(self.operation, self.key)

    @property
    def stored(self) -> list[bool]:
        """Of each request, whether it was stored."""
        return [exchange["stored"] for exchange in self.journal]

    @property
    def acknowledged(self) -> list[bool]:
        """Of each request, whether its client could learn that it was stored."""
        return [exchange["acknowledged"] for exchange in self.journal]

    def clock(self, **change: Any) -> Any:
        """Set or freeze this account's clock."""
        response = self.server.client.put("/__admin/clock", json=change, params=self.query)
        assert response.status_code == 200, response.text
        return response.json()

    def freeze(self, now: float = NOON) -> None:
        self.clock(now=now, frozen=True)

    def advance(self, seconds: float) -> None:
        response = self.server.client.post("/__admin/clock/advance", json={"seconds": seconds}, params=self.query)
        assert response.status_code == 200, response.text

    def wire_form(self, body: Any = None, *more: str) -> bytes:
        """A whole request as bytes, with `more` header lines."""
        content = json.dumps(self.operation.accepted if body is None else body).encode()
        return self.head(f"Content-Length: {len(content)}", *more) + content

    def head(self, *more: str) -> bytes:
        """The head of a request as bytes."""
        credentials = [f"{name}: {value}" for name, value in self.operation.headers(self.key).items()]
        lines = [f"POST {self.operation.path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
        return "\r\n".join([*lines, *credentials, *more, "", ""]).encode()

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A plain connection to the server."""
        with socket.create_connection(address(self.server), timeout=PATIENCE) as client:
            yield client

    @contextmanager
    def posting(self) -> Iterator[Future[httpx2.Response]]:
        """A request under way in a thread of its own, a fault having fired on it."""
        before = sum(self.fired)
        with ThreadPoolExecutor(1) as pool, httpx2.Client(timeout=PATIENCE, trust_env=False) as client:
            url = self.server.url + self.operation.path
            headers = self.operation.headers(self.key)
            yield_on = pool.submit(client.post, url, json=self.operation.accepted, headers=headers)
            until(lambda: sum(self.fired) > before)
            yield yield_on


def address(server: Server) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return host, int(port)


def until(condition: Callable[[], Any]) -> Any:
    """What a condition comes to be, asked again and again, for as long as a healthy server may take."""
    give_up = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < give_up, "it never came to be"
    return value


def leave(client: socket.socket) -> None:
    """Go without a word: with a reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def read_all(client: socket.socket) -> bytes:
    """Everything that comes until the server closes."""
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received


def read_answer(client: socket.socket, rest: bytes = b"") -> tuple[int, bytes, bytes]:
    """The status and the body of the next answer on a connection, and what came after it."""
    while b"\r\n\r\n" not in rest:
        chunk = client.recv(65536)
        assert chunk, f"the server closed after {rest!r}"
        rest += chunk
    head, _, rest = rest.partition(b"\r\n\r\n")
    lengths = (line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    length = int(next(lengths, b"0"))
    while len(rest) < length:
        chunk = client.recv(65536)
        assert chunk, "the server closed inside a body"
        rest += chunk
    return int(head[9:12]), rest[:length], rest[length:]


def causes(error: BaseException) -> list[type[BaseException]]:
    """The types of an error and of everything that led to it."""
    found: list[type[BaseException]] = []
    step: BaseException | None = error
    while step is not None and type(step) not in found:
        found.append(type(step))
        step = step.__cause__ or step.__context__
    return found


def storm(world: World, requests: int, connections: int) -> Counter[str]:
    """How often each thing happened to this many requests over this many connections at once: a status, or what
    broke. The connections are kept alive, and opened again where they break."""

    async def everything() -> Counter[str]:
        seen: Counter[str] = Counter()
        left = iter(range(requests))
        request, (host, port) = world.wire_form(), address(world.server)

        async def one_connection() -> None:
            streams = None
            for _ in left:
                streams = streams or await asyncio.open_connection(host, port)
                outcome, keep = await _exchange(*streams, request)
                seen[outcome] += 1
                if not keep:
                    streams[1].close()
                    streams = None
            if streams:
                streams[1].close()

        await asyncio.gather(*(one_connection() for _ in range(connections)))
        return seen

    return uvloop.run(everything())


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[str, bool]:
    """One request: what came of it, and whether the connection can take another."""
    writer.write(request)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except ConnectionResetError:
        return "reset", False
    except asyncio.IncompleteReadError as error:
        return ("garbage" if error.partial else "empty"), False
    if not head.startswith(b"HTTP/1.1 "):
        return "garbage", False
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    try:
        body = await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return "truncate", False
    if not body.startswith(b"{") or not body.endswith(b"}"):
        return "malformed", True
    return head[9:12].decode(), True
