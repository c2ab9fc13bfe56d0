"""Sends requests on to their upstream and brings the answers back as they are; names what can go wrong there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpcore2

from mockserver.model import Headers
from mockserver.proxy.bodies import Passing
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
KEEP_ALIVE_SECONDS = 5.0
CONNECTIONS = 200


class UpstreamFailure(Exception):  # noqa: N818 - it is an answer
    """The upstream gave no answer that can be passed on; `status` is 502 or 504, `detail` says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass(frozen=True, slots=True)
class Answered:
    """An upstream's answer: status, headers without hop-by-hop ones, names in lower case, and the body."""

    status: int
    headers: Headers
    body: Passing


class Forwarder:
    """Connections to the upstreams. `timeout` is the seconds that an upstream may take to be connected to, and from
    the end of the request to the end of its answer, or to the bound of what is held of one."""

    def __init__(self, timeout: float, bound: int) -> None:
        self._timeout, self._bound = timeout, bound
        self._pool = httpcore2.AsyncConnectionPool(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS)

    @asynccontextmanager
    async def exchange(
        self, upstream: Upstream, method: str, target: bytes, headers: Headers, body: Passing
    ) -> AsyncIterator[Answered]:
        """The answer to a request, its body read up to the bound; the rest can be read inside the context. Raises
        UpstreamFailure, and ClientGone where the client leaves in the middle of its request."""
        response: httpcore2.Response | None = None
        try:
            with _named(upstream, self._timeout):
                async with asyncio.timeout(None) as deadline:
                    request = self._request(upstream, method, target, headers, self._told(body, deadline))
                    response = await self._pool.handle_async_request(request)
                    answer = Passing(response.aiter_stream(), self._bound)
                    await answer.read()
            yield Answered(response.status, passed_on(response.headers), answer)
        finally:
            if response is not None:
                await response.aclose()

    async def rest(self, upstream: Upstream, answer: Passing) -> AsyncIterator[bytes]:
        """The whole body of an oversized answer. Raises UpstreamFailure where it breaks off."""
        with _named(upstream, self._timeout):
            async for piece in answer.pieces():
                yield piece

    async def _told(self, body: Passing, deadline: asyncio.Timeout) -> AsyncIterator[bytes]:
        """The pieces of a request's body; at its end the upstream's time begins to run."""
        async for piece in body.pieces():
            yield piece
        deadline.reschedule(asyncio.get_running_loop().time() + self._timeout)

    def _request(
        self, upstream: Upstream, method: str, target: bytes, headers: Headers, content: AsyncIterator[bytes]
    ) -> httpcore2.Request:
        url = httpcore2.URL(
            scheme=upstream.scheme, host=upstream.host, port=upstream.port, target=upstream.base + target
        )
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        return httpcore2.Request(method, url, headers=headers, content=content, extensions={"timeout": limits})


def sent_on(headers: Headers, upstream: Upstream, body: Passing) -> Headers:
    """A client's headers as the upstream gets them: its own Host, no hop-by-hop ones, and the framing of the body."""
    kept = [(name, value) for name, value in passed_on(headers) if name not in (b"host", b"content-length", b"expect")]
    declared = next((value for name, value in headers if name == b"content-length"), None)
    framing: tuple[tuple[bytes, bytes], ...] = ()
    if declared is not None:
        framing = ((b"content-length", declared),)
    elif body.oversized:
        framing = ((b"transfer-encoding", b"chunked"),)
    elif body.size:
        framing = ((b"content-length", b"%d" % body.size),)
    return ((b"host", upstream.authority), *kept, *framing)


def passed_on(headers: list[tuple[bytes, bytes]] | Headers) -> Headers:
    """Headers without those of one connection, names in lower case."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {each.strip().lower() for name, value in lowered if name == b"connection" for each in value.split(b",")}
    return tuple((name, value) for name, value in lowered if name not in HOP_BY_HOP and name not in named)


class _named:  # noqa: N801 - a context, used like a function
    """Turns what the HTTP client raises into an UpstreamFailure that names the upstream."""

    def __init__(self, upstream: Upstream, timeout: float) -> None:
        self._upstream, self._timeout = upstream, timeout

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        called = f"the upstream of {self._upstream.vendor}, {self._upstream.url},"
        reason = str(error).strip() or type(error).__name__
        if isinstance(error, (TimeoutError, httpcore2.TimeoutException)):
            raise UpstreamFailure(504, f"{called} did not answer within {self._timeout:g} s") from error
        if isinstance(error, httpcore2.ConnectError):
            raise UpstreamFailure(502, f"{called} cannot be connected to: {reason}") from error
        if isinstance(error, httpcore2.RemoteProtocolError):
            raise UpstreamFailure(502, f"{called} did not answer in HTTP: {reason}") from error
        if isinstance(error, httpcore2.LocalProtocolError):
            raise UpstreamFailure(502, f"the request cannot be sent on to {self._upstream.url}: {reason}") from error
        if isinstance(error, httpcore2.NetworkError):
            raise UpstreamFailure(502, f"{called} broke the connection: {reason}") from error
