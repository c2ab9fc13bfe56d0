"""What a vendor module may say for itself, with what holds for every vendor that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mockserver.accounts.account import Account
from mockserver.contracts.paths import path_values
from mockserver.errors import Failure
from mockserver.events.reader import Splitter
from mockserver.http.statuses import phrase
from mockserver.model import (
    EventPart,
    Exchange,
    FailureKind,
    Headers,
    Json,
    Operation,
    Quota,
    RequestContext,
    Response,
    Violation,
)
from mockserver.support.jsontext import dump


class Problem(NamedTuple):
    """One thing to tell the client in the vendor's envelope, and what it points at, where the vendor says that.
    A `bare` one is told in no more of the envelope than its schema requires."""

    message: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None
    bare: bool = False


Behaviour = Callable[[RequestContext, Account], Response]
"""What an operation does with an accepted request, in the account that it belongs to."""


class Vendor:
    """A vendor of which nothing is known but its contract. Modules of known vendors override what differs."""

    name = ""

    def behaviour(self, operation: Operation) -> Behaviour:
        """What the operation does with an accepted body: by default it answers a value that fits the contract."""
        return sample_response

    def problems(self, operation: Operation, failure: Failure, status: int) -> list[Problem]:
        """What to tell the client of a failure, in the order of the places in the body."""
        if failure.violations:
            return [self.problem(operation, violation) for violation in failure.violations]
        header = None
        if failure.kind in _CREDENTIAL_KINDS:
            header = next((credential.name for credential in operation.credentials), None)
        return [Problem(failure.detail or phrase(status), header=header)]

    def problem(self, operation: Operation, violation: Violation) -> Problem:
        place = violation.pointer or violation.parameter or "the body"
        return Problem(f"{place}: {violation.message}", violation.pointer, parameter=violation.parameter)

    def code(self, status: int) -> int:
        """The number that the vendor's envelope calls `code`."""
        return status

    def headers(self, operation: Operation, status: int, problems: list[Problem]) -> Headers:
        """The headers that a failure brings, besides those of the rate limit."""
        return ()

    def rate_limit_headers(self, operation: Operation, status: int, quota: Quota, reset_in: int) -> Headers:
        """The vendor's own headers about the account's quota, `reset_in` being the whole seconds until it is whole
        again. `Retry-After` is not one of them: it comes with every 429 and 503."""
        return ()

    def wrong_method(self, operation: Operation) -> Failure:
        """How the vendor answers a method that the path does not have."""
        return Failure(FailureKind.WRONG_METHOD, "Method Not Allowed", status=405)

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        """The events that a request holds; `response` is the JSON body of the vendor's response, None where it took
        nothing. By default a request with a body is one event."""
        body = context.body
        if body is None:
            return []
        name = body.get("name") or body.get("title") if isinstance(body, dict) else None
        return [EventPart(name if isinstance(name, str) else context.operation.id, body)]

    def looks_real(self, credential: str) -> bool:
        """Whether a credential has the form of the vendor's real ones, which a fake should never be given."""
        return False

    def refuses_before_credentials(self, violation: Violation) -> bool:
        """Whether the vendor finds this violation while it decodes, before it looks at the credential."""
        return False


_CREDENTIAL_KINDS = (FailureKind.CREDENTIAL_MISSING, FailureKind.CREDENTIAL_INVALID)


def sample_response(context: RequestContext, _account: Account) -> Response:
    """The documented success with a body that fits its schema; no body where the contract documents none."""
    operation = context.operation
    response = operation.responses.get(operation.success)
    if response is None or response.schema is None:
        return Response(operation.success, b"")
    return json_response(operation.success, response.schema.sample, response.content_type)


def json_response(status: int, body: Json, content_type: str = "application/json") -> Response:
    return Response(status, dump(body), content_type.encode("latin-1"))


def text_at(body: Json, *path: str) -> str | None:
    """The text at a path of member names, or None where there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str) and body else None


def vendor_state(account: Account, key: str, make: Callable[[], Any]) -> Any:
    """What the account keeps under a key, made when it is first asked for."""
    if key not in account.state:
        account.state[key] = make()
    return account.state[key]


def splitter(vendor: Vendor, operations: Iterable[Operation]) -> Splitter:
    """How the exchanges of a vendor's operations are taken apart into events."""
    by_id = {operation.id: operation for operation in operations}

    def split(exchange: Exchange, body: Json, response: Json) -> list[EventPart]:
        operation = by_id[str(exchange.operation)]
        values = path_values(operation.path, exchange.request.path)
        return vendor.events(RequestContext(operation, exchange.request, values, body=body), response)

    return split
