"""Sends a response over ASGI."""

from email.utils import formatdate
from functools import lru_cache

from starlette.types import Send

from mockserver.model import Headers, Response


def headers_of(response: Response, now: float, more: Headers = ()) -> Headers:
    """A response's headers in wire form; `now` is the time of the Date header, in seconds since the epoch."""
    if response.status in (204, 304):  # these never have content, RFC 9110
        return ((b"date", http_date(int(now))), *response.headers, *more)
    usual = _usual_headers(response.content_type, None if response.pieces else len(response.body), int(now))
    return (*usual, *response.headers, *more) if response.headers or more else usual


async def respond(send: Send, response: Response, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    size = -(-len(response.body) // response.pieces) if response.pieces else 0
    body = response.body
    while size and len(body) > size:
        await send({"type": "http.response.body", "body": body[:size], "more_body": True})
        body = body[size:]
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=1024)
def _usual_headers(content_type: bytes, length: int | None, seconds: int) -> Headers:
    """The headers of every response with content, made once per second for equal ones."""
    sized = () if length is None else ((b"content-length", b"%d" % length),)
    typed = ((b"content-type", content_type),) if content_type else ()
    return (*typed, *sized, (b"date", http_date(seconds)))


@lru_cache(maxsize=64)
def http_date(seconds: int) -> bytes:
    """Seconds since the epoch as HTTP writes a date, RFC 9110."""
    return formatdate(seconds, usegmt=True).encode("ascii")
