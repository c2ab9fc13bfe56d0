"""respx with the checks of its fixture. It sees httpx alone, so what urllib3 and httpcore2 send is handed to it."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx
import pytest
import respx
import urllib3

from benchmarks.peers.operations import Operation, is_subset
from benchmarks.peers.peer import Account, Exchange, Fault, Limit, Peer, cannot_be_written

WIRE = {
    "reset": (httpx.ReadError, ConnectionResetError(104, "Connection reset by peer"), httpcore2.ReadError),
    "empty": (httpx.RemoteProtocolError, ConnectionAbortedError("no response"), httpcore2.RemoteProtocolError),
}
"""Wire faults: what httpx raises for them, and then urllib3's and httpcore2's own."""


class RespxRouter(Peer):
    """One router for each test; an account has one route, for the fixture asks that each route be called."""

    name = f"respx {version('respx')}"
    url = "http://vendor.invalid"

    def start(self) -> None:
        self._router: respx.MockRouter | None = None
        self._patches = pytest.MonkeyPatch()
        self._patches.setattr(urllib3.HTTPConnectionPool, "_make_request", self._from_urllib3())
        self._patches.setattr(httpcore2.ConnectionPool, "handle_request", self._from_httpcore2())
        self._patches.setattr(httpcore2.AsyncConnectionPool, "handle_async_request", self._from_async_httpcore2())
        self._patches.setattr("urllib.request.urlopen", lambda *_, **__: cannot_be_written("urllib goes past httpx"))

    def stop(self) -> None:
        self._patches.undo()

    def begin(self) -> None:
        self._router = respx.MockRouter(assert_all_called=True, assert_all_mocked=True, using=None)
        self._limits: list[Limit] = []
        self._armed = 0

    def stub(self, account: Account) -> None:
        by_path = {operation.path: operation for operation in account.operations}
        route = self._route(account, account.operations)

        def succeed(request: httpx.Request) -> httpx.Response | None:
            operation = by_path[request.url.path]
            return self._succeed(operation) if _is_of(account, operation, request) else None

        self._used().add(route.mock(side_effect=succeed), name=account.vendor)

    def arm(self, fault: Fault) -> None:
        if fault.until_waited:
            self._limits.append(Limit(fault))
            return
        base = self._used().pop(fault.account.vendor)
        route = self._route(fault.account, list(fault.operations))
        self._used().add(route.mock(side_effect=Firing(fault)))
        self._used().add(base, name=fault.account.vendor)

    def _route(self, account: Account, operations: list[Operation]) -> respx.Route:
        """A route of some operations. respx replaces a route by one with equal patterns, so each has a number."""
        self._armed += 1
        paths = (*(operation.path for operation in operations), f"#{self._armed}")
        return respx.Route(method="POST", path__in=paths, headers=account.credentials(operations[0]))

    def _succeed(self, operation: Operation) -> httpx.Response:
        for limit in self._limits:
            if limit.refuses(operation, time.monotonic()):
                return httpx.Response(limit.fault.status or 429, headers=limit.fault.headers(), json={})
        return httpx.Response(operation.status, json=operation.body)

    def log(self, account: Account) -> list[Exchange]:
        by_path = {operation.path: operation for operation in account.operations}
        found = []
        for call in self._used().calls:
            operation = by_path.get(call.request.url.path)
            if operation is None or not _is_of(account, operation, call.request):
                continue
            response = call.response if call.has_response else None
            found.append(
                Exchange(
                    operation,
                    call.request.content,
                    response.status_code if response else None,
                    dict(response.headers) if response else {},
                )
            )
        return found

    def complaints(self) -> list[str]:
        try:
            self._used().assert_all_called()
        except AssertionError as error:
            return [str(error)]
        finally:
            self._router = None
        return []

    def _used(self) -> respx.MockRouter:
        assert self._router is not None
        return self._router

    def _ask(self, request: httpx.Request) -> httpx.Response:
        """What the router makes of a request; after a test nothing is there, as if it had gone out."""
        request.read()
        return httpx.Response(404) if self._router is None else self._router.handler(request)

    def _from_urllib3(self) -> Any:
        def _make_request(
            pool: Any, conn: Any, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
        ) -> urllib3.HTTPResponse:
            content = body.encode() if isinstance(body, str) else body
            content = b"".join(content) if isinstance(content, Iterable) and not isinstance(content, bytes) else content
            request = httpx.Request(
                method, f"{pool.scheme}://{pool.host}{url}", headers=dict(headers or {}), content=content
            )
            try:
                response = self._ask(request)
            except httpx.TransportError as error:
                raise next(ours for theirs, ours, _ in WIRE.values() if type(error) is theirs) from error
            return urllib3.HTTPResponse(
                io.BytesIO(response.content),
                urllib3.HTTPHeaderDict(response.headers.multi_items()),
                response.status_code,
                preload_content=options.get("preload_content", True),
                request_method=method,
                request_url=url,
                retries=options.get("retries"),
            )

        return _make_request

    def _from_httpcore2(self) -> Any:
        def handle_request(_: Any, request: httpcore2.Request) -> httpcore2.Response:
            return self._to_httpcore2(request, b"".join(request.stream))  # type: ignore[arg-type]

        return handle_request

    def _from_async_httpcore2(self) -> Any:
        async def handle_async_request(_: Any, request: httpcore2.Request) -> httpcore2.Response:
            body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
            return self._to_httpcore2(request, body)

        return handle_async_request

    def _to_httpcore2(self, request: httpcore2.Request, body: bytes) -> httpcore2.Response:
        url = f"{self.url}{request.url.target.decode()}"
        assert urlsplit(url).hostname == request.url.host.decode()
        sent = httpx.Request(request.method.decode(), url, headers=request.headers, content=body)
        try:
            response = self._ask(sent)
        except httpx.TransportError as error:
            raise next(ours for theirs, _, ours in WIRE.values() if type(error) is theirs)(str(error)) from error
        return httpcore2.Response(response.status_code, headers=response.headers.raw, content=response.content)


class Firing:
    """The side effect of a fault's route. It returns None where the fault does not fire, so respx tries the next."""

    def __init__(self, fault: Fault) -> None:
        self._fault, self._seen = fault, 0
        self._by_path = {operation.path: operation for operation in fault.operations}

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        fault = self._fault
        if fault.match is not None and not is_subset(fault.match, json.loads(request.content)):
            return None
        self._seen += 1
        if not fault.after < self._seen <= fault.after + (fault.times or 0):
            return None
        time.sleep(fault.delay)
        if fault.wire in WIRE:
            raise WIRE[fault.wire][0](fault.wire, request=request)
        operation = self._by_path[request.url.path]
        if fault.wire == "malformed":
            return httpx.Response(operation.status, content=json.dumps(operation.body)[:-1])
        if fault.status is None:
            return httpx.Response(operation.status, json=operation.body)
        return httpx.Response(fault.status, headers=fault.headers(), json={})


def _is_of(account: Account, operation: Operation, request: httpx.Request) -> bool:
    wanted = account.credentials(operation)
    return request.method == "POST" and all(request.headers.get(name) == value for name, value in wanted.items())
