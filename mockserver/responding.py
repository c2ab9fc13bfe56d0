"""Sends an answer over ASGI."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache

from starlette.types import Send

from mockserver.model import Answer, Headers


def headers_of(answer: Answer, now: float, more: Headers = ()) -> Headers:
    """An answer's headers in wire form; `now` is the time that the Date header tells, in seconds."""
    if answer.status in (204, 304):  # these never have content, RFC 9110
        return ((b"date", _http_date(int(now))), *answer.headers, *more)
    usual = _usual_headers(answer.content_type, None if answer.pieces else len(answer.body), int(now))
    return (*usual, *answer.headers, *more) if answer.headers or more else usual


async def respond(send: Send, answer: Answer, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    size = -(-len(answer.body) // answer.pieces) if answer.pieces else 0
    body = answer.body
    while size and len(body) > size:
        await send({"type": "http.response.body", "body": body[:size], "more_body": True})
        body = body[size:]
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=1024)
def _usual_headers(content_type: bytes, length: int | None, seconds: int) -> Headers:
    """What every answer with content has; made once for all of one second that are alike."""
    sized = () if length is None else ((b"content-length", b"%d" % length),)
    return ((b"content-type", content_type), *sized, (b"date", _http_date(seconds)))


@lru_cache(maxsize=64)
def _http_date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode("ascii")
