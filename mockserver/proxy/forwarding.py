"""Forwards requests to their upstream and returns its responses unchanged; names what can go wrong there."""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpcore2

from mockserver.errors import SettingsError
from mockserver.model import Headers
from mockserver.proxy.bodies import BufferedBody
from mockserver.proxy.upstreams import Upstream

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""The headers that belong to one connection (RFC 9110, 7.6.1); what Connection names belongs to it too."""
UNKNOWN_ISSUER = frozenset({2, 18, 19, 20})
"""OpenSSL's codes for a certificate that no trusted CA has signed (X509_V_ERR_…)."""
LAST_STATUS = 599
"""RFC 9110, 15: what lies beyond is invalid, and our server could not send it."""
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""RFC 9110, 5.5: what no header holds, and our server could not send."""
KEEP_ALIVE_SECONDS = 5.0
CONNECTIONS = 200


class UpstreamFailure(Exception):  # noqa: N818 - it becomes a response
    """The upstream gave no response that can be returned; `status` is 502 or 504, `detail` says why, and `error` says
    it in the words of Proxy-Status (RFC 9209, 2.3)."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.error, self.detail = status, error, detail


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """An upstream's response: status, headers without hop-by-hop ones, names in lower case, and the body."""

    status: int
    headers: Headers
    body: BufferedBody


class Forwarder:
    """Connections to the upstreams. `timeout` is the seconds that an upstream may take to be connected to, and from
    the end of the request to the end of its response, or to the bound of what is held of it; `tls` says whom to trust
    (see `trust`)."""

    def __init__(self, timeout: float, bound: int, tls: ssl.SSLContext | None) -> None:
        self._timeout, self._bound = timeout, bound
        self._limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls, max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS
        )

    @asynccontextmanager
    async def exchange(
        self, upstream: Upstream, method: str, target: bytes, headers: Headers, body: BufferedBody
    ) -> AsyncIterator[UpstreamResponse]:
        """The response to a request, its body read up to the bound; the rest can be read inside the context. Raises
        UpstreamFailure, and ClientGone where the client leaves in the middle of its request."""
        response: httpcore2.Response | None = None
        try:
            with _named(upstream, self._timeout):
                async with asyncio.timeout(None) as deadline:
                    url = httpcore2.URL(
                        scheme=upstream.scheme, host=upstream.host, port=upstream.port, target=upstream.base + target
                    )
                    content = self._sent(body, deadline)
                    request = httpcore2.Request(method, url, headers=headers, content=content, extensions=self._limits)
                    response = await self._pool.handle_async_request(request)
                    if response.status > LAST_STATUS:
                        raise httpcore2.RemoteProtocolError(f"the status {response.status} is none of HTTP's")
                    for name, value in response.headers:
                        if CONTROL.search(value):
                            named = name.decode("latin-1").lower()
                            raise httpcore2.RemoteProtocolError(f"the header {named} holds a control character")
                    declared = next((value for name, value in response.headers if name.lower() == b"content-length"), 0)
                    upstream_response = BufferedBody(response.aiter_stream(), self._bound, int(declared))
                    await upstream_response.read()
            yield UpstreamResponse(response.status, end_to_end_headers(response.headers), upstream_response)
        finally:
            if response is not None:
                await response.aclose()

    async def rest(self, upstream: Upstream, upstream_response: BufferedBody) -> AsyncIterator[bytes]:
        """The whole body of an oversized response. Raises UpstreamFailure where it breaks off."""
        with _named(upstream, self._timeout):
            async for piece in upstream_response.pieces():
                yield piece

    async def _sent(self, body: BufferedBody, deadline: asyncio.Timeout) -> AsyncIterator[bytes]:
        """The pieces of a request's body; at its end the upstream's time begins to run."""
        async for piece in body.pieces():
            yield piece
        deadline.reschedule(asyncio.get_running_loop().time() + self._timeout)


def trust() -> ssl.SSLContext:
    """The CAs that vouch for upstreams: the system's, or those that the environment names by SSL_CERT_FILE or
    SSL_CERT_DIR. Raises SettingsError where those cannot be read."""
    try:
        return httpcore2.default_ssl_context()
    except (OSError, ssl.SSLError) as error:
        named = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)
        where = f"{named}={os.environ[named]}" if named else "the system's certificates"
        raise SettingsError(f"{where}: cannot be read as PEM certificates: {error.strerror or error}") from None


def forwarded_headers(headers: Headers, upstream: Upstream, body: BufferedBody) -> Headers:
    """A client's headers as the upstream gets them: its own Host, no hop-by-hop ones, and the framing of the body."""
    kept = [
        (name, value)
        for name, value in end_to_end_headers(headers)
        if name not in (b"host", b"content-length", b"expect")
    ]
    declared = next((value for name, value in headers if name == b"content-length"), None)
    framing: tuple[tuple[bytes, bytes], ...] = ()
    if body.oversized:
        framing = ((b"content-length", declared) if declared is not None else (b"transfer-encoding", b"chunked"),)
    elif body.size or declared is not None:
        framing = ((b"content-length", b"%d" % body.size),)
    return ((b"host", upstream.authority), *kept, *framing)


def end_to_end_headers(headers: list[tuple[bytes, bytes]] | Headers) -> Headers:
    """Headers without those of one connection, names in lower case."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {each.strip().lower() for name, value in lowered if name == b"connection" for each in value.split(b",")}
    return tuple((name, value) for name, value in lowered if name not in HOP_BY_HOP and name not in named)


@contextmanager
def _named(upstream: Upstream, timeout: float) -> Iterator[None]:
    """Turns what the HTTP client raises into an UpstreamFailure that names the upstream."""
    called = f"the upstream of {upstream.vendor}, {upstream.url},"
    try:
        yield
    except (TimeoutError, httpcore2.TimeoutException) as error:
        detail = f"{called} did not answer within {timeout:g} s"
        raise UpstreamFailure(504, "http_response_timeout", detail) from error
    except tuple(FAILURES) as error:
        name, said = next(words for kind, words in FAILURES.items() if isinstance(error, kind))
        reason, cause = str(error).strip() or type(error).__name__, error.args[0] if error.args else None
        if isinstance(cause, ssl.SSLCertVerificationError):
            name = "tls_certificate_error"
            if cause.verify_code in UNKNOWN_ISSUER:
                reason += "; SSL_CERT_FILE=FILE.pem names the CA to trust instead of the system's"
        raise UpstreamFailure(502, name, f"{called} {said}: {reason}") from error


FAILURES: Mapping[type[Exception], tuple[str, str]] = {
    httpcore2.ConnectError: ("destination_unavailable", "cannot be connected to"),
    httpcore2.RemoteProtocolError: ("http_protocol_error", "did not answer in HTTP"),
    httpcore2.LocalProtocolError: ("http_request_error", "cannot be sent this request"),
    httpcore2.NetworkError: ("connection_terminated", "broke the connection"),
}
"""What the HTTP client raises: its name in Proxy-Status, and the predicate of our message."""
