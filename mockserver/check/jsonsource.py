"""Feeds a file of JSON to a streaming parser: knows the line, and refuses what the parser would not survive."""

import re
from itertools import accumulate

from mockserver.support.yaml import Readable

CHUNK = 64 * 1024
MAX_DEPTH = 1000
"""Levels of arrays and objects. No recording comes near; the parser's memory grows with the square of them."""
MAX_DIGITS = 2000
"""Python reads no integer of over 4300 digits; the parser does not survive the attempt."""
LONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
BREAK = re.compile(rb"[}\[][ \t,]*\r?\n")
"""Where pieces end: at the end of a line after which an entry can begin."""
BRACKETS = b"[]{}"
NO_BRACKETS = bytes(set(range(256)) - set(BRACKETS))
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class RefusedJson(Exception):  # noqa: N818 - it becomes an UnreadableFile once the file is known
    """The text is beyond a bound, which the message names."""


class JsonSource:
    """A file of JSON, in pieces that end where lines do. `line` is where the next piece begins, from 1; `at_line`
    where the last one ended, and `pieces` counts them. `ended` is set once there are no more."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._chunk, self._at = b"", 0
        self._nesting = Nesting()
        self.line = self.at_line = 1
        self.pieces = 0
        self.piece = b""
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        """The next piece, b"" at the end. Raises RefusedJson."""
        if size == 0:
            return b""
        if self._at >= len(self._chunk):
            self._chunk, self._at = self._file.read(CHUNK), 0
            if not self.pieces:
                self._chunk = self._chunk.removeprefix(b"\xef\xbb\xbf")  # some recorders put this mark first
            self._nesting.follow(self._chunk)
        end = BREAK.search(self._chunk, self._at)
        piece = self._chunk[self._at : end.end() if end else len(self._chunk)]
        self.ended = not piece
        self._at += len(piece)
        self.pieces += 1
        self.piece = piece
        self.line += piece.count(b"\n")
        self.at_line = self.line - piece.endswith(b"\n")
        return piece


class Nesting:
    """Follows the `depth` of arrays and objects over the pieces of a JSON text."""

    def __init__(self) -> None:
        self.depth = 0
        self._in_string = False
        self._escape = b""

    def follow(self, piece: bytes) -> None:
        """Raises RefusedJson beyond MAX_DEPTH levels, and for a number of MAX_DIGITS or more."""
        outside = self._outside_strings(self._escape + piece)
        if LONG_NUMBER.search(outside):
            raise RefusedJson(f"holds a number of {MAX_DIGITS} digits or more")
        brackets = outside.translate(None, NO_BRACKETS)
        opened = brackets.count(b"[") + brackets.count(b"{")
        if self.depth + opened > MAX_DEPTH:
            depths = accumulate(map(STEPS.__getitem__, brackets), initial=self.depth)
            if max(depths) > MAX_DEPTH:
                raise RefusedJson(f"is nested more than {MAX_DEPTH} levels deep")
        self.depth += 2 * opened - len(brackets)

    def _outside_strings(self, text: bytes) -> bytes:
        """The text without its strings; keeps whether it ends inside one, and in the middle of an escape."""
        self._escape = b""
        if (len(text) - len(text.rstrip(b"\\"))) % 2:
            text, self._escape = text[:-1], b"\\"
        parts = text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        outside = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        return outside
