"""Words the refusal of a request that breaks the contract, as its vendor would, where the proxy enforces it."""

from functools import partial

from mockserver.accounts.account import Account
from mockserver.contracts import Catalogue
from mockserver.errors import Failure
from mockserver.model import FailureKind, Operation, Request, Response, Verdict
from mockserver.server.responder import Responder
from mockserver.validation.decoding import text_of
from mockserver.vendors.registry import vendor_named

REFUSED = 400


class Refuser:
    """Answers 400 in the envelope of the vendor of an operation."""

    def __init__(self, catalogue: Catalogue, max_body_bytes: int) -> None:
        self._max_body_bytes = max_body_bytes
        limits = dict.fromkeys((operation.id for operation in catalogue.operations), None)
        self._responders = {
            name: Responder(vendor_named(name), {}, max_body_bytes, limits, enforced=False)
            for name in catalogue.vendors
        }

    def response(self, operation: Operation, request: Request, verdict: Verdict, account: Account) -> Response:
        """The response to a request that broke the contract, in the operation's envelope."""
        first = verdict.violations[0]
        if first.rule in _NOT_OF_THE_BODY:
            failure = Failure(FailureKind.UNREADABLE, first.message, status=REFUSED)
        else:
            text = partial(text_of, request, operation.max_body_bytes or self._max_body_bytes)
            failure = Failure(FailureKind.INVALID, violations=verdict.violations, status=REFUSED, text=text)
        return self._responders[operation.vendor].failed(operation, failure, None, account)


_NOT_OF_THE_BODY = frozenset({"unreadable", "too-large", "encoding-unknown", "security"})
"""Rules whose violations have no place in the body."""
