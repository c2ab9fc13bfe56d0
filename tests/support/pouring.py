"""Sends many bodies fast: raw HTTP/1.1 over a few kept-alive connections, each answer read whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE = 20.0
"""Seconds after which an answer that does not come is a hang."""


@dataclass
class Poured:
    """How often each status came, and the first bodies that got a server error."""

    statuses: Counter[int] = field(default_factory=Counter)
    broke: list[bytes] = field(default_factory=list)


def pour(url: str, path: str, headers: dict[str, str], bodies: Iterable[bytes], connections: int = 8) -> Poured:
    """POST every body to the path. Raises TimeoutError where the server hangs, and what asyncio raises where it
    closes a connection."""
    poured = Poured()
    address = urlsplit(url)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def drain(source: Iterator[bytes]) -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            for body in source:
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body)
                status = await asyncio.wait_for(answer(reader), PATIENCE)
                poured.statuses[status] += 1
                if status >= 500 and len(poured.broke) < 10:
                    poured.broke.append(body)
        finally:
            writer.close()
            await writer.wait_closed()

    async def drain_all() -> None:
        source = iter(bodies)
        await asyncio.gather(*(drain(source) for _ in range(connections)))

    asyncio.run(drain_all())
    return poured


async def answer(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, its body read to the end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
    await reader.readexactly(length)
    return int(head.split(" ", 2)[1])
