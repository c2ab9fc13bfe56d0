"""Decides the answer to a request: reads and judges the body, asks every stage in the vendor's order, renders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from mockserver.accounts import Account
from mockserver.answers import status_of
from mockserver.authentication import authorize
from mockserver.connection import Connection
from mockserver.decoding import decompressed, read_json
from mockserver.envelopes import Envelopes
from mockserver.errors import Failure, FailureKind
from mockserver.faults import Fault
from mockserver.faults.wire import DELIVERS
from mockserver.formalities import Formalities, formalities
from mockserver.model import (
    ACCEPTED,
    Answer,
    Fate,
    Headers,
    Json,
    Operation,
    Presented,
    Quota,
    Request,
    Verdict,
)
from mockserver.preferences import Preferences
from mockserver.quotas import RateLimit
from mockserver.validation import judge, unreadable
from mockserver.vendors import Vendor
from mockserver.vendors.base import answer_sample

WITHOUT_BODY = frozenset({204, 205, 304})


class Encounter(NamedTuple):
    """A received request with what is known of it before its body is read."""

    operation: Operation
    request: Request
    path_values: Mapping[str, str]
    presented: Presented
    account: Account
    preferences: Preferences
    connection: Connection | None = None


class Reading(NamedTuple):
    """What came of a request's body: its value or the failure to read it, and the verdict on the request."""

    body: Json = None
    failure: Failure | None = None
    verdict: Verdict = ACCEPTED


class Decision(NamedTuple):
    """The answer, whether the vendor stored what was sent, and what it made of each event."""

    answer: Answer
    stored: bool = False
    fates: tuple[Fate, ...] = ()


class Decider:
    """Decides for the operations of one vendor's contract, with that vendor's behaviours."""

    def __init__(
        self,
        vendor: Vendor,
        accepted_keys: Mapping[str, tuple[str, ...]],
        max_body_bytes: int,
        rate_limits: Mapping[str, RateLimit | None],
        *,
        enforced: bool = True,
    ) -> None:
        self._vendor = vendor
        self._accepted_keys = accepted_keys
        self._max_body_bytes = max_body_bytes
        self._rate_limits = rate_limits
        self._enforced = enforced
        self._envelopes = Envelopes()

    def limit(self, operation: Operation) -> int:
        """The most bytes that a decompressed body may have."""
        return operation.max_body_bytes or self._max_body_bytes

    def read(self, encounter: Encounter, now: float) -> Reading:
        """Decodes and judges a request, whatever will be answered: the verdict is ours, the answer is the vendor's.
        `now` is the account's time."""
        operation, request, code = encounter.operation, encounter.request, encounter.preferences.code
        found = formalities(operation, request, encounter.path_values, encounter.presented, code)
        if operation.media_type is None or not (operation.body_required or request.body_size):
            return Reading(verdict=_with(ACCEPTED, found))
        try:
            body = read_json(request, self.limit(operation))
        except Failure as failure:
            verdict = Verdict(violations=(unreadable(failure, operation),))
            return Reading(failure=failure, verdict=_with(verdict, found))
        return Reading(body, None, _with(judge(operation, body, now), found))

    def decide(self, encounter: Encounter, reading: Reading, fault: Fault | None) -> Decision:
        """The vendor's answer: a scripted failure, a failure in the order in which the vendor would find it, or what
        its behaviour makes of the body; then, where it was scripted so, the loss of the acknowledgement."""
        operation, account = encounter.operation, encounter.account
        rate_limit = self._rate_limits[operation.id]
        if fault is not None and fault.stage == "before" and _only_seems_to_work(fault, operation):
            return Decision(answer_sample(operation, None, account))
        quota: Quota | None = None
        try:
            self._fail_as_asked(operation, encounter.preferences, fault)
            self._refuse_early(encounter, reading)
            authorize(operation, encounter.presented, self._accepted_keys)
            quota = self._within_quota(rate_limit, account)
            self._refuse(encounter, reading)
            answer = self._vendor.behaviour(operation)(operation, reading.body, account)
        except Failure as failure:
            told = self._enforced or failure.kind is FailureKind.ASKED_FOR
            standing = quota or (account.quotas.look(rate_limit) if rate_limit and told else None)
            return Decision(self.failed(operation, failure, standing, account))
        if fault is not None and fault.stage == "after" and fault.status not in (None, operation.success):
            lost = Failure(FailureKind.ASKED_FOR, status=fault.status, retry_after=fault.retry_after)
            standing = quota or (account.quotas.look(rate_limit) if rate_limit else None)
            return Decision(self.failed(operation, lost, standing, account), stored=True)
        return Decision(self._with_quota(operation, answer, quota, account), True, answer.fates)

    def failed(self, operation: Operation, failure: Failure, quota: Quota | None, account: Account) -> Answer:
        """A failure in the vendor's envelope, with the headers that go with its status."""
        status = status_of(operation, failure)
        problems = self._vendor.problems(operation, failure, status)
        answer = self._envelopes.render(operation, status, problems, self._vendor.code(status))
        if status in WITHOUT_BODY:
            answer = answer._replace(body=b"")
        answer = answer.with_headers(self._vendor.headers(operation, status, problems))
        return self._with_quota(operation, answer, quota, account, failure.retry_after)

    def wrong_method(self, operation: Operation, account: Account) -> Answer:
        return self.failed(operation, self._vendor.wrong_method(operation), None, account)

    def _fail_as_asked(self, operation: Operation, preferences: Preferences, fault: Fault | None) -> None:
        """Raises the failure that a fault or the request itself asks for, before anything is stored."""
        if fault is not None and fault.stage == "before" and fault.status is not None:
            raise Failure(FailureKind.ASKED_FOR, status=fault.status, retry_after=fault.retry_after)
        code = preferences.code
        if code is not None and code in operation.responses and code != operation.success:
            raise Failure(FailureKind.ASKED_FOR, status=code)

    def _refuse_early(self, encounter: Encounter, reading: Reading) -> None:
        """Where the vendor decodes before it looks at the credential, raises what it finds then."""
        if not encounter.operation.extensions.get("x-body-before-credential"):
            return
        if reading.failure is not None:
            raise reading.failure
        if any(self._vendor.refuses_before_credentials(rejection) for rejection in reading.verdict.rejections):
            raise self._invalid(encounter, reading)

    def _within_quota(self, rate_limit: RateLimit | None, account: Account) -> Quota | None:
        """Counts the request against its quota. Raises Failure where it was one too many."""
        if rate_limit is None or not self._enforced:
            return None
        quota = account.quotas.take(rate_limit)
        if quota.spent:
            raise Failure(FailureKind.RATE_LIMITED)
        return quota

    def _refuse(self, encounter: Encounter, reading: Reading) -> None:
        """Raises what is wrong with the body."""
        if reading.failure is not None:
            raise reading.failure
        if reading.verdict.rejections:
            raise self._invalid(encounter, reading)

    def _invalid(self, encounter: Encounter, reading: Reading) -> Failure:
        limit = self.limit(encounter.operation)
        text = decompressed(encounter.request, limit).decode() if reading.body is not None else ""
        return Failure(FailureKind.INVALID, violations=reading.verdict.rejections, text=text)

    def _with_quota(
        self,
        operation: Operation,
        answer: Answer,
        quota: Quota | None,
        account: Account,
        retry_after: float | None = None,
    ) -> Answer:
        """An answer with the vendor's rate-limit headers, and `Retry-After` on 429 and 503."""
        if quota is None and answer.status not in (429, 503):
            return answer
        more: Headers = ()
        wait = retry_after
        if wait is None:
            wait = quota.resets_in if quota is not None and answer.status != 503 else 1.0
        reset_in = max(0, math.ceil(wait))
        if answer.status in (429, 503):
            more = ((b"retry-after", b"%d" % reset_in),)
        if quota is not None:
            if answer.status == 429:
                reset_at = quota.reset_at if retry_after is None else account.now() + retry_after
                quota = quota._replace(remaining=0, reset_at=reset_at)
            more += self._vendor.rate_limit_headers(operation, answer.status, quota, reset_in)
        return answer.with_headers(more)


def _only_seems_to_work(fault: Fault, operation: Operation) -> bool:
    """Whether the client is to see a success, whole or spoilt, of a request that nothing comes of."""
    spoilt = fault.wire is not None and fault.wire.kind not in DELIVERS
    return spoilt or fault.status == operation.success


def _with(verdict: Verdict, found: Formalities) -> Verdict:
    """A verdict on the body together with what was found outside it."""
    if not (found.violations or found.warnings):
        return verdict
    return Verdict(
        found.violations + verdict.violations,
        found.warnings + verdict.warnings,
        found.parameters + verdict.rejections,
    )
