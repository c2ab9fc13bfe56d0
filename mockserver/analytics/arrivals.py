"""Events that no query has asked about yet: as texts, compressed in blocks, until one does.

Most servers are sent many events and asked about none. An event that waits here costs a fraction of the time, and a
tenth of the memory, of one that is ready to be queried.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jiter
import zstandard

from mockserver.support.jsontext import dump

BLOCK_EVENTS = 1000
BLOCK_BYTES = 256 * 1024
LEVEL = 1


class Block(NamedTuple):
    """Events' times in epoch milliseconds, and their JSON texts, one a line; `size` is theirs before compression."""

    times: array[int]
    lines: bytes
    size: int


class Arrivals:
    """One account's newest events, at most about `max_events` of them and `max_bytes` of text: the oldest go first, a
    block at a time. `evicted` counts those that went."""

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self.evicted = 0
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._blocks: deque[Block] = deque()
        self._events = self._bytes = self._compressed = 0
        self._times, self._lines = array("q"), bytearray()

    def __len__(self) -> int:
        return self._events

    @property
    def bytes(self) -> int:
        """About what they take in memory."""
        return self._compressed + len(self._lines)

    def append(self, timestamp_ms: int, body: Mapping[str, Any]) -> None:
        """Takes in one event at a time in epoch milliseconds."""
        self._times.append(timestamp_ms)
        self._lines += dump(body)  # compact JSON has no line break in it
        self._lines += b"\n"
        self._events += 1
        if len(self._times) >= BLOCK_EVENTS or len(self._lines) >= BLOCK_BYTES:
            self._close_block()

    def drain(self) -> Iterator[tuple[int, Any]]:
        """Every event that is still here, oldest first, with its time; none of them stays."""
        self._close_block()
        decompressor = zstandard.ZstdDecompressor()
        while self._blocks:
            block = self._pop()
            lines = decompressor.decompress(block.lines, max_output_size=block.size).split(b"\n")[:-1]
            for timestamp, line in zip(block.times, lines, strict=True):
                yield timestamp, jiter.from_json(line)

    def _close_block(self) -> None:
        if not self._times:
            return
        block = Block(self._times, zstandard.ZstdCompressor(LEVEL).compress(self._lines), len(self._lines))
        self._blocks.append(block)
        self._bytes += block.size
        self._compressed += len(block.lines)
        self._times, self._lines = array("q"), bytearray()
        while len(self._blocks) > 1 and (
            self._events - len(self._blocks[0].times) >= self._max_events or self._bytes > self._max_bytes
        ):
            self.forget_oldest()

    def forget_oldest(self) -> None:
        """Lets the oldest block go."""
        self._close_block()
        self.evicted += len(self._pop().times)

    def _pop(self) -> Block:
        block = self._blocks.popleft()
        self._events -= len(block.times)
        self._bytes -= block.size
        self._compressed -= len(block.lines)
        return block
