"""Finds the requests that no account claims, and says of each what was probably meant."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mockserver.accounts.account import Account, Accounts
from mockserver.contracts import Catalogue
from mockserver.contracts.paths import nearest_operation
from mockserver.model import Exchange, Request
from mockserver.operations import Credential, Operation
from mockserver.support.redaction import mask
from mockserver.support.suggestions import closest
from mockserver.validation.credentials import read_credentials

if TYPE_CHECKING:
    from mockserver.client.views import UnclaimedView

MAX_CLAIMS = 50
"""Claimed credentials, the newest, among which the nearest one is sought."""
MAX_EXPLAINED = 200
"""Requests of a page that are explained."""
MAX_TEXT = 8192
"""Characters of a header or a query that are searched."""
PIECE = re.compile(r"[^\s,;=\"'&?:]+")
ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{8,}")


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Tells requests that nobody answers for: to an unknown path without a known credential, without a credential, or
    with one that no handle, no control call and no setting named."""

    catalogue: Catalogue
    accounts: Accounts

    def is_unclaimed(self, account: Account) -> bool:
        """Whether nobody answers for an account."""
        return not self.accounts.claims.covers(account.vendor, account.credential)

    def explain(self, exchange: Exchange) -> UnclaimedView:
        """What a request had and what was probably meant, credentials masked."""
        request, operation = exchange.request, self._operation(exchange)
        takers = self.catalogue.operations if exchange.operation is None or operation is None else (operation,)
        presented = next(_presented(request, takers), None)
        found = self._claimed_elsewhere(request)
        near = found[1] if found else self._nearest_claim(operation, presented[1] if presented else "")
        return {
            "reason": _reason(exchange, operation, presented, found),
            "credential": mask(presented[1]) if presented else None,
            "place": presented[0] if presented else found[0] if found else None,
            "endpoint": f"{operation.method} {operation.path} ({operation.vendor} {operation.id})"
            if operation
            else None,
            "expected": operation.credentials[0].place if operation and operation.credentials else None,
            "account": mask(near) if near else None,
        }

    def _operation(self, exchange: Exchange) -> Operation | None:
        """The operation of an exchange, or the nearest to its path."""
        for operation in self.catalogue.operations:
            if operation.id == exchange.operation and operation.vendor == exchange.vendor:
                return operation
        return nearest_operation(exchange.request.path, self.catalogue.operations)

    def _claimed_elsewhere(self, request: Request) -> tuple[str, str] | None:
        """Where a claimed credential stands in a place of its own choice, and which."""
        texts = [(f"header {name.decode('latin-1')}", value.decode("latin-1")) for name, value in request.headers]
        texts += [("query", request.query.decode("latin-1")), ("path", request.path)]
        for place, text in texts:
            searched = (text[:MAX_TEXT], *_decoded(text[:MAX_TEXT]))
            for candidate in (*searched, *(piece for each in searched for piece in PIECE.findall(each))):
                if self.accounts.claims.names(candidate):
                    return place, candidate
        return None

    def _nearest_claim(self, operation: Operation | None, credential: str) -> str | None:
        """The claimed credential that is most like one, else the newest, at the vendor that was probably meant."""
        vendor = operation.vendor if operation else None
        claims = [
            claimed
            for owner, claimed in islice(self.accounts.claims, MAX_CLAIMS)
            if vendor is None or owner in (None, vendor)
        ]
        return (closest(credential, claims, 0.5) if credential else None) or next(iter(claims), None)


def _presented(request: Request, operations: Iterable[Operation]) -> Iterator[tuple[str, str]]:
    """Where a request has credentials that some of the operations take, and which."""
    for operation in operations:
        credential = read_credentials(operation, request).credential
        if credential:
            place = next((each.place for each in operation.credentials if _has(each, request)), "")
            yield place or operation.credentials[0].place, credential


def _reason(
    exchange: Exchange,
    operation: Operation | None,
    presented: tuple[str, str] | None,
    found: tuple[str, str] | None,
) -> str:
    if exchange.operation is None and exchange.verdict.violations:
        return exchange.verdict.violations[0].message
    if presented is not None:
        return f"nobody claims the credential {mask(presented[1])} ({presented[0]})"
    expected = f"; {operation.id} takes it in {operation.credentials[0].place}" if operation else ""
    if found is not None:
        return f"the credential {mask(found[1])} stands in {found[0]}{expected}"
    return f"there is no credential{expected}"


def _has(credential: Credential, request: Request) -> bool:
    if credential.location == "query":
        return credential.name.encode() in request.query
    return request.header(credential.header) is not None


def _decoded(text: str) -> Iterator[str]:
    """What base64 in a text stands for, as in Basic."""
    for encoded in ENCODED.findall(text):
        try:
            yield base64.b64decode(encoded, validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            continue
