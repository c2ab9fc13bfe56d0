"""Writes the journal for people and tools: HAR 1.2, JSON lines, or curl commands; credentials masked."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from mockserver import __version__
from mockserver.http.statuses import phrase
from mockserver.model import Exchange, Headers
from mockserver.support.jsontext import dump
from mockserver.support.redaction import Redaction
from mockserver.support.timestamps import iso

FORMATS = ("har", "jsonl", "curl")
AS_SENT = '[]{}|^`"<>\\'
"""What no query may hold and clients send all the same; curl passes it on."""
ARGUMENT_AT_MOST = 64 * 1024
"""Bytes of a body that go on a command line; larger ones do not fit into an argument everywhere."""


def exported(
    exchanges: Iterable[Exchange], form: str, origin: str, line: Callable[[Exchange], Json], redaction: Redaction
) -> Iterator[bytes]:
    """The exchanges in one of FORMATS, piece by piece. `origin` is the scheme, host and port that requests went to;
    `line` gives what a JSON line holds."""
    if form == "jsonl":
        return (dump(line(exchange)) + b"\n" for exchange in exchanges)
    if form == "curl":
        return (_curl(exchange, origin, redaction).encode() + b"\n" for exchange in exchanges)
    return _har(exchanges, origin, redaction)


Json = Any
CONTENT_TYPES: Mapping[str, str] = {
    "har": "application/json",
    "jsonl": "application/x-ndjson",
    "curl": "text/x-shellscript; charset=utf-8",
}


def _har(exchanges: Iterable[Exchange], origin: str, redaction: Redaction) -> Iterator[bytes]:
    creator = {"name": "mockserver", "version": __version__}
    yield b'{"log":{"version":"1.2","creator":' + dump(creator) + b',"entries":['
    for number, exchange in enumerate(exchanges):
        yield (b"," if number else b"") + dump(_entry(exchange, origin, redaction))
    yield b"]}}\n"


def _entry(exchange: Exchange, origin: str, redaction: Redaction) -> dict[str, Json]:
    request = exchange.request
    query = redaction.of_query(request.query)
    status, answered = exchange.status or 0, _response_size(exchange)
    return {
        "startedDateTime": iso(exchange.received),
        "time": exchange.milliseconds,
        "request": {
            "method": request.method,
            "url": _url(exchange, origin, redaction),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(request.headers, redaction),
            "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
            **_post_data(exchange),
            "headersSize": -1,
            "bodySize": request.body_size,
        },
        "response": {
            "status": status,
            "statusText": phrase(status) if status else "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(exchange.response_headers, redaction),
            "content": {
                "size": answered,
                "mimeType": _content_type(exchange.response_headers),
                **_text(exchange.response_body),
                **(_cut(exchange.response_body, answered) if exchange.response_truncated else {}),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": answered,
        },
        "cache": {},
        "timings": {"send": 0, "wait": exchange.milliseconds, "receive": 0},
    }


def _post_data(exchange: Exchange) -> dict[str, Json]:
    """The request's body, if it has one; of one that is oversized, or that its client left, only the beginning was
    kept."""
    request = exchange.request
    if not (request.body_size or request.truncated):
        return {}
    comment = _cut(request.body, request.body_size) if request.truncated else {}
    return {"postData": {"mimeType": _content_type(request.headers), **_text(request.body), **comment}}


def _response_size(exchange: Exchange) -> int:
    """The bytes of a response's body; of one that is not kept whole those that its head promises, else -1."""
    if not exchange.response_truncated:
        return len(exchange.response_body)
    declared = next((value for name, value in exchange.response_headers if name == b"content-length"), b"")
    return int(declared) if declared.isdigit() else -1


def _cut(kept: bytes, size: int) -> dict[str, Json]:
    """The remark on a body of which only the beginning was kept; `size` is -1 where nobody knows it."""
    return {"comment": f"the first {len(kept)} bytes" + (f" of {size}" if size >= 0 else "")}


def _curl(exchange: Exchange, origin: str, redaction: Redaction) -> str:
    """The request as a command line; its credentials are masked, so they must be given anew."""
    request = exchange.request
    words = ["curl", "--globoff", "-X", request.method, _url(exchange, origin, redaction, AS_SENT)]
    for name, value in redaction.of_headers(request.headers):
        if name not in ("host", "content-length", "connection", "accept-encoding", "transfer-encoding"):
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if not request.body:
        return shlex.join(words)
    if not _content_type(request.headers):
        words += ["-H", "content-type:"]
    cut = f"  # only {len(request.body)} of {request.body_size} bytes" if request.truncated else ""
    text = _text(request.body)
    if "encoding" not in text and "\0" not in text["text"] and len(request.body) <= ARGUMENT_AT_MOST:
        return shlex.join([*words, "--data-raw", text["text"]]) + cut
    encoded = base64.b64encode(request.body).decode("ascii")
    return f"printf %s {encoded} | base64 -d | {shlex.join([*words, '--data-binary', '@-'])}{cut}"


def _url(exchange: Exchange, origin: str, redaction: Redaction, also: str = "") -> str:
    """The address with what no URL may hold percent-encoded, but for the characters of `also` in its query."""
    query = quote(redaction.of_query(exchange.request.query), safe="/:@!$&'()*+,;=~?%" + also)
    return f"{origin}{quoted_path(exchange.request.path)}" + (f"?{query}" if query else "")


def quoted_path(path: str) -> str:
    """A path with what none may hold percent-encoded."""
    return quote(path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")


def _pairs(headers: Headers, redaction: Redaction) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in redaction.of_headers(headers)]


def _content_type(headers: Headers) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")


def _text(raw: bytes) -> dict[str, str]:
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(raw).decode("ascii"), "encoding": "base64"}
