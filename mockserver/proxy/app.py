"""Composes the proxy. Each request is judged, forwarded, its response judged, both recorded."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import UNMATCHED, Account, Accounts
from mockserver.contracts import Catalogue
from mockserver.errors import ClientGone
from mockserver.http.connection import connection_of
from mockserver.http.problems import problem_response
from mockserver.http.receiving import head_of
from mockserver.http.sending import headers_of, respond
from mockserver.model import ACCEPTED, Headers, Operation, Request, Response, Verdict, Violation
from mockserver.proxy.bodies import BufferedBody, body_of
from mockserver.proxy.forwarding import Forwarder, UpstreamFailure, UpstreamResponse, forwarded_headers
from mockserver.proxy.refusing import Refuser
from mockserver.proxy.upstreams import Upstream
from mockserver.server.recorder import Outcome, Recorder, Recording
from mockserver.server.routing import documented_routes, methods_of, nearest_operation, path_values
from mockserver.server.undocumented import NO_TUNNEL
from mockserver.validation.credentials import read_credentials
from mockserver.validation.exchange import judge_request
from mockserver.validation.request import NO_PAGE, undocumented, wrong_method
from mockserver.validation.response import RecordedResponse, judge_response

log = logging.getLogger("mockserver")
PROXY_STATUS = b"proxy-status"


class Proxy:
    """The way of a request through the proxy, with the parts that it passes."""

    def __init__(
        self,
        catalogue: Catalogue,
        upstreams: Mapping[str, Upstream],
        accounts: Accounts,
        recorder: Recorder,
        *,
        timeout: float,
        max_body_bytes: int,
        enforce: bool,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._operations = catalogue.operations
        self._upstreams, self._accounts, self._recorder = upstreams, accounts, recorder
        self._max_body_bytes = max_body_bytes
        self._refuser = Refuser(catalogue, max_body_bytes) if enforce else None
        self._forwarder = Forwarder(timeout, max_body_bytes, tls)
        self._any_status = {name: contract.operations_with_default for name, contract in catalogue.vendors.items()}

    def routes(self, control: Mount) -> Router:
        """The proxy as an ASGI application, with the control API beside it."""
        routes = [control, *documented_routes(self._operations, self.handle, self.handle_undocumented)]
        return Router(routes, redirect_slashes=False, default=partial(self.handle_undocumented, None))

    async def handle(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """A documented request."""
        head = head_of(scope)
        credentials = read_credentials(operation, head)
        account = self._accounts.of(operation.vendor, credentials.credential)
        bound = operation.max_body_bytes or self._max_body_bytes

        def judged(request: Request) -> Verdict:
            values = path_values(operation, scope)
            return judge_request(operation, request, values, credentials, account.now(), self._max_body_bytes).verdict

        proxied = ProxiedRequest(operation, account, self._upstreams[operation.vendor], judged)
        await self._forward(proxied, head, BufferedBody(body_of(receive, head), bound), scope, send)

    async def handle_undocumented(self, near: Operation | None, scope: Scope, receive: Receive, send: Send) -> None:
        """A method or a path that no contract documents is not judged. It is sent to the upstream of the operation at
        its path (`near`), else to the only upstream; nobody knows to which of several."""
        if scope["type"] != "http":
            return
        head, known = head_of(scope), near
        if near is None:
            nearest = nearest_operation(head.path, self._operations)
            hint = (
                f"; the nearest is {nearest.method} {nearest.path} ({nearest.vendor} {nearest.id})" if nearest else ""
            )
            found = undocumented("path", f"no documented endpoint at this path{hint}", NO_PAGE)
            known = self._operations[0] if len(self._upstreams) == 1 else None
        else:
            found = wrong_method(near, methods_of(near.path, self._operations))
        vendor, credential = (known.vendor, read_credentials(known, head).credential) if known else (UNMATCHED, "")
        verdict = Verdict(warnings=(found,))
        proxied = ProxiedRequest(
            None, self._accounts.of(vendor, credential), self._upstreams.get(vendor), lambda _request: verdict
        )
        await self._forward(proxied, head, BufferedBody(body_of(receive, head), self._max_body_bytes), scope, send)

    async def _forward(
        self, proxied: ProxiedRequest, head: Request, body: BufferedBody, scope: Scope, send: Send
    ) -> None:
        """Receive, judge, refuse or forward, judge the response, record, respond."""
        recording, verdict = self._recorder.begin(proxied.account, proxied.operation), ACCEPTED
        try:
            await body.read()
            request = _with_body(head, body)
            verdict = proxied.judge(request)
            refusal = self._refusal(proxied, request, verdict)
            if refusal is not None:
                await _respond(recording, request, verdict, refusal, send)
                return
            assert proxied.upstream is not None
            target = scope.get("raw_path") or head.path.encode("utf-8")
            target += b"?" + head.query if head.query else b""
            headers = forwarded_headers(head.headers, proxied.upstream, body)
            async with self._forwarder.exchange(proxied.upstream, head.method, target, headers, body) as upstream:
                await self._return(proxied, _with_body(head, body), verdict, upstream, recording, scope, send)
        except ClientGone:
            cut = _with_body(head, body, cut=True)
            recording.close(cut, Outcome(proxied.account.now()))
        except UpstreamFailure as failure:
            log.warning("%s", failure.detail)
            response = _ours(problem_response(failure.status, failure.detail), failure.error)
            await _respond(recording, _with_body(head, body), verdict, response, send)

    def _refusal(self, proxied: ProxiedRequest, request: Request, verdict: Verdict) -> Response | None:
        """The response to a request that is not forwarded."""
        if request.method == "CONNECT":
            return _ours(problem_response(501, NO_TUNNEL), "http_request_denied")
        if proxied.upstream is None:
            names = ", ".join(self._upstreams)
            reason = verdict.warnings[0].message
            response = problem_response(404, f"{reason}; with several upstreams ({names}) the proxy cannot choose one")
            return _ours(response, "destination_not_found")
        if self._refuser is None or proxied.operation is None or verdict.valid:
            return None
        response = self._refuser.response(proxied.operation, request, verdict, proxied.account)
        return _ours(response, "http_request_denied")

    async def _return(
        self,
        proxied: ProxiedRequest,
        request: Request,
        verdict: Verdict,
        upstream: UpstreamResponse,
        recording: Recording,
        scope: Scope,
        send: Send,
    ) -> None:
        """The upstream's response: judged and recorded before its first byte leaves."""
        body, connection = upstream.body, connection_of(scope)
        response = RecordedResponse(upstream.status, upstream.headers, body.kept, whole=not body.oversized)
        found: tuple[Violation, ...] = ()
        if proxied.operation is not None:
            any_status = proxied.operation.id in self._any_status[proxied.operation.vendor]
            found = judge_response(proxied.operation, response, self._max_body_bytes, any_status=any_status)
        taken = 200 <= upstream.status < 300 and proxied.operation is not None
        outcome = Outcome(
            received=proxied.account.now(),
            response=Response(upstream.status, response.body),
            headers=upstream.headers,
            verdict=verdict,
            stored=taken,
            acknowledged=taken and not (connection and connection.lost),
            response_violations=found,
            response_truncated=body.oversized,
        )
        recording.close(request, outcome)
        headers = _framed(upstream, request.method)
        if not body.oversized:
            await respond(send, Response(upstream.status, response.body), headers)
            return
        assert proxied.upstream is not None
        await send({"type": "http.response.start", "status": upstream.status, "headers": headers})
        try:
            async for piece in self._forwarder.rest(proxied.upstream, body):
                if connection is not None and connection.lost:
                    return  # nobody listens: the upstream need not go on either
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except UpstreamFailure as failure:
            log.warning("%s, in the middle of its response", failure.detail)
            if connection is not None:
                connection.close()
                await connection.gone()
            return
        await send({"type": "http.response.body", "body": b""})


class ProxiedRequest(NamedTuple):
    """A request's place in the world: its operation, its account, where it goes, and how it is judged."""

    operation: Operation | None
    account: Account
    upstream: Upstream | None
    judge: Callable[[Request], Verdict]


async def _respond(recording: Recording, request: Request, verdict: Verdict, response: Response, send: Send) -> None:
    """A response of our own."""
    now = recording.account.now()
    headers = headers_of(response, now)
    recording.close(request, Outcome(now, response, headers, verdict))
    await respond(send, response, headers)


def _ours(response: Response, error: str) -> Response:
    """A response of our own: Proxy-Status names the proxy and the error (RFC 9209)."""
    return response.with_headers(((PROXY_STATUS, b"mockserver; error=%s" % error.encode("ascii")),))


def _with_body(head: Request, body: BufferedBody, *, cut: bool = False) -> Request:
    return head._replace(body=body.kept, body_size=body.size, truncated=body.oversized or cut)


def _framed(upstream: UpstreamResponse, method: str) -> Headers:
    """The headers of a response, with the framing of the body as it is sent."""
    if method == "HEAD":
        return upstream.headers
    headers = tuple(pair for pair in upstream.headers if pair[0] != b"content-length")
    if upstream.status in (204, 304):
        return headers
    if upstream.body.oversized:
        return upstream.headers
    return (*headers, (b"content-length", b"%d" % upstream.body.size))
