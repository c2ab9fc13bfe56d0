"""Decides the response to a request that was read and judged: asks every stage in the vendor's order, renders."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from mockserver.accounts.account import Account
from mockserver.accounts.quotas import RateLimit
from mockserver.contracts.answers import documented_response, made_headers
from mockserver.errors import Failure
from mockserver.faults.fault import Fault
from mockserver.http.problems import status_of
from mockserver.http.sending import http_date
from mockserver.model import FailureKind, Headers, Quota, Response, Violation
from mockserver.operations import Operation, RequestContext
from mockserver.server.envelopes import Envelopes
from mockserver.settings import Settings
from mockserver.validation.credentials import authorize
from mockserver.validation.decoding import text_of
from mockserver.validation.exchange import ParsedBody, judge_request
from mockserver.validation.response import WITHOUT_BODY
from mockserver.vendors.base import Behaviour, Vendor, sample_response

NO_BEHAVIOURS: Mapping[str, Behaviour] = {}
ASKED_FOR_SECONDS = 1.0
"""After which to come back where a script or a request asks for a 429 or a 503 and names no time."""


class Decision(NamedTuple):
    """The response that the client is to get, and the vendor's own, which a fault may keep from it; None where the
    vendor stored nothing."""

    response: Response
    accepted: Response | None = None


class Responder:
    """Decides for the operations of one vendor's contract, with that vendor's behaviours; `stateful` are those of
    operations of which the vendor has none, by id."""

    def __init__(
        self,
        vendor: Vendor,
        settings: Settings,
        rate_limits: Mapping[str, RateLimit | None],
        stateful: Mapping[str, Behaviour] = NO_BEHAVIOURS,
    ) -> None:
        self._vendor = vendor
        self._stateful = {name: each for name, each in stateful.items() if name not in vendor.behaviours}
        self._accepted_keys = settings.accepted_keys
        self._max_body_bytes = settings.max_body_bytes
        self._enforced = settings.quotas
        self._rate_limits = rate_limits
        self._envelopes = Envelopes()

    def limit(self, operation: Operation) -> int:
        """The most bytes that a decompressed body may have."""
        return operation.max_body_bytes or self._max_body_bytes

    def judge(self, context: RequestContext, now: float) -> ParsedBody:
        """Decodes and judges a request, whatever the response will be. `now` is the account's time, in seconds."""
        operation, request, values, credentials, preferences, _ = context
        return judge_request(operation, request, values, credentials, now, self._max_body_bytes, code=preferences.code)

    def decide(self, context: RequestContext, parsed: ParsedBody, account: Account, fault: Fault | None) -> Decision:
        """The vendor's response: a scripted failure, a failure in the order in which the vendor would find it, or what
        its behaviour makes of the body; then, where it was scripted so, the loss of the acknowledgement."""
        operation, rate_limit = context.operation, self._rate_limits[context.operation.id]
        if fault is not None and not fault.late and (fault.spoils or fault.status == operation.success):
            return Decision(sample_response(context, account))  # it seems to work, and nothing comes of it
        if context.preferences.code is not None:
            preferred = self._preferred(context, account, fault)
            if preferred is not None:
                return Decision(preferred)
        quota: Quota | None = None
        try:
            self._fail_as_asked(context, fault)
            if operation.extensions.get("x-body-before-credential"):
                self._refuse(context, parsed, self._vendor.refuses_before_credentials)
            authorize(operation, context.credentials, self._accepted_keys)
            quota = self._within_quota(rate_limit, account)
            self._refuse(context, parsed)
            behave = self._stateful.get(operation.id) or self._vendor.behaviour(operation)
            response = behave(context, account)
        except Failure as failure:
            stated = self._enforced or failure.kind is FailureKind.ASKED_FOR
            standing = quota or (account.quotas.look(rate_limit) if rate_limit and stated else None)
            return Decision(self.failed(operation, failure, standing, account))
        accepted = self._with_quota(operation, response, quota, account, None)
        if fault is not None and fault.late and fault.status not in (None, operation.success):
            lost = _asked_for(fault)
            standing = quota or (account.quotas.look(rate_limit) if rate_limit else None)
            return Decision(self.failed(operation, lost, standing, account), accepted)
        return Decision(accepted, accepted)

    def failed(self, operation: Operation, failure: Failure, quota: Quota | None, account: Account) -> Response:
        """A failure in the vendor's envelope, with the headers that go with its status."""
        status = status_of(operation, failure)
        problems = self._vendor.problems(operation, failure, status)
        response = self._envelopes.render(operation, status, problems, self._vendor.code(status))
        if status in WITHOUT_BODY:
            response = response._replace(body=b"")
        response = response.with_headers(self._vendor.headers(operation, status, problems))
        if type(self._vendor) is Vendor:  # the headers of another vendor are its own to tell
            contract = operation.response_for(status)
            made = () if contract is None else made_headers(contract)
            response = response.with_headers(
                tuple(each for each in made if each[0] != b"retry-after" or status not in (429, 503))
            )
        retry_after = failure.retry_after
        if failure.kind is FailureKind.ASKED_FOR and retry_after is None and status in (429, 503):
            # no quota is spent, so its window does not say when to come back; that a 503 tells of one, nobody has seen
            retry_after, quota = ASKED_FOR_SECONDS, quota if status == 429 else None
        told = self._with_quota(operation, response, quota, account, retry_after)
        return _with_date(told, account.now()) if failure.retry_after_date else told

    def wrong_method(self, operation: Operation, account: Account) -> Response:
        return self.failed(operation, self._vendor.wrong_method(operation), None, account)

    def unknown_path(self, operation: Operation) -> Failure | None:
        """How the vendor fails a path that is nearly the operation's; None where nobody knows it."""
        return self._vendor.unknown_path(operation)

    def _fail_as_asked(self, context: RequestContext, fault: Fault | None) -> None:
        """Raises the failure that a fault or the request itself asks for, before anything is stored."""
        if fault is not None and not fault.late and fault.status is not None:
            raise _asked_for(fault)
        operation, code = context.operation, context.preferences.code
        if code is not None and code != operation.success and operation.response_for(code) is not None:
            raise Failure(FailureKind.ASKED_FOR, status=code)

    def _preferred(self, context: RequestContext, account: Account, fault: Fault | None) -> Response | None:
        """The documented response of another status that the request itself asks for: one below 400, or one with an
        example. None where it asks for none, or a fault goes before."""
        operation, preferences = context.operation, context.preferences
        code = preferences.code
        if code is None or code == operation.success or (fault is not None and not fault.late and fault.status):
            return None
        contract = operation.response_for(code)
        if contract is None or type(self._vendor) is not Vendor:
            return None
        if code >= 400 and not any(content.fitting for content in contract.contents):
            return None
        return documented_response(operation, code, context.request, preferences, account.random)

    def _within_quota(self, rate_limit: RateLimit | None, account: Account) -> Quota | None:
        """Counts the request against its quota. Raises Failure where it was one too many."""
        if rate_limit is None or not self._enforced:
            return None
        quota = account.quotas.take(rate_limit)
        if quota.spent:
            raise Failure(FailureKind.RATE_LIMITED)
        return quota

    def _refuse(
        self, context: RequestContext, parsed: ParsedBody, is_found: Callable[[Violation], bool] = lambda _: True
    ) -> None:
        """Raises what is wrong with the body, unless all of it is found later only."""
        if parsed.failure is not None:
            raise parsed.failure
        if any(map(is_found, parsed.verdict.rejections)):
            text = partial(text_of, context.request, self.limit(context.operation))
            raise Failure(FailureKind.INVALID, violations=parsed.verdict.rejections, text=text)

    def _with_quota(
        self, operation: Operation, response: Response, quota: Quota | None, account: Account, retry_after: float | None
    ) -> Response:
        """A response with the vendor's rate-limit headers, and `Retry-After` on 429 and 503."""
        if quota is None and response.status not in (429, 503):
            return response
        more: Headers = ()
        wait = retry_after
        if wait is None:
            wait = quota.resets_in if quota is not None else ASKED_FOR_SECONDS
        reset_in = max(0, math.ceil(wait))
        if response.status in (429, 503):
            more = ((b"retry-after", b"%d" % reset_in),)
        if quota is not None:
            if response.status == 429:
                reset_at = quota.reset_at if retry_after is None else account.now() + retry_after
                quota = quota._replace(remaining=0, reset_at=reset_at)
            more += self._vendor.rate_limit_headers(operation, response.status, quota, reset_in)
        return response.with_headers(more)


def _asked_for(fault: Fault) -> Failure:
    """The failure that a fault with a status scripts."""
    return Failure(
        FailureKind.ASKED_FOR,
        status=fault.status,
        retry_after=fault.retry_after,
        retry_after_date=fault.retry_after_date,
    )


def _with_date(response: Response, now: float) -> Response:
    """A response whose `Retry-After` is a date, not seconds."""
    headers = [
        (name, http_date(math.ceil(now) + int(value)) if name == b"retry-after" else value)
        for name, value in response.headers
    ]
    return response._replace(headers=tuple(headers))
