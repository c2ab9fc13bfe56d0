"""What the control calls have in common: the accounts that a call is about, its parameters and body, its failures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account, Accounts
from mockserver.contracts import Catalogue
from mockserver.control.document import CallContract, Problem
from mockserver.errors import Failure
from mockserver.http.problems import PROBLEM_JSON, problem_response
from mockserver.model import Json
from mockserver.support.jsontext import dump
from mockserver.support.redaction import is_masked
from mockserver.support.suggestions import hint
from mockserver.validation.decoding import parse_json

MAX_BODY_BYTES = 4 * 1024 * 1024


class BadCall(Exception):  # noqa: N818 - it becomes a 400
    """A control call is wrong; its text says what and what would be right. `problems` are places in the body (JSON
    pointer, detail), `parameters` those in the query (name, detail)."""

    def __init__(self, detail: str, problems: Sequence[Problem] = (), parameters: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.problems = problems
        self.parameters = parameters


def bad_body(*problems: Problem) -> BadCall:
    """What is wrong with a body, as (JSON pointer, detail)."""
    return BadCall("; ".join(detail for _, detail in problems), problems)


def bad_query(*problems: Problem) -> BadCall:
    """What is wrong with query parameters, as (name, detail)."""
    return BadCall("; ".join(detail for _, detail in problems), parameters=problems)


class AccountSelector:
    """Finds the accounts that a call is narrowed to by `account` and `vendor`. `operations` are the operation ids of
    each vendor.

    Reading makes no account: their number is bounded, and one that was never used would push out a real one.
    """

    def __init__(self, catalogue: Catalogue, accounts: Accounts) -> None:
        self.catalogue = catalogue
        self.accounts = accounts
        self.operations = {
            name: frozenset(operation.id for operation in contract.operations)
            for name, contract in catalogue.vendors.items()
        }

    def selected(self, request: Request) -> list[Account]:
        """The accounts that exist; those of every credential if the call names none."""
        return self.accounts.select(self.vendor(request), account(request))

    def claim(self, request: Request) -> None:
        """Claims the credential that a call names: who asks about an account answers for it. A label is no claim. At a
        vendor that takes no credentials, any name is that of its one account."""
        credential = account(request)
        if credential is not None and request.query_params.get("vendor") in self.accounts.claims.keyless:
            request.state.account = ""
            return
        if credential and not is_masked(credential):
            self.accounts.claims.add(self.vendor(request), credential)

    def opened(self, request: Request) -> list[Account]:
        """The accounts of the call's credential, made where they do not exist; none if it names no credential."""
        credential, vendor = account(request), self.vendor(request)
        if credential is None:
            return []
        vendors = [vendor] if vendor else self.catalogue.vendors
        return [each for vendor in vendors for each in opened(self.accounts, vendor, credential)]

    def vendor(self, request: Request) -> str | None:
        """The vendor that a call is narrowed to. Raises BadCall for one that is not served."""
        vendor = request.query_params.get("vendor")
        if vendor is not None and vendor not in self.catalogue.vendors:
            message = f"vendor {vendor[:40]!r} is not served{hint(vendor, self.catalogue.vendors)}"
            raise bad_query(("vendor", message))
        return vendor


def account(request: Request) -> str | None:
    """The credential, or the label of one, that a call is narrowed to."""
    named: str | None = getattr(request.state, "account", request.query_params.get("account"))
    return named


def evicted(accounts: Iterable[Account]) -> int:
    """How many requests of accounts are no longer in their journals."""
    return sum(each.journal.evicted for each in accounts)


def opened(accounts: Accounts, vendor: str, credential: str) -> list[Account]:
    """The accounts of a credential or a label, marked as used; a new one for a credential that has none."""
    existing = accounts.select(vendor, credential)
    return [accounts.of(each.vendor, each.credential) for each in existing] or [accounts.of(vendor, credential)]


def check_query(request: Request, contract: CallContract) -> None:
    """Checks the query of a call by the document, for `query_of` and `json_body`. Raises BadCall."""
    request.state.contract = contract
    request.state.query, problems = contract.query(request.query_params)
    if problems:
        raise bad_query(*problems)


def query_of(request: Request) -> Mapping[str, Any]:
    """The query parameters of a call, with the types and the defaults of the document."""
    query: Mapping[str, Any] = request.state.query
    return query


async def json_body(request: Request) -> Json:
    """The JSON body of a call, with the defaults of the document. Raises BadCall where it breaks its schema."""
    contract: CallContract = request.state.contract
    body, problems = contract.body(await unchecked_body(request))
    if problems:
        raise bad_body(*problems)
    return body


async def unchecked_body(request: Request) -> Json:
    """The JSON body of a call. Raises BadCall for one that is too large or is not JSON."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise bad_body(("", f"the body has more than {MAX_BODY_BYTES} bytes"))
    try:
        return parse_json(bytes(body))
    except Failure as failure:
        raise bad_body(("", failure.detail)) from None


def json_response(body: Any, status: int = 200) -> Response:
    return Response(dump(body), status, media_type="application/json")


def problem_document(status: int, detail: str, **members: Json) -> Response:
    """An error as RFC 9457 writes it."""
    return Response(problem_response(status, detail, **members).body, status, media_type=PROBLEM_JSON.decode())
