"""What a dialect of documentation pages is, and the choice of a page's dialect by its own text."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Page
from mockserver.extract.reading import Source, load


class Dialect(NamedTuple):
    """The form in which a vendor writes its pages: `mark` says in words what `recognises` looks for in a page's text.
    `read` raises ExtractError where a page departs from the form."""

    mark: str
    recognises: Callable[[str], bool]
    read: Callable[[Source], Page]


def read(name: str, dialects: Iterable[Dialect]) -> Page:
    """The page called `name`: a path, `-` or a URL. Raises ExtractError if none of the dialects reads it."""
    page, dialects = load(name), list(dialects)
    for dialect in dialects:
        if dialect.recognises(page.text):
            return dialect.read(page)
    raise ExtractError(page.file, page.first_line, f"a page {', or '.join(dialect.mark for dialect in dialects)}")
