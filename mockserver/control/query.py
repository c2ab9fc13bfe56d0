"""What the control calls have in common: which worlds a call is about, its parameters and body, its failures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account, Accounts
from mockserver.contracts import Catalogue
from mockserver.errors import Failure
from mockserver.http.problems import PROBLEM_JSON, problem_response
from mockserver.model import Json
from mockserver.support.jsontext import dump
from mockserver.support.matching import shown
from mockserver.validation.decoding import parse_json

BODY_AT_MOST = 4 * 1024 * 1024


class BadCall(Exception):  # noqa: N818 - it becomes a 400
    """A control call is wrong; its text says what and what would be right. `problems` are (JSON pointer, message)."""

    def __init__(self, detail: str, problems: list[tuple[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.problems = problems or []


class AccountSelector:
    """Finds the accounts that a call is narrowed to by `account` and `vendor`. `operations` are the ids of those of
    each vendor.

    To read makes no account: there is room for so many only, and one that was never used would push out a real one.
    """

    def __init__(self, catalogue: Catalogue, accounts: Accounts) -> None:
        self._catalogue = catalogue
        self._accounts = accounts
        self.operations = {
            name: frozenset(operation.id for operation in catalogue.operations if operation.vendor == name)
            for name in catalogue.vendors
        }

    def selected(self, request: Request) -> list[Account]:
        """The accounts that are there."""
        return self._accounts.select(self.vendor(request), account(request))

    def known(self, request: Request) -> list[Account]:
        """The accounts of the call's credential that are there, for who only reads; none if it names no credential."""
        credential = account(request)
        if credential is None:
            return []
        return [each for vendor in self._vendors(request) for each in self._accounts.select(vendor, credential)]

    def named(self, request: Request) -> list[Account]:
        """The accounts of the call's credential, made where they are not there yet; none if it names no credential."""
        credential = account(request)
        if credential is None:
            return []
        return [each for vendor in self._vendors(request) for each in _made(self._accounts, vendor, credential)]

    def _vendors(self, request: Request) -> list[str]:
        vendor = self.vendor(request)
        return [vendor] if vendor else list(self._catalogue.vendors)

    def vendor(self, request: Request) -> str | None:
        vendor = request.query_params.get("vendor")
        if vendor is not None and vendor not in self._catalogue.vendors:
            raise BadCall(f"vendor: no vendor {vendor!r}; served are {', '.join(self._catalogue.vendors)}")
        return vendor


def account(request: Request) -> str | None:
    """The credential that a call is narrowed to."""
    return request.query_params.get("account")


def evicted(accounts: Iterable[Account]) -> int:
    """How many requests of accounts are no longer in their journals."""
    return sum(each.journal.evicted for each in accounts)


def own_account(request: Request, accounts: Accounts, vendor: str, what: str) -> Account:
    """The one account that a call sets a vendor's own things of, made where it is not there yet.

    Raises BadCall for another vendor, and where no account is named; `what` says what is an account's own.
    """
    return _made(accounts, vendor, _own_credential(request, vendor, what))[0]


def own_known_account(request: Request, accounts: Accounts, vendor: str, what: str) -> Account | None:
    """The one account that a call reads a vendor's own things of, if it is there. Raises like `own_account`."""
    return next(iter(accounts.select(vendor, _own_credential(request, vendor, what))), None)


def _own_credential(request: Request, vendor: str, what: str) -> str:
    known_parameters(request, {"account", "vendor"})
    check_vendor(request, vendor)
    credential = account(request)
    if credential is None:
        raise BadCall(f"account: which one? {what}")
    return credential


def _made(accounts: Accounts, vendor: str, credential: str) -> list[Account]:
    """The accounts of a credential or a label, used from now on; that of the credential where there is none."""
    known = accounts.select(vendor, credential)
    return [accounts.of(each.vendor, each.credential) for each in known] or [accounts.of(vendor, credential)]


def check_vendor(request: Request, vendor: str) -> None:
    """Raises BadCall where a call about one vendor names another."""
    given = request.query_params.get("vendor", vendor)
    if given != vendor:
        raise BadCall(f"vendor: this call is about {vendor}, not {given[:40]!r}")


def known_parameters(request: Request, known: set[str]) -> None:
    """Raises BadCall for a query parameter that the call does not have."""
    for name in request.query_params:
        if name not in known:
            raise BadCall(f"{name}: unknown parameter; known are {', '.join(sorted(known))}")


def whole_number(request: Request, name: str, default: int | None) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadCall(f"{name}: expected a whole number, found {text[:40]!r}")
    return int(text)


async def json_body(request: Request) -> Json:
    """The JSON body of a call. Raises BadCall for one that is too large or cannot be read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_AT_MOST:
            raise BadCall(f"the body is over {BODY_AT_MOST} bytes")
    try:
        return parse_json(bytes(body))
    except Failure as failure:
        raise BadCall(failure.detail) from None


def members(body: Json, known: set[str]) -> dict[str, Any]:
    """A body that must be an object with no other members than the known ones."""
    if not isinstance(body, dict):
        raise BadCall(f"expected an object with {', '.join(sorted(known))}")
    for name in body:
        if name not in known:
            raise BadCall(f"{name}: unknown member; known are {', '.join(sorted(known))}", [(f"/{name}", "unknown")])
    return body


def number(value: Json, name: str, least: float, most: float) -> float:
    """A number of a body, within bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadCall(f"{name}: expected a number, found {value!r}", [(f"/{name}", "expected a number")])
    if not least <= value <= most:
        raise BadCall(f"{name}: expected {least:g} to {most:g}, found {shown(value)}", [(f"/{name}", "out of range")])
    return float(value)


def json_response(body: Any, status: int = 200) -> Response:
    return Response(dump(body), status, media_type="application/json")


def problem(status: int, detail: str, **more: Json) -> Response:
    return Response(problem_response(status, detail, **more).body, status, media_type=PROBLEM_JSON.decode())
