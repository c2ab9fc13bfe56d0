"""Acme's pages: a title, then one line for each call, such as `POST /things creates a thing`."""

from __future__ import annotations

import re

from mockserver.extract.dialects import Dialect
from mockserver.extract.model import Endpoint, Page, Response
from mockserver.extract.names import camel
from mockserver.extract.reading import Source

TITLE = re.compile(r"Acme API v\d\n")
CALL = re.compile(r"(?P<method>GET|POST) (?P<path>/\S*) (?P<summary>.+)")


def recognises(text: str) -> bool:
    return TITLE.match(text) is not None


def read(source: Source) -> Page:
    calls = [(line, match) for line, text in enumerate(source.lines, 1) if (match := CALL.fullmatch(text))]
    endpoints = [
        Endpoint(line, "", camel(call["summary"]), call["method"], call["path"], responses=(Response("200", line),))
        for line, call in calls
    ]
    return Page(source.file, source.title, "acme", "acme", tuple(endpoints))


DIALECT = Dialect('that begins with "Acme API"', recognises, read)
