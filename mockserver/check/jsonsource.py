"""Feeds a file to a streaming JSON parser: knows on which line the parser is, and stops what the parser cannot bear."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Protocol

CHUNK = 64 * 1024
DEEPEST = 1000
"""Levels of arrays and objects. No recording comes near; the parser's memory grows with the square of them."""
LONG_NUMBER = re.compile(rb"[0-9]{2000}")
"""Python reads no integer of over 4300 digits; the parser does not survive the attempt."""
BREAK = re.compile(rb"[}\[][ \t,]*\r?\n")
"""Where what is read is cut: at the ends of the lines behind which an entry can begin."""
BRACKETS = b"[]{}"
NO_BRACKETS = bytes(set(range(256)) - set(BRACKETS))
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class JsonSource:
    """A file of JSON, in pieces that end where lines do. `line` is where the next piece begins, from 1; `at_line`
    where the last one ended, and `pieces` counts them."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._chunk, self._at = b"", 0
        self._nesting = Nesting()
        self.line = self.at_line = 1
        self.pieces = 0
        self.piece = b""

    def read(self, size: int = -1) -> bytes:
        """The next piece, b"" at the end. Raises RecursionError where the nesting is too deep, ValueError where a
        number has thousands of digits."""
        if size == 0:
            return b""
        if self._at >= len(self._chunk):
            self._chunk, self._at = self._file.read(CHUNK), 0
            if not self.pieces:
                self._chunk = self._chunk.removeprefix(b"\xef\xbb\xbf")  # some recorders put this mark first
            self._nesting.follow(self._chunk)
        end = BREAK.search(self._chunk, self._at)
        piece = self._chunk[self._at : end.end() if end else len(self._chunk)]
        self._at += len(piece)
        self.pieces += 1
        self.piece = piece
        self.line += piece.count(b"\n")
        self.at_line = self.line - piece.endswith(b"\n")
        return piece


class Nesting:
    """Follows how deep arrays and objects are nested, over the pieces of a JSON text: `depth`, after the last one."""

    def __init__(self) -> None:
        self.depth = 0
        self._in_string = False
        self._escape = b""

    def follow(self, piece: bytes) -> None:
        """Raises RecursionError beyond DEEPEST levels, and ValueError for a LONG_NUMBER."""
        outside = self._outside_strings(self._escape + piece)
        if LONG_NUMBER.search(outside):
            raise ValueError("a number has thousands of digits")
        brackets = outside.translate(None, NO_BRACKETS)
        opened = brackets.count(b"[") + brackets.count(b"{")
        if self.depth + opened > DEEPEST and max(accumulate(map(STEPS.__getitem__, brackets), initial=self.depth)) > (
            DEEPEST
        ):
            raise RecursionError("nested too deep")
        self.depth += 2 * opened - len(brackets)

    def _outside_strings(self, text: bytes) -> bytes:
        """The text without its strings; notes whether it ends inside one, and on half an escape."""
        self._escape = b""
        if (len(text) - len(text.rstrip(b"\\"))) % 2:
            text, self._escape = text[:-1], b"\\"
        parts = text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        outside = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        return outside
