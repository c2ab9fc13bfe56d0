"""Composes the proxy. Each request is judged, forwarded, its response judged, both recorded."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from starlette.routing import BaseRoute, Router
from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import UNMATCHED, Accounts
from mockserver.contracts import Catalogue
from mockserver.contracts.paths import nearest_operation, path_values
from mockserver.errors import ClientGone, Failure
from mockserver.http.connection import arrival_of, connection_of
from mockserver.http.problems import problem_response
from mockserver.http.receiving import head_of
from mockserver.http.sending import headers_of, respond
from mockserver.model import ACCEPTED, FailureKind, Headers, Request, Response, Verdict, Violation
from mockserver.operations import Credentials, Operation
from mockserver.proxy.bodies import BufferedBody, body_of
from mockserver.proxy.forwarding import Forwarder, UpstreamFailure, UpstreamResponse, forwarded_headers
from mockserver.proxy.upstreams import Upstream
from mockserver.server.recorder import Outcome, Recorder, Recording
from mockserver.server.responder import Responder
from mockserver.server.routing import DocumentedRouter, documented_routes, methods_of, unknown_path
from mockserver.server.undocumented import NO_TUNNEL
from mockserver.settings import Settings
from mockserver.validation.credentials import read_credentials
from mockserver.validation.decoding import text_of
from mockserver.validation.exchange import judge_request
from mockserver.validation.request import wrong_method
from mockserver.validation.response import RecordedResponse, judge_response
from mockserver.vendors.registry import vendor_named

log = logging.getLogger("mockserver")
REFUSED = 400
NOT_OF_THE_BODY = frozenset({"unreadable", "too-large", "encoding-unknown", "security"})
"""Rules whose violations have no place in the body."""


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
        self._refusing = {
            name: Responder(vendor_named(name), Settings(), {}) for name in (catalogue.vendors if enforce else ())
        }
        self._forwarder = Forwarder(timeout, max_body_bytes, tls)

    def routes(self, control: Iterable[BaseRoute]) -> Router:
        """The proxy as an ASGI application, with the control API beside it."""
        routes = [*control, *documented_routes(self._operations, self.handle, self.handle_undocumented)]
        return DocumentedRouter(routes, partial(self.handle_undocumented, None))

    async def handle(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """A documented request."""
        await self._forward(operation, operation, ACCEPTED, scope, receive, send)

    async def handle_undocumented(self, near: Operation | None, scope: Scope, receive: Receive, send: Send) -> None:
        """A method or a path that no contract documents is not judged. It is sent to the upstream of the operation at
        its path (`near`), else to the only upstream; nobody knows to which of several."""
        if scope["type"] != "http":
            return
        if near is not None:
            found = wrong_method(near, methods_of(near, self._operations))
        else:
            found = unknown_path(nearest_operation(scope["path"], self._operations))
            near = self._operations[0] if len(self._upstreams) == 1 else None
        await self._forward(None, near, Verdict(warnings=(found,)), scope, receive, send)

    async def _forward(
        self,
        operation: Operation | None,
        known: Operation | None,
        verdict: Verdict,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Receive, judge, refuse or forward, judge the response, record, respond. The `known` operation says whose the
        request is, also where it is to no `operation`; `verdict` is what is known of it before it is judged."""
        head, upstream, credentials = head_of(scope), None, Credentials()
        if known is not None:
            upstream, credentials = self._upstreams[known.vendor], read_credentials(known, head)
        account = self._accounts.of(known.vendor if known else UNMATCHED, credentials.credential)
        body = BufferedBody(body_of(receive, head), (operation and operation.max_body_bytes) or self._max_body_bytes)
        proxied = ProxiedRequest(head, body, self._recorder.begin(account, operation, arrival_of(scope)), scope, send)
        try:
            await body.read()
            proxied.recording.read()
            if operation is not None:
                values, request = path_values(operation.path, head.path), proxied.request()
                now, most = account.now(), self._max_body_bytes
                verdict = judge_request(operation, request, values, credentials, now, most).verdict
            refusal = self._refusal(proxied, verdict)
            if refusal is not None or upstream is None:
                await proxied.respond(verdict, refusal or self._without_upstream(verdict))
                return
            target = scope.get("raw_path") or head.path.encode("utf-8")
            target += b"?" + head.query if head.query else b""
            headers = forwarded_headers(head.headers, upstream, body)
            async with self._forwarder.exchange(upstream, head.method, target, headers, body) as response:
                await self._return(proxied, verdict, upstream, response)
        except ClientGone:
            proxied.recording.close(proxied.request(cut=True), Outcome(account.now()))
        except UpstreamFailure as failure:
            log.warning("%s", failure.detail)
            await proxied.respond(verdict, _ours(problem_response(failure.status, failure.detail), failure.error))

    def _refusal(self, proxied: ProxiedRequest, verdict: Verdict) -> Response | None:
        """The response to a request that is not forwarded; to one that breaks the contract in its vendor's envelope."""
        operation, request = proxied.recording.operation, proxied.request()
        if request.method == "CONNECT":
            return _ours(problem_response(501, NO_TUNNEL), "http_request_denied")
        responder = self._refusing.get(operation.vendor) if operation else None
        if operation is None or responder is None or verdict.valid:
            return None
        first = verdict.violations[0]
        if first.rule in NOT_OF_THE_BODY:
            failure = Failure(FailureKind.UNREADABLE, first.message, status=REFUSED)
        else:
            text = partial(text_of, request, operation.max_body_bytes or self._max_body_bytes)
            failure = Failure(FailureKind.INVALID, violations=verdict.violations, status=REFUSED, text=text)
        response = responder.failed(operation, failure, None, proxied.recording.account)
        return _ours(response, "http_request_denied")

    def _without_upstream(self, verdict: Verdict) -> Response:
        names = ", ".join(self._upstreams)
        detail = f"{verdict.warnings[0].message}; with several upstreams ({names}) the proxy cannot choose one"
        return _ours(problem_response(404, detail), "destination_not_found")

    async def _return(
        self, proxied: ProxiedRequest, verdict: Verdict, upstream: Upstream, returned: UpstreamResponse
    ) -> None:
        """The upstream's response: judged and recorded before its first byte leaves."""
        operation, body, send = proxied.recording.operation, returned.body, proxied.send
        connection, response = connection_of(proxied.scope), Response(returned.status, body.kept)
        recorded = RecordedResponse(returned.status, returned.headers, body.kept, whole=not body.oversized)
        found: tuple[Violation, ...] = ()
        if operation is not None:
            found = judge_response(operation, recorded, self._max_body_bytes)
        taken = 200 <= returned.status < 300 and operation is not None
        outcome = Outcome(
            received=proxied.recording.account.now(),
            response=response,
            headers=returned.headers,
            verdict=verdict,
            stored=taken,
            acknowledged=taken and not (connection and connection.lost),
            response_violations=found,
            response_truncated=body.oversized,
        )
        exchange = proxied.recording.close(proxied.request(), outcome)
        headers = _framed(returned, proxied.head.method)
        if not body.oversized:
            await respond(send, response, headers)
            proxied.recording.sent(exchange, connection)
            return
        await send({"type": "http.response.start", "status": returned.status, "headers": headers})
        try:
            async for piece in self._forwarder.rest(upstream, body):
                if connection is not None and connection.lost:
                    proxied.recording.sent(exchange, connection)
                    return  # nobody listens: the upstream need not go on either
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except UpstreamFailure as failure:
            log.warning("%s, in the middle of its response", failure.detail)
            if connection is not None:
                connection.close()
                await connection.gone()
                proxied.recording.sent(exchange, connection)
            return
        await send({"type": "http.response.body", "body": b""})
        proxied.recording.sent(exchange, connection)


class ProxiedRequest(NamedTuple):
    """A request on its way: its parts as they come in, its recording, and where its response is sent."""

    head: Request
    body: BufferedBody
    recording: Recording
    scope: Scope
    send: Send

    def request(self, *, cut: bool = False) -> Request:
        """The request with what has come of its body; `cut`: no more will come."""
        body = self.body
        return self.head._replace(body=body.kept, body_size=body.size, truncated=body.oversized or cut)

    async def respond(self, verdict: Verdict, response: Response) -> None:
        """Records and sends a response of our own."""
        now = self.recording.account.now()
        headers = headers_of(response, now)
        self.recording.close(self.request(), Outcome(now, response, headers, verdict))
        await respond(self.send, response, headers)


def _ours(response: Response, error: str) -> Response:
    """A response of our own: Proxy-Status names the proxy and the error (RFC 9209)."""
    return response.with_headers(((b"proxy-status", b"mockserver; error=%s" % error.encode("ascii")),))


def _framed(upstream: UpstreamResponse, method: str) -> Headers:
    """The headers of a response, with the framing of the body as it is sent."""
    if method == "HEAD" or (upstream.body.oversized and upstream.status not in (204, 304)):
        return upstream.headers
    headers = tuple(pair for pair in upstream.headers if pair[0] != b"content-length")
    if upstream.status in (204, 304):
        return headers
    return (*headers, (b"content-length", b"%d" % upstream.body.size))
