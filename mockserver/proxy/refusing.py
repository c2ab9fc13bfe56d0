"""Words the refusal of a request that breaks the contract, as its vendor would, where the proxy enforces it."""

from __future__ import annotations

from mockserver.accounts import Account
from mockserver.answers import problem_answer
from mockserver.contracts import Catalogue
from mockserver.deciding import Decider
from mockserver.decoding import decompressed
from mockserver.errors import Failure, FailureKind
from mockserver.model import Answer, Operation, Request, Verdict
from mockserver.vendors import vendor_named

REFUSED = 400


class Refusals:
    """Answers 400 in the envelope of the vendor of an operation."""

    def __init__(self, catalogue: Catalogue, max_body_bytes: int) -> None:
        self._max_body_bytes = max_body_bytes
        limits = dict.fromkeys((operation.id for operation in catalogue.operations), None)
        self._deciders = {
            name: Decider(vendor_named(name), {}, max_body_bytes, limits, enforced=False) for name in catalogue.vendors
        }

    def answer(self, operation: Operation | None, request: Request, verdict: Verdict, account: Account) -> Answer:
        """The answer to a request of an operation that broke the contract; of none, problem+json."""
        said = "; ".join(
            f"{each.pointer or each.parameter or each.rule}: {each.message}" for each in verdict.violations
        )
        if operation is None:
            return problem_answer(REFUSED, said)
        first = verdict.violations[0]
        if first.rule in _NOT_OF_THE_BODY:
            failure = Failure(FailureKind.UNREADABLE, first.message, status=REFUSED)
        else:
            failure = Failure(
                FailureKind.INVALID, violations=verdict.violations, status=REFUSED, text=self._text(operation, request)
            )
        return self._deciders[operation.vendor].failed(operation, failure, None, account)

    def _text(self, operation: Operation, request: Request) -> str:
        """The body as it was read, for vendors that say the line and column."""
        try:
            return decompressed(request, operation.max_body_bytes or self._max_body_bytes).decode("utf-8", "replace")
        except Failure:
            return ""


_NOT_OF_THE_BODY = frozenset({"unreadable", "too-large", "encoding-unknown", "method", "security"})
"""Rules whose violation says all that there is to say, without a place in the body."""
