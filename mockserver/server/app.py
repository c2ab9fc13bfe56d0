"""Composes the parts into one ASGI application, and holds the way of a request."""

from __future__ import annotations

import logging
import random
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import UNMATCHED, Account, Accounts, Bounds
from mockserver.accounts.quotas import rate_limit_of
from mockserver.contracts import Catalogue, load_catalogue, packaged_schemas, vendors_in
from mockserver.control import Control
from mockserver.errors import ClientGone, SettingsError
from mockserver.faults import Firing, Wire, read_scenario
from mockserver.faults.wire import DELIVERS, SHAPES_THE_ANSWER, Stage, perform
from mockserver.http.connection import connection_of
from mockserver.http.preferences import NO_PREFERENCES, read_preferences
from mockserver.http.problems import problem_response
from mockserver.http.receiving import HeaderCache, head_of, receive_request
from mockserver.http.sending import headers_of, respond
from mockserver.model import EventOutcome, Headers, Operation, Request, Response, Verdict, Violation
from mockserver.server.recorder import Recorder
from mockserver.server.responder import RequestContext, Responder
from mockserver.server.routing import DocumentedRouter, documented_routes, methods_of, nearest_operation, path_values
from mockserver.server.variation import varied
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from mockserver.validation.credentials import read_credentials
from mockserver.validation.exchange import ParsedBody
from mockserver.validation.request import NO_PAGE, undocumented
from mockserver.vendors.base import vendor_state
from mockserver.vendors.registry import vendor_named

if TYPE_CHECKING:
    from mockserver.vendors.satori.state import Taxonomy

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
    check_names(settings, catalogue, vendors_in(schemas))
    bounds = Bounds(settings.journal_entries, settings.journal_bytes, settings.accounts)
    options = {
        "satori_sessionless_grace_sec": settings.satori_sessionless_grace_sec,
        "satori_taxonomy": read_setting_taxonomy(settings),
    }
    accounts = Accounts(bounds, time_source, start_timer, settings.seed, options)
    accounts.on_new = warn_of_real_keys
    everything = catalogue if not settings.vendor else load_catalogue(schemas, (), settings.profile)
    for name in settings.scenario:
        accounts.faults.add(read_scenario(name, everything.operations).script)
    server = Server(settings, catalogue, accounts, Recorder(accounts, timer))
    routes = [
        *documented_routes(catalogue.operations, server.handle, server.handle_wrong_method),
        Mount("/__admin", Control(settings, catalogue, accounts, start_timer)),
    ]
    return DocumentedRouter(routes, server.handle_unknown_path)


def read_setting_taxonomy(settings: Settings) -> Taxonomy | None:
    """The taxonomy of every Satori project, if the settings give one. Raises SettingsError."""
    if not settings.satori_taxonomy:
        return None
    from mockserver.vendors.satori.state import TaxonomyError, read_taxonomy  # noqa: PLC0415

    try:
        return read_taxonomy(settings.satori_taxonomy)
    except TaxonomyError as error:
        raise SettingsError(f"satori_taxonomy: {error}") from None


def warn_of_real_keys(account: Account) -> None:
    """One warning for a credential that has the form of the vendor's real ones."""
    if account.vendor and vendor_named(account.vendor).looks_real(account.credential):
        log.warning(
            "the key %s has the form of a real %s key: give the fake one that is made up", account.label, account.vendor
        )


def check_names(settings: Settings, catalogue: Catalogue, vendors: tuple[str, ...]) -> None:
    """Raises SettingsError where a setting names a vendor or an operation that there is not."""
    for vendor in settings.accepted_keys:
        if vendor not in vendors:
            raise SettingsError(f"accepted_keys: unknown vendor '{vendor}'; known are {', '.join(vendors)}")
    known = {*vendors, *(operation.id for operation in catalogue.operations)}
    for name in settings.rate_limits:
        if name not in known:
            raise SettingsError(
                f"rate_limits: unknown vendor or operation '{name}'; known are {', '.join(sorted(known))}"
            )


class Server:
    """The way of a request, with the parts that it passes."""

    def __init__(self, settings: Settings, catalogue: Catalogue, accounts: Accounts, recorder: Recorder) -> None:
        self._max_body_bytes = settings.max_body_bytes
        self._varied = settings.responses == "varied"
        self._seed = settings.seed
        self._operations = catalogue.operations
        self._accounts = accounts
        self._recorder = recorder
        self._header_cache = HeaderCache()
        limits = {operation.id: rate_limit_of(operation, settings.rate_limits) for operation in catalogue.operations}
        self._responders = {
            name: Responder(
                vendor_named(name), settings.accepted_keys, settings.max_body_bytes, limits, enforced=settings.quotas
            )
            for name in catalogue.vendors
        }

    async def handle(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """Identify, receive, read and judge, fail as scripted, decide, record, respond."""
        started = self._recorder.timer()
        head, connection = self._header_cache.of(scope), connection_of(scope)
        credentials = read_credentials(operation, head)
        account = self._accounts.of(operation.vendor, credentials.credential)
        early = self._accounts.faults.take_early(operation, credentials.credential)
        if early is not None and early.fault.wire is not None:
            await account.clock.sleep(early.fault.wire.parameters["seconds"], connection)
        try:
            request = await receive_request(head, receive, self._responders[operation.vendor].limit(operation))
        except ClientGone as gone:
            self._recorder.record(account, operation, gone.request, started, account.now(), firing=early)
            return
        values, preferences = path_values(operation, scope), read_preferences(request)
        context = RequestContext(operation, request, values, credentials, account, preferences, connection)
        outcome = await self._outcome(context, early)
        response, wire, now = outcome.response, outcome.wire, account.now()
        headers = headers_of(response, now, _more_headers(context, response))
        self._recorder.record(
            account,
            operation,
            request,
            started,
            now,
            response=response if outcome.responds else None,
            headers=headers if outcome.responds else (),
            verdict=outcome.verdict,
            stored=outcome.stored,
            acknowledged=outcome.acknowledges and not (connection and connection.lost),
            firing=outcome.firing,
            event_outcomes=outcome.event_outcomes,
            error=outcome.error,
        )
        if wire is not None:
            await perform(wire, Stage(connection, receive, send, account.clock, response, headers))
        elif not outcome.left:
            await respond(send, response, headers)

    async def _outcome(self, context: RequestContext, early: Firing | None) -> Outcome:
        """What becomes of a request: read, judged, held back where that was scripted, and decided."""
        operation, account = context.operation, context.account
        responder, parsed, firing = self._responders[operation.vendor], ParsedBody(), early
        try:
            now = account.now()
            parsed = responder.read(context, now)
            firing = early or self._accounts.faults.take(operation, context.credentials.credential, parsed.body, now)
            wait = (context.preferences.wait or 0.0) + (firing.delay if firing else 0.0)
            stage = firing.fault.stage if firing else "before"
            if wait and stage == "before":
                await account.clock.sleep(wait, context.connection)
                if context.connection is not None and context.connection.lost:
                    return Outcome(NOTHING, parsed.verdict, firing, left=True)
            decision = responder.decide(context, parsed, firing.fault if firing else None)
            if wait and stage == "after":
                await account.clock.sleep(wait, context.connection)
            response = decision.response
            if self._varied and (firing is None or firing.fault.wire is None):
                response = varied(response, operation, parsed.body, self._variety(account))
            return Outcome(
                response, parsed.verdict, firing, stored=decision.stored, event_outcomes=decision.event_outcomes
            )
        except Exception:  # a bug of ours is shown as one, never as the client's mistake
            log.exception("bug in mockserver while answering %s", operation.id)
            response = problem_response(500, "this is a bug of mockserver, not the vendor's answer; see its log")
            return Outcome(response, parsed.verdict, error=traceback.format_exc())

    def _variety(self, account: Account) -> random.Random:
        """What an account's answers are varied by: its own randomness, so that ids stay the usual ones."""

        def make() -> random.Random:
            return random.Random(f"{self._seed}/{account.vendor}/{account.credential}/answers")  # noqa: S311 - no secret

        chance: random.Random = vendor_state(account, "variety", make)
        return chance

    async def handle_wrong_method(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """A documented path with a method that it does not have: as the vendor answers it, with Allow."""
        started = self._recorder.timer()
        head = head_of(scope)
        account = self._accounts.of(operation.vendor, read_credentials(operation, head).credential)
        try:
            request = await receive_request(head, receive, self._max_body_bytes)
        except ClientGone as gone:
            self._recorder.record(account, None, gone.request, started, account.now())
            return
        allow = ", ".join(methods_of(operation.path, self._operations))
        response = self._responders[operation.vendor].wrong_method(operation, account)
        response = response.with_headers(((b"allow", allow.encode("latin-1")),))
        violation = undocumented("method", f"{operation.path} takes {allow}", operation.evidence)
        await self._refuse(account, request, started, response, violation, send)

    async def handle_unknown_path(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A path that no contract knows: 404 that names the nearest documented endpoint."""
        if scope["type"] != "http":
            return
        started = self._recorder.timer()
        account = self._accounts.of(UNMATCHED, "")
        try:
            request = await receive_request(head_of(scope), receive, self._max_body_bytes)
        except ClientGone as gone:
            self._recorder.record(account, None, gone.request, started, account.now())
            return
        nearest = nearest_operation(request.path, self._operations)
        hint = f"; the nearest is {nearest.method} {nearest.path} ({nearest.vendor} {nearest.id})" if nearest else ""
        message = f"no documented endpoint at this path{hint}"
        violation = undocumented("path", message, NO_PAGE)
        await self._refuse(account, request, started, problem_response(404, message), violation, send)

    async def _refuse(
        self, account: Account, request: Request, started: float, response: Response, violation: Violation, send: Send
    ) -> None:
        now, verdict = account.now(), Verdict(violations=(violation,))
        headers = headers_of(response, now)
        self._recorder.record(account, None, request, started, now, response=response, headers=headers, verdict=verdict)
        await respond(send, response, headers)


class Outcome(NamedTuple):
    """What became of a request. `left` says that the client was gone before anything was decided."""

    response: Response
    verdict: Verdict
    firing: Firing | None = None
    stored: bool = False
    left: bool = False
    event_outcomes: tuple[EventOutcome, ...] = ()
    error: str | None = None

    @property
    def wire(self) -> Wire | None:
        """What happens below HTTP in place of, or to, the answer."""
        return self.firing.fault.wire if self.firing and not (self.left or self.error) else None

    @property
    def responds(self) -> bool:
        """Whether the client is sent an answer, whole or spoilt."""
        return not self.left and (self.wire is None or self.wire.kind in SHAPES_THE_ANSWER | DELIVERS)

    @property
    def acknowledges(self) -> bool:
        """Whether the client can learn that what it sent was stored."""
        delivered = self.wire is None or self.wire.kind in DELIVERS
        return self.stored and delivered and self.response.status < 300


NOTHING = Response(0, b"")


def _more_headers(context: RequestContext, response: Response) -> Headers:
    """The headers that the contract fixes for a status, and which preferences (RFC 7240) were applied."""
    contract = context.operation.responses.get(response.status)
    headers = contract.headers if contract else ()
    if context.preferences is NO_PREFERENCES:
        return headers
    code, wait = context.preferences.code, context.preferences.wait
    applied = [b"code=%d" % response.status] if code is not None and code == response.status else []
    applied += [b"wait=%g" % wait] if wait is not None else []
    return (*headers, (b"preference-applied", b", ".join(applied))) if applied else headers
