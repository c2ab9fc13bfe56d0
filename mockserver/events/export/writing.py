"""What the export formats share: what they are given, and how they write addresses, headers and bodies."""

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from mockserver.model import Exchange, Headers, Json
from mockserver.support.redaction import Redaction


class ExportContext(NamedTuple):
    """`origin` is the scheme, host and port that requests went to; `view` gives an exchange as the control API shows
    it whole."""

    origin: str
    redaction: Redaction
    view: Callable[[Exchange], Json]


class ExportFormat(NamedTuple):
    """`write` gives a file of exchanges, piece by piece."""

    content_type: str
    write: Callable[[Iterable[Exchange], ExportContext], Iterator[bytes]]


def url_of(exchange: Exchange, context: ExportContext, also: str = "") -> str:
    """The address with what no URL may hold percent-encoded, but for the characters of `also` in its query."""
    redaction, account = context.redaction, exchange.account
    query = quote(redaction.of_query(exchange.request.query, account), safe="/:@!$&'()*+,;=~?%" + also)
    path = quoted_path(redaction.of_address(exchange.request.path, account))
    return f"{context.origin}{path}" + (f"?{query}" if query else "")


def quoted_path(path: str) -> str:
    """A path with what none may hold percent-encoded."""
    return quote(path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")


def content_type_of(headers: Headers) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")


def text_of(raw: bytes) -> dict[str, str]:
    """A body as HAR has it: as text where it is UTF-8, else as base64."""
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(raw).decode("ascii"), "encoding": "base64"}
