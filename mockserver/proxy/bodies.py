"""Buffers bodies up to a bound, so that they can be judged; streams larger ones and keeps their beginning."""

from collections import deque
from collections.abc import AsyncIterator, Iterable

from starlette.types import Receive

from mockserver.errors import ClientGone
from mockserver.http.receiving import MAX_KEPT_OF_OVERSIZED
from mockserver.model import Request


class BufferedBody:
    """A body on its way. `read` takes it in up to the bound; `kept` is then all of it, or, where `oversized`, only the
    beginning, while `pieces` gives every byte. One whose `declared` length exceeds the bound is not taken in at all."""

    def __init__(self, source: AsyncIterator[bytes], bound: int, declared: int = 0) -> None:
        self._source = source
        self._bound = bound if declared <= bound else min(bound, MAX_KEPT_OF_OVERSIZED)
        self._held: deque[bytes] = deque()
        self.kept = b""
        self.size = 0
        self.oversized = False

    async def read(self) -> None:
        """Reads to the end, or to the piece that exceeds the bound. Raises what the source raises."""
        try:
            async for piece in self._source:
                self._held.append(piece)
                self.size += len(piece)
                if self.size > self._bound:
                    self.oversized = True
                    return
        finally:
            if self.oversized:
                self.kept = _beginning(self._held)
            else:
                self.kept = b"".join(self._held)
                self._held = deque([self.kept])

    async def pieces(self) -> AsyncIterator[bytes]:
        """The whole body, what was read already first; can be had once, and what was given is no longer held."""
        while self._held:
            yield self._held.popleft()
        async for piece in self._source:
            self.size += len(piece)
            yield piece


def _beginning(pieces: Iterable[bytes]) -> bytes:
    kept = bytearray()
    for piece in pieces:
        kept += piece[: MAX_KEPT_OF_OVERSIZED - len(kept)]
        if len(kept) == MAX_KEPT_OF_OVERSIZED:
            break
    return bytes(kept)


async def body_of(receive: Receive, head: Request) -> AsyncIterator[bytes]:
    """The pieces of a request's body. Raises ClientGone, with the head, where the client leaves before its end."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone(head)
        yield message.get("body", b"")
        more = message.get("more_body", False)
