"""pytest-httpserver: stubs with headers, faults as one-shot handlers, and `check()` at the end."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any

from pytest_httpserver import HTTPServer, RequestMatcher
from pytest_httpserver.httpserver import HandlerType
from werkzeug import Request, Response

from benchmarks.peers.operations import Operation, is_subset
from benchmarks.peers.peer import Account, Exchange, Fault, Limit, Peer

BROKEN = "X-Broken"
"""Marks a response whose connection was shut before it was written."""


class BodyMatcher(RequestMatcher):
    """A matcher that asks for a subset of the body too."""

    def __init__(self, body: Any, uri: str, headers: dict[str, str]) -> None:
        super().__init__(uri, method="POST", headers=headers)
        self._body = body

    def match(self, request: Request) -> bool:
        try:
            return super().match(request) and is_subset(self._body or {}, json.loads(request.data))
        except ValueError:
            return self._body is None and super().match(request)


class HttpServer(Peer):
    """One server for all tests, cleared before each."""

    name = f"pytest-httpserver {version('pytest-httpserver')}"

    def start(self) -> None:
        self._server = HTTPServer(host="127.0.0.1", port=0)
        self._server.start()
        self.url = self._server.url_for("").rstrip("/")

    def stop(self) -> None:
        self._server.stop()

    def begin(self) -> None:
        self._server.clear()
        self._limits: list[Limit] = []

    def stub(self, account: Account) -> None:
        for operation in account.operations:
            handler = self._server.expect_request(operation.path, method="POST", headers=account.credentials(operation))
            handler.respond_with_handler(partial(self._succeed, operation))

    def arm(self, fault: Fault) -> None:
        if fault.until_waited:
            self._limits.append(Limit(fault))
            return
        for number in range(fault.after + (fault.times or 0)):
            self._one_shot(fault, self._succeed if number < fault.after else partial(_fails, fault))

    def _one_shot(self, fault: Fault, respond: Callable[[Operation, Request], Response]) -> None:
        """One request of any of the fault's operations."""
        by_path = {operation.path: operation for operation in fault.operations}
        paths = re.compile("|".join(map(re.escape, by_path)))
        headers = fault.account.credentials(fault.operations[0])
        matcher = BodyMatcher(fault.match, paths, headers)  # type: ignore[arg-type]
        handler = self._server.expect(matcher, HandlerType.ONESHOT)
        handler.respond_with_handler(lambda request: respond(by_path[request.path], request))

    def _succeed(self, operation: Operation, _: Request) -> Response:
        for limit in self._limits:
            if limit.refuses(operation, time.monotonic()):
                return Response("{}", limit.fault.status, limit.fault.headers(), content_type="application/json")
        return Response(json.dumps(operation.body), operation.status, content_type="application/json")

    def log(self, account: Account) -> list[Exchange]:
        by_path = {operation.path: operation for operation in account.operations}
        return [
            Exchange(
                by_path[request.path],
                request.data,
                None if BROKEN in response.headers else response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
            )
            for request, response in self._server.log
            if request.path in by_path and _is_of(account, by_path[request.path], request)
        ]

    def complaints(self) -> list[str]:
        found = [f"wait(): a one-shot handler is left: {one}" for one in self._server.oneshot_handlers]
        try:
            self._server.check()
        except AssertionError as error:
            found.append(str(error))
        return found


def _fails(fault: Fault, operation: Operation, request: Request) -> Response:
    """The response of a fault. A broken connection takes Werkzeug's own socket, as its documentation allows."""
    time.sleep(fault.delay)
    if fault.wire in ("reset", "empty"):
        with contextlib.suppress(OSError):
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response(status=500, headers={BROKEN: "yes"})
    if fault.wire == "malformed":
        return Response(json.dumps(operation.body)[:-1], operation.status, content_type="application/json")
    if fault.status is None:
        return Response(json.dumps(operation.body), operation.status, content_type="application/json")
    return Response("{}", fault.status, fault.headers(), content_type="application/json")


def _is_of(account: Account, operation: Operation, request: Request) -> bool:
    wanted = account.credentials(operation)
    return request.method == "POST" and RequestMatcher(operation.path, headers=wanted).match(request)
