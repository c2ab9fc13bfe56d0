"""Buffers bodies up to a bound, so that they can be judged; streams larger ones and keeps their beginning."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from mockserver.errors import ClientGone
from mockserver.http.receiving import MAX_KEPT_OF_OVERSIZED
from mockserver.model import Request


class BufferedBody:
    """A body on its way. `read` takes it in up to the bound; `kept` is then all of it, or, where `oversized`, only the
    beginning is kept in the end, while `pieces` gives every byte."""

    def __init__(self, source: AsyncIterator[bytes], bound: int) -> None:
        self._source, self._bound = source, bound
        self._held = bytearray()
        self.size = 0
        self.oversized = False

    async def read(self) -> None:
        """Reads to the end, or to the piece that exceeds the bound. Raises what the source raises."""
        async for piece in self._source:
            self._held += piece
            self.size += len(piece)
            if self.size > self._bound:
                self.oversized = True
                return

    @property
    def kept(self) -> bytes:
        return bytes(self._held[:MAX_KEPT_OF_OVERSIZED] if self.oversized else self._held)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The whole body, what was read already first; can be had once."""
        held = bytes(self._held)
        if self.oversized:
            del self._held[MAX_KEPT_OF_OVERSIZED:]
        yield held
        async for piece in self._source:
            self.size += len(piece)
            yield piece


async def body_of(receive: Receive, head: Request) -> AsyncIterator[bytes]:
    """The pieces of a request's body. Raises ClientGone, with the head, where the client leaves before its end."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone(head)
        yield message.get("body", b"")
        more = message.get("more_body", False)
