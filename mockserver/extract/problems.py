"""Collects what of a page cannot be read, so that a row or an example costs itself only."""

from collections.abc import Iterator
from contextlib import contextmanager

from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Unread

MAX_UNREAD = 1000
"""How many of a page are kept; a page with more has another form altogether."""


class Problems:
    """What was left out of the page `file` so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.unread: list[Unread] = []

    def add(self, line: int, expected: str, what: str) -> None:
        if len(self.unread) < MAX_UNREAD:
            self.unread.append(Unread(self.file, line, expected, what))

    @contextmanager
    def costing(self, what: str) -> Iterator[None]:
        """A failure inside leaves out `what` is read there, and nothing more."""
        try:
            yield
        except ExtractError as error:
            self.add(error.line, error.expected, what)
