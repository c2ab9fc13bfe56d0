"""Takes a request in from ASGI: reads its body up to a bound, and the rest of an oversized one without keeping it."""

from __future__ import annotations

from starlette.types import Receive, Scope

from mockserver.errors import ClientGone
from mockserver.model import Request

KEPT_OF_OVERSIZED = 64 * 1024
DRAINED_AT_MOST = 128 * 1024 * 1024


async def receive_request(scope: Scope, receive: Receive, max_body_bytes: int) -> Request:
    """The request, its body raw and whole up to `max_body_bytes` bytes.

    A larger body is read to its end (128 MiB at the most) so that the client can read its answer, but only its first
    64 KiB are kept. Raises ClientGone where the client leaves before its body is complete.
    """
    kept, size, more = bytearray(), 0, True
    while more and size <= DRAINED_AT_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone(_request(scope, bytes(kept), size, truncated=True))
        chunk = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if not more and size == len(chunk) <= max_body_bytes:
            return _request(scope, chunk, size, truncated=False)
        if size <= max_body_bytes:
            kept += chunk
        else:
            kept += chunk[: max(0, KEPT_OF_OVERSIZED - len(kept))]
            del kept[KEPT_OF_OVERSIZED:]
    return _request(scope, bytes(kept), size, truncated=size > max_body_bytes)


def head_of(scope: Scope) -> Request:
    """The request as far as its head, before its body is read."""
    return _request(scope, b"", 0, truncated=False)


def _request(scope: Scope, body: bytes, size: int, *, truncated: bool) -> Request:
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"],
        headers=tuple(scope["headers"]),
        body=body,
        body_size=size,
        truncated=truncated,
    )
