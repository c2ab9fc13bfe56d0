"""The dialects that pages are written in, told apart by the pages' own text."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.extract import datadog, satori, supalytics
from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Page
from mockserver.extract.reading import Source, load, source

DIALECTS: tuple[tuple[Callable[[str], bool], Callable[[Source], Page]], ...] = (
    (datadog.recognises, datadog.read),
    (satori.recognises, satori.read),
    (supalytics.recognises, supalytics.read),
)


def read(name: str) -> Page:
    """The page called `name`: a path, `-` or a URL. Raises ExtractError if no dialect reads it."""
    return _parse(load(name))


def read_text(file: str, text: str) -> Page:
    """A page whose text is at hand; `file` names it in errors. Raises ExtractError if no dialect reads it."""
    return _parse(source(file, text))


def _parse(page: Source) -> Page:
    for recognises, read_page in DIALECTS:
        if recognises(page.text):
            return read_page(page)
    raise ExtractError(
        page.file,
        page.first_line,
        'a page with {% tab %} blocks, with a table "Field Name | Type | Format | Required | Description", '
        'or with an "Endpoint" heading and a table "Field | Type | Required | Description"',
    )
