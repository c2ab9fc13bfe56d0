"""Takes a request in from ASGI: reads its body up to a bound, and the rest of an oversized one without keeping it."""

from starlette.types import Receive, Scope

from mockserver.errors import ClientGone
from mockserver.http.connection import connection_of
from mockserver.model import Headers, Request, bytes_of_headers
from mockserver.operations import Credentials, Operation

MAX_CACHED_HEADERS = 1000
MAX_CACHED_HEADER_BYTES = 4096
MAX_KEPT_OF_OVERSIZED = 64 * 1024
MAX_DRAINED_BYTES = 128 * 1024 * 1024


def head_of(scope: Scope, headers: Headers | None = None, header_bytes: int | None = None) -> Request:
    """The request as far as its head, before its body is read; with headers that are the same as its own, and what they
    take in memory, if given."""
    headers = tuple(scope["headers"]) if headers is None else headers
    connection = connection_of(scope)
    number = connection.number if connection is not None else None
    query = scope["query_string"]
    return Request(scope["method"], scope["path"], query, headers, b"", 0, False, number, header_bytes)


class HeaderCache:
    """Gives requests with the same headers the same headers, so that a journal of a client's requests holds them once.

    At most MAX_CACHED_HEADERS are remembered, none that takes more than MAX_CACHED_HEADER_BYTES.
    """

    def __init__(self) -> None:
        self._known: dict[Headers, tuple[Headers, dict[Operation, Credentials], int]] = {}

    def of(self, scope: Scope) -> tuple[Request, dict[Operation, Credentials]]:
        """The head of a request, as `head_of`, and the credentials that operations found in the same headers."""
        headers = tuple(scope["headers"])
        known = self._known.get(headers)
        if known is None:
            known = (headers, {}, bytes_of_headers(headers))
            if known[2] <= MAX_CACHED_HEADER_BYTES:
                if len(self._known) >= MAX_CACHED_HEADERS:
                    self._known.clear()
                self._known[headers] = known
        return head_of(scope, known[0], known[2]), known[1]


async def receive_request(head: Request, receive: Receive, max_body_bytes: int) -> Request:
    """The request whose head has come, with its body: raw, and whole up to `max_body_bytes` bytes.

    A larger body is read to its end (128 MiB at the most) so that the client can read its answer, but only its first
    64 KiB are kept. Raises ClientGone where the client leaves before its body is complete.
    """
    message = await receive()
    body = message.get("body", b"")
    whole = message["type"] == "http.request" and not message.get("more_body", False)
    if whole and len(body) <= max_body_bytes:
        return _with_body(head, body, len(body))
    kept, size = bytearray(), 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone(_with_body(head, bytes(kept), size, truncated=True))
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= max_body_bytes:
            kept += chunk
        else:
            kept += chunk[: max(0, MAX_KEPT_OF_OVERSIZED - len(kept))]
            del kept[MAX_KEPT_OF_OVERSIZED:]
        if not message.get("more_body", False) or size > MAX_DRAINED_BYTES:
            return _with_body(head, bytes(kept), size, truncated=size > max_body_bytes)
        message = await receive()


def _with_body(head: Request, body: bytes, size: int, *, truncated: bool = False) -> Request:
    method, path, query, headers, _, _, _, connection, header_bytes = head
    return Request(method, path, query, headers, body, size, truncated, connection, header_bytes)
