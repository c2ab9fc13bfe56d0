"""Answers requests that no contract documents: an unknown path, and a documented path with another method."""

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import UNMATCHED, Account, Accounts
from mockserver.contracts.paths import nearest_operation
from mockserver.errors import ClientGone
from mockserver.http.connection import arrival_of, connection_of
from mockserver.http.problems import problem_response
from mockserver.http.receiving import head_of, receive_request
from mockserver.http.sending import headers_of, respond
from mockserver.model import Json, Request, Response, Verdict, Violation
from mockserver.operations import Operation
from mockserver.server.recorder import Outcome, Recorder
from mockserver.server.responder import Responder
from mockserver.server.routing import SHARED_BY, methods_of, unknown_path
from mockserver.support.jsontext import dump
from mockserver.validation.credentials import read_credentials
from mockserver.validation.request import NO_PAGE, undocumented, wrong_method

NO_TUNNEL = "CONNECT opens a tunnel, which this server does not: send requests to its own http:// address"


class Undocumented:
    """Receives, refuses and records what no operation takes."""

    def __init__(
        self,
        operations: tuple[Operation, ...],
        accounts: Accounts,
        recorder: Recorder,
        responders: Mapping[str, Responder],
        max_body_bytes: int,
        index: Mapping[str, Json],
    ) -> None:
        self._operations = operations
        self._accounts = accounts
        self._recorder = recorder
        self._responders = responders
        self._max_body_bytes = max_body_bytes
        self._index = Response(200, dump(index))

    async def wrong_method(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """A documented path with another method: the vendor's response, with Allow."""
        head = head_of(scope)
        account = self._accounts.of(operation.vendor, read_credentials(operation, head).credential)
        allowed = methods_of(operation, self._operations)
        response = self._responders[operation.vendor].wrong_method(operation, account)
        response = response.with_headers(((b"allow", ", ".join(allowed).encode("latin-1")),))
        await self._refuse(account, head, scope, receive, send, response, wrong_method(operation, allowed))

    async def unknown_path(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A path that no contract knows: the response of the vendor that it is evidently for, or a 404 that names the
        nearest documented endpoint. `GET /` tells what this server is, and is not recorded."""
        if scope["type"] != "http":
            return
        head = head_of(scope)
        if head.path == "/" and head.method in ("GET", "HEAD"):
            await respond(send, self._index, headers_of(self._index, self._accounts.clock.now()))
            return
        if head.method == "CONNECT":
            violation = undocumented("method", NO_TUNNEL, NO_PAGE)
            response = problem_response(501, NO_TUNNEL)
            await self._refuse(self._accounts.of(UNMATCHED, ""), head, scope, receive, send, response, violation)
            return
        nearest = nearest_operation(head.path, self._operations)
        violation = unknown_path(nearest, scope.get(SHARED_BY, ()))
        for operation in self._operations:
            responder, credential = self._responders[operation.vendor], read_credentials(operation, head).credential
            failure = responder.unknown_path(operation)
            if failure is not None and _is_evidently_for(operation, head.path, credential):
                account = self._accounts.of(operation.vendor, credential)
                response = responder.failed(operation, failure, None, account)
                await self._refuse(account, head, scope, receive, send, response, violation)
                return
        account = self._account(head, nearest)
        await self._refuse(account, head, scope, receive, send, problem_response(404, violation.message), violation)

    def _account(self, head: Request, nearest: Operation | None) -> Account:
        """The account that a request to an unknown path is of: that of a credential which somebody claims, else of the
        nearest operation's, else of any that it has."""
        operations = self._operations if nearest is None else (nearest, *self._operations)
        presented = [(each.vendor, read_credentials(each, head).credential) for each in operations]
        found = [pair for pair in presented if pair[1]]
        claimed = [pair for pair in found if self._accounts.claims.covers(*pair)]
        return self._accounts.of(*next(iter(claimed or found), (UNMATCHED, "")))

    async def _refuse(
        self,
        account: Account,
        head: Request,
        scope: Scope,
        receive: Receive,
        send: Send,
        response: Response,
        violation: Violation,
    ) -> None:
        recording = self._recorder.begin(account, None, arrival_of(scope))
        try:
            request = await receive_request(head, receive, self._max_body_bytes)
        except ClientGone as gone:
            recording.close(gone.request, Outcome(account.now()))
            return
        now = recording.read()
        headers = headers_of(response, now)
        exchange = recording.close(request, Outcome(now, response, headers, Verdict(violations=(violation,))))
        await respond(send, response, headers)
        recording.sent(exchange, connection_of(scope))


def _is_evidently_for(operation: Operation, path: str, credential: str) -> bool:
    """Whether a request is for the vendor of an operation: its path is below the operation's, or it begins as that does
    and the request carries a credential as the vendor takes it."""
    root = operation.path[: operation.path.find("/", 1) + 1]
    return path.startswith(f"{operation.path}/") or (bool(root and credential) and path.startswith(root))
