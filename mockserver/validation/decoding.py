"""Turns the bytes of a request body into a JSON value: content codings undone within a bound, JSON read strictly."""

import json
import re
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jiter
import orjson
import zstandard

from mockserver.errors import Failure
from mockserver.model import FailureKind, Json, Request, SyntaxProblem

MAX_CODINGS = 3
MAX_MEMBERS = 1000
_SPACE = b" \t\r\n"
_SLICE = 512
_MAX_ZSTD_WINDOW = 8 * 1024 * 1024
_JITER_MESSAGE = re.compile(
    r"(?P<problem>(?:Detected duplicate key (?P<name>\".*\"))?.*) at line (?P<line>\d+) column (?P<column>\d+)",
    re.DOTALL,
)


def read_json(request: Request, max_bytes: int, empty: Json = None) -> Json:
    """The JSON value of a request's body; `empty` is that of a body without any, where the vendor takes one.

    Raises Failure: TOO_LARGE for more than `max_bytes` decompressed bytes, ENCODING_UNKNOWN for a content coding that
    is none of gzip, deflate, zstd and identity, UNREADABLE for anything that is not one JSON text in UTF-8 (RFC 8259)
    with unique names, depth below 200, and numbers that a double can hold.
    """
    if request.truncated:
        raise Failure(FailureKind.TOO_LARGE, f"the body is over {max_bytes} bytes")
    data = decompressed(request, max_bytes)
    return parse_json(data) if empty is None or data.strip(_SPACE) else empty


def text_of(request: Request, max_bytes: int) -> str:
    """A request's body as text, to tell places in it; "" where its content codings cannot be undone."""
    try:
        return decompressed(request, max_bytes).decode("utf-8", "replace")
    except Failure:
        return ""


def parse_json(data: bytes) -> Json:
    """One JSON text, read strictly. Raises Failure of kind UNREADABLE, with its `syntax` where the text is no JSON."""
    if not data.strip(_SPACE):
        raise Failure(FailureKind.UNREADABLE, "the body is empty")
    try:
        value = jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        syntax, text = partial(_syntax_problem, str(error)), partial(data.decode, "utf-8", "replace")
        raise Failure(FailureKind.UNREADABLE, str(error), syntax=syntax, text=text) from None
    if not _is_in_range(data, value):
        raise Failure(FailureKind.UNREADABLE, "a number is out of range")
    return value


def _syntax_problem(message: str) -> SyntaxProblem | None:
    """The data in a message of jiter, which raises a plain ValueError: this is the only place that reads its text."""
    match = _JITER_MESSAGE.fullmatch(message)
    if match is None:
        return None
    quoted, name = match["name"], None
    if quoted is not None:
        try:
            name = json.loads(quoted)
        except ValueError:  # escaped as only Rust does
            name = quoted[1:-1]
    return SyntaxProblem(int(match["line"]), int(match["column"]), match["problem"], name)


def decompressed(request: Request, max_bytes: int) -> bytes:
    """The body with its content codings (RFC 9110, 8.4) undone, never more than `max_bytes` bytes of it in memory."""
    if request.header(b"content-encoding") is None:
        return request.body
    data = request.body
    header = b",".join(value for name, value in request.headers if name == b"content-encoding").decode("latin-1")
    codings = [coding.strip().lower() for coding in header.split(",") if coding.strip()]
    if len(codings) > MAX_CODINGS:
        raise Failure(FailureKind.ENCODING_UNKNOWN, f"more than {MAX_CODINGS} content codings")
    for coding in reversed(codings):
        if coding == "identity":
            continue
        inflate = _CODINGS.get(coding)
        if inflate is None:
            raise Failure(FailureKind.ENCODING_UNKNOWN, f"unknown content coding {coding[:40]!r}")
        data = inflate(data, max_bytes)
        if len(data) > max_bytes:
            raise Failure(FailureKind.TOO_LARGE, f"the body is over {max_bytes} bytes decompressed")
    return data


def _inflated(data: bytes, max_bytes: int, coding: str, start: Callable[[], Any]) -> bytes:
    """All members of a compressed stream; `start` makes what zlib and zstandard give to undo one of them. Read in
    slices, so that what a slice swells to is bounded too; stops soon after `max_bytes`. Raises Failure for a damaged or
    an unfinished stream, and for more than MAX_MEMBERS."""
    inflated, inflater, at, members = bytearray(), start(), 0, 1
    while at < len(data) and len(inflated) <= max_bytes:
        if inflater.eof:
            inflater, members = start(), members + 1
            if members > MAX_MEMBERS:
                raise Failure(FailureKind.UNREADABLE, f"the {coding} body has more than {MAX_MEMBERS} members")
        piece = data[at : at + _SLICE]
        try:
            inflated += inflater.decompress(piece)
        except (zlib.error, zstandard.ZstdError) as error:
            raise Failure(FailureKind.UNREADABLE, f"the {coding} body is damaged: {error}") from None
        at += len(piece) - len(inflater.unused_data)
    if not inflater.eof and len(inflated) <= max_bytes:
        raise Failure(FailureKind.UNREADABLE, f"the {coding} body is cut short")
    return bytes(inflated)


def _undeflate(data: bytes, max_bytes: int) -> bytes:
    """The deflate coding: a zlib stream (RFC 1950), or the bare one (RFC 1951) that some clients send."""
    try:
        return _inflated(data, max_bytes, "deflate", zlib.decompressobj)
    except Failure:
        return _inflated(data, max_bytes, "deflate", partial(zlib.decompressobj, wbits=-zlib.MAX_WBITS))


_gunzip = partial(_inflated, coding="gzip", start=partial(zlib.decompressobj, wbits=31))
_unzstd = partial(
    _inflated,
    coding="zstd",
    start=lambda: zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW).decompressobj(),
)
_CODINGS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "zstd": _unzstd,
    "zstd1": _unzstd,
}


def _is_in_range(data: bytes, value: Json) -> bool:
    """Whether every number of a JSON text and of its value is finite. orjson, which refuses those that a double cannot
    hold, is asked first: it is much faster than a look at every number."""
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            json.dumps(value, check_circular=False, allow_nan=False)
        except ValueError:
            return False
    return True
