"""Writes the journal for people and tools: HAR 1.2, JSON lines, or curl commands; credentials masked."""

from __future__ import annotations

import base64
import datetime as dt
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.jsontext import dump
from mockserver.model import Exchange, Headers
from mockserver.redaction import masked_headers, masked_query

FORMATS = ("har", "jsonl", "curl")


def exported(
    exchanges: Iterable[Exchange], form: str, origin: str, line: Callable[[Exchange], Json]
) -> Iterator[bytes]:
    """The exchanges in one of FORMATS, piece by piece. `origin` is the scheme, host and port that requests went to;
    `line` gives what a JSON line holds."""
    if form == "jsonl":
        return (dump(line(exchange)) + b"\n" for exchange in exchanges)
    if form == "curl":
        return (_curl(exchange, origin).encode() + b"\n" for exchange in exchanges)
    return _har(exchanges, origin)


Json = Any
CONTENT_TYPES: Mapping[str, str] = {
    "har": "application/json",
    "jsonl": "application/x-ndjson",
    "curl": "text/x-shellscript; charset=utf-8",
}


_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def _har(exchanges: Iterable[Exchange], origin: str) -> Iterator[bytes]:
    creator = {"name": "mockserver", "version": __version__}
    yield b'{"log":{"version":"1.2","creator":' + dump(creator) + b',"entries":['
    for number, exchange in enumerate(exchanges):
        yield (b"," if number else b"") + dump(_entry(exchange, origin))
    yield b"]}}\n"


def _entry(exchange: Exchange, origin: str) -> dict[str, Json]:
    request = exchange.request
    query = masked_query(request.query)
    started = dt.datetime.fromtimestamp(exchange.received, dt.UTC).isoformat(timespec="milliseconds")
    status = exchange.status or 0
    return {
        "startedDateTime": started.replace("+00:00", "Z"),
        "time": exchange.milliseconds,
        "request": {
            "method": request.method,
            "url": _url(exchange, origin),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(request.headers),
            "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query)],
            "postData": {"mimeType": _content_type(request.headers), **_text(request.body)},
            "headersSize": -1,
            "bodySize": request.body_size,
        },
        "response": {
            "status": status,
            "statusText": _PHRASES.get(status, ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(exchange.response_headers),
            "content": {
                "size": len(exchange.response_body),
                "mimeType": _content_type(exchange.response_headers),
                **_text(exchange.response_body),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(exchange.response_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": exchange.milliseconds, "receive": 0},
    }


def _curl(exchange: Exchange, origin: str) -> str:
    """The request as a command line; its credentials are masked, so they must be given anew."""
    request = exchange.request
    words = ["curl", "-X", request.method, _url(exchange, origin)]
    for name, value in masked_headers(request.headers):
        if name not in ("host", "content-length", "connection", "accept-encoding", "transfer-encoding"):
            words += ["-H", f"{name}: {value}"]
    if not request.body:
        return shlex.join(words)
    try:
        return shlex.join([*words, "--data-binary", request.body.decode("utf-8")])
    except UnicodeDecodeError:
        encoded = base64.b64encode(request.body).decode("ascii")
        return f"printf %s {encoded} | base64 -d | {shlex.join([*words, '--data-binary', '@-'])}"


def _url(exchange: Exchange, origin: str) -> str:
    query = masked_query(exchange.request.query)
    return f"{origin}{exchange.request.path}" + (f"?{query}" if query else "")


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in masked_headers(headers)]


def _content_type(headers: Headers) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")


def _text(raw: bytes) -> dict[str, str]:
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(raw).decode("ascii"), "encoding": "base64"}
