"""Composes the parts into one ASGI application, and holds the way of a request."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from mockserver.accounts import UNMATCHED, Account, Accounts, Bounds
from mockserver.answers import problem_answer, render, status_of
from mockserver.authentication import authorize, read_credentials
from mockserver.contracts import Catalogue, load_catalogue, packaged_schemas, vendors_in
from mockserver.control import control_app
from mockserver.decoding import decompressed, read_json
from mockserver.errors import ClientGone, Failure, FailureKind, SettingsError
from mockserver.formalities import NO_PAGE, Formalities, formalities, undocumented
from mockserver.model import ACCEPTED, Answer, Headers, Json, Operation, Presented, Request, Verdict
from mockserver.preferences import Preferences, read_preferences
from mockserver.receiving import receive_request
from mockserver.recording import Recorder
from mockserver.responding import headers_of, respond
from mockserver.routing import documented_routes, methods_of, nearest_operation, path_values
from mockserver.settings import Settings
from mockserver.validation import judge, unreadable
from mockserver.vendors import RULES, Vendor, vendor_named

log = logging.getLogger("mockserver")


def create_app(
    settings: Settings, *, time_source: Callable[[], float] = time.time, timer: Callable[[], float] = time.perf_counter
) -> Router:
    """The whole server as an ASGI application. `time_source` is the wall clock in seconds since the epoch, `timer` a
    monotonic one for durations.

    Raises ContractError or SettingsError where it could not serve.
    """
    schemas = settings.schemas or packaged_schemas()
    catalogue = load_catalogue(schemas, settings.vendor, settings.profile)
    for vendor in settings.accepted_keys:
        if vendor not in vendors_in(schemas):
            raise SettingsError(f"accepted_keys: unknown vendor '{vendor}'; known are {', '.join(vendors_in(schemas))}")
    bounds = Bounds(settings.journal_entries, settings.journal_bytes, settings.accounts)
    accounts = Accounts(bounds, time_source, settings.seed)
    server = Server(settings, catalogue, accounts, Recorder(accounts, timer))
    routes = [
        *documented_routes(catalogue.operations, server.handle, server.handle_wrong_method),
        Mount("/__admin", control_app(settings, catalogue, accounts)),
    ]
    return Router(routes, redirect_slashes=False, default=server.handle_unknown_path)


class Reading(NamedTuple):
    """What came of a request's body: its value or the failure to read it, and the verdict on the request."""

    body: Json = None
    failure: Failure | None = None
    verdict: Verdict = ACCEPTED


class Server:
    """The way of a request, with the parts that it passes."""

    def __init__(self, settings: Settings, catalogue: Catalogue, accounts: Accounts, recorder: Recorder) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._accounts = accounts
        self._recorder = recorder
        self._vendors: Mapping[str, Vendor] = {name: vendor_named(name) for name in catalogue.vendors}

    async def handle(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive, identify, judge, decide, answer, record, respond: a request to a documented operation."""
        started = self._recorder.timer()
        try:
            request = await receive_request(scope, receive, self._limit(operation))
        except ClientGone as gone:
            account = self._accounts.of(operation.vendor, read_credentials(operation, gone.request).credential)
            self._recorder.record(account, operation, gone.request, started)
            return
        presented = read_credentials(operation, request)
        account = self._accounts.of(operation.vendor, presented.credential)
        preferences = read_preferences(request)
        reading, error = Reading(), None
        try:
            found = formalities(operation, request, path_values(operation, scope), presented, preferences.code)
            reading = self._read(operation, request, account, found)
            answer = self._answer(operation, request, presented, preferences, reading, account)
        except Exception:  # a bug of ours is shown as one, never as the client's mistake
            error = traceback.format_exc()
            log.exception("bug in mockserver while answering %s", operation.id)
            answer = problem_answer(500, "this is a bug of mockserver, not the vendor's answer; see its log")
        headers = headers_of(answer, account.now(), self._extra_headers(operation, answer, preferences))
        self._recorder.record(
            account, operation, request, started, answer=answer, headers=headers, verdict=reading.verdict, error=error
        )
        await respond(send, answer, headers)

    def _answer(
        self,
        operation: Operation,
        request: Request,
        presented: Presented,
        preferences: Preferences,
        reading: Reading,
        account: Account,
    ) -> Answer:
        """The vendor's answer: a failure in its envelope, or what its behaviour makes of the body."""
        try:
            self._turn_down(operation, request, presented, preferences, reading)
            return self._vendors[operation.vendor].behaviour(operation)(operation, reading.body, account)
        except Failure as failure:
            return self._render(operation, failure)

    def _read(self, operation: Operation, request: Request, account: Account, found: Formalities) -> Reading:
        """Decodes and judges the body, whatever will be answered: the verdict is ours, the answer is the vendor's."""
        if operation.media_type is None or not (operation.body_required or request.body_size):
            return Reading(verdict=_with(ACCEPTED, found))
        try:
            body = read_json(request, self._limit(operation))
        except Failure as failure:
            verdict = Verdict(violations=(unreadable(failure, operation),))
            return Reading(failure=failure, verdict=_with(verdict, found))
        return Reading(body, None, _with(judge(operation, body, account.now(), RULES), found))

    def _turn_down(
        self, operation: Operation, request: Request, presented: Presented, preferences: Preferences, reading: Reading
    ) -> None:
        """Raises the failure that the vendor would answer, in the order in which it would find it."""
        if preferences.code is not None and _is_failure(preferences.code, operation):
            raise Failure(FailureKind.ASKED_FOR, status=preferences.code)
        vendor, rejections = self._vendors[operation.vendor], reading.verdict.rejections
        if operation.extensions.get("x-body-before-credential"):
            if reading.failure is not None:
                raise reading.failure
            if any(vendor.refuses_before_credentials(rejection) for rejection in rejections):
                raise self._invalid(operation, request, reading)
        authorize(operation, presented, self._settings.accepted_keys)
        if reading.failure is not None:
            raise reading.failure
        if rejections:
            raise self._invalid(operation, request, reading)

    def _invalid(self, operation: Operation, request: Request, reading: Reading) -> Failure:
        text = decompressed(request, self._limit(operation)).decode() if reading.body is not None else ""
        return Failure(FailureKind.INVALID, violations=reading.verdict.rejections, text=text)

    def _render(self, operation: Operation, failure: Failure) -> Answer:
        vendor, status = self._vendors[operation.vendor], status_of(operation, failure)
        problems = vendor.problems(operation, failure, status)
        answer = render(operation, status, problems, vendor.code(status))
        return answer.with_headers(vendor.headers(operation, status, problems))

    def _extra_headers(self, operation: Operation, answer: Answer, preferences: Preferences) -> Headers:
        contract = operation.responses.get(answer.status)
        headers = contract.headers if contract else ()
        if preferences.code is not None and preferences.code == answer.status:
            return (*headers, (b"preference-applied", b"code=%d" % answer.status))
        return headers

    def _limit(self, operation: Operation) -> int:
        return operation.max_body_bytes or self._settings.max_body_bytes

    async def handle_wrong_method(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """A documented path with a method that it does not have: as the vendor answers it, with Allow."""
        started = self._recorder.timer()
        try:
            request = await receive_request(scope, receive, self._limit(operation))
        except ClientGone as gone:
            request = gone.request
        account = self._accounts.of(operation.vendor, read_credentials(operation, request).credential)
        failure = self._vendors[operation.vendor].wrong_method(operation)
        allow = ", ".join(methods_of(operation.path, self._catalogue.operations))
        answer = self._render(operation, failure)
        headers = headers_of(answer, account.now(), ((b"allow", allow.encode("latin-1")),))
        verdict = Verdict(violations=(undocumented("method", f"{operation.path} takes {allow}", operation.evidence),))
        self._recorder.record(account, None, request, started, answer=answer, headers=headers, verdict=verdict)
        await respond(send, answer, headers)

    async def handle_unknown_path(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A path that no contract knows: 404 that names the nearest documented endpoint."""
        if scope["type"] != "http":
            return
        started = self._recorder.timer()
        try:
            request = await receive_request(scope, receive, self._settings.max_body_bytes)
        except ClientGone as gone:
            request = gone.request
        account = self._accounts.of(UNMATCHED, "")
        nearest = nearest_operation(request.path, self._catalogue.operations)
        hint = f"; the nearest is {nearest.method} {nearest.path} ({nearest.vendor} {nearest.id})" if nearest else ""
        message = f"no documented endpoint at this path{hint}"
        answer = problem_answer(404, message)
        headers = headers_of(answer, account.now())
        verdict = Verdict(violations=(undocumented("path", message, NO_PAGE),))
        self._recorder.record(account, None, request, started, answer=answer, headers=headers, verdict=verdict)
        await respond(send, answer, headers)


def _is_failure(code: int, operation: Operation) -> bool:
    return code in operation.responses and code != operation.success


def _with(verdict: Verdict, found: Formalities) -> Verdict:
    """A verdict on the body together with what was found outside it."""
    if not (found.violations or found.warnings):
        return verdict
    return Verdict(
        found.violations + verdict.violations,
        found.warnings + verdict.warnings,
        found.parameters + verdict.rejections,
    )
