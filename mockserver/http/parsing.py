"""What httptools' parser leaves open for a server: heads that offer another protocol, targets without a path, ends."""

from collections.abc import Callable, Mapping
from typing import Any

import httptools

FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
TLS_HANDSHAKE = b"\x16\x03"
_OF_THE_HEAD = frozenset({"on_message_begin", "on_url", "on_header", "on_headers_complete"})


class AfterHead:
    """The callbacks of a parser that is fed a head which `protocol` knows already: `protocol` gets what follows it."""

    def __init__(self, protocol: object) -> None:
        self._protocol = protocol
        self._repeated = True

    def __getattr__(self, name: str) -> Callable[..., None]:
        callback: Callable[..., None] = getattr(self._protocol, name)
        if name not in _OF_THE_HEAD:
            return callback

        def unless_repeated(*arguments: bytes) -> None:
            if not self._repeated:
                callback(*arguments)
            elif name == "on_headers_complete":
                self._repeated = False

        return unless_repeated


class Deaf(httptools.HttpRequestParser):
    """A parser for what nobody reads: the bytes of a tunnel, and what follows an error."""

    def feed_data(self, data: object) -> None: ...


def framing_of(scope: Mapping[str, Any]) -> bytes:
    """A head that frames its body as a request's does, and says nothing else."""
    lines = [b"%s: %s\r\n" % pair for pair in scope["headers"] if pair[0] in FRAMING]
    return b"POST / HTTP/%s\r\n%s\r\n" % (scope["http_version"].encode("ascii"), b"".join(lines))


def with_path(target: bytes, method: bytes) -> bytes:
    """A request target with the path that it means (RFC 9112, 3.2) where it has none."""
    if method == b"CONNECT":
        return b"/"
    origin, mark, query = target.partition(b"?")
    _, separator, authority = origin.partition(b"://")
    return origin + b"/" + mark + query if separator and b"/" not in authority else target


def explained(error: httptools.HttpParserError, data: bytes) -> str:
    """Why bytes are no request in HTTP/1.1; `data` is the piece in which the parser found the error."""
    if data.startswith(TLS_HANDSHAKE):
        return "this is TLS, the server speaks plain HTTP: use http:// instead of https://"
    if str(error) == "Pause on PRI/Upgrade":
        return "this is HTTP/2 without an upgrade, the server speaks HTTP/1.1"
    if isinstance(error, httptools.HttpParserCallbackError):
        return "this is not HTTP/1.1: Invalid request target"
    return f"this is not HTTP/1.1: {error}"
