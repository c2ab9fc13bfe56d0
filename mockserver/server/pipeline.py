"""The request lifecycle: from the first byte of a request to an operation to the last byte of its response."""

import logging
import random
import traceback
from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import Account, Accounts
from mockserver.contracts.paths import path_values
from mockserver.errors import ClientGone
from mockserver.faults.schedule import Firing
from mockserver.faults.wire import FaultContext
from mockserver.http.connection import Connection, arrival_of, connection_of
from mockserver.http.preferences import read_preferences
from mockserver.http.problems import problem_response
from mockserver.http.receiving import HeaderCache, receive_request
from mockserver.http.sending import headers_of, respond
from mockserver.model import ACCEPTED, Headers, Response, Verdict
from mockserver.operations import NO_PREFERENCES, Operation, RequestContext
from mockserver.server.recorder import Outcome, Recorder
from mockserver.server.responder import Decision, Responder
from mockserver.validation.credentials import read_credentials
from mockserver.validation.violations import by_place
from mockserver.vendors.base import vendor_state

log = logging.getLogger("mockserver")


class Pipeline:
    """Takes each request through its stages. `responders` are by vendor; `varied_seed` is the seed by which successful
    responses are varied, None where they stay as they are."""

    def __init__(
        self, accounts: Accounts, recorder: Recorder, responders: Mapping[str, Responder], varied_seed: int | None
    ) -> None:
        self._accounts = accounts
        self._recorder = recorder
        self._responders = responders
        self._varied_seed = varied_seed
        self._header_cache = HeaderCache()

    async def handle(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """Identify the account, receive, judge, fail as scripted, respond as the vendor, record, send."""
        head, known = self._header_cache.of(scope)
        connection, credentials = connection_of(scope), known.get(operation)
        if credentials is None or head.query:
            credentials = read_credentials(operation, head)
            if not head.query:  # which may hold a credential too
                known[operation] = credentials
        account = self._accounts.of(operation.vendor, credentials.credential)
        early = self._accounts.faults.take(operation, credentials.credential, early=True)
        recording = self._recorder.begin(account, operation, arrival_of(scope), slowly=early is not None)
        if early is not None and early.fault.wire is not None:
            await early.fault.wire.perform(FaultContext(connection, receive, send, account.clock))
        try:
            request = await receive_request(head, receive, self._responders[operation.vendor].limit(operation))
        except ClientGone as gone:
            recording.close(gone.request, Outcome(account.now(), firing=early))
            return
        now = recording.read()
        values, preferences = path_values(operation.path, request.path), read_preferences(request)
        context = RequestContext(operation, request, values, credentials, preferences)
        outcome, decision = await self._outcome(context, account, connection, early, now)
        exchange = recording.close(request, outcome)
        wire = outcome.firing.fault.wire if outcome.firing and outcome.firing is not early else None
        if wire is not None:
            try:
                if decision is not None:
                    response, headers = decision.response, outcome.headers
                    await wire.perform(FaultContext(connection, receive, send, account.clock, response, headers))
            finally:  # in process some raise what the client sees
                recording.performed(exchange, connection)
        elif outcome.response is not None:
            await respond(send, outcome.response, outcome.headers)
            recording.sent(exchange, connection)

    async def _outcome(
        self,
        context: RequestContext,
        account: Account,
        connection: Connection | None,
        early: Firing | None,
        now: float,
    ) -> tuple[Outcome, Decision | None]:
        """How a request ends that had come at a time of its account, and what was decided; nothing is where the client
        left before or we have a bug."""
        operation, verdict, firing = context.operation, ACCEPTED, early
        responder = self._responders[operation.vendor]
        try:
            parsed = responder.judge(context, now)
            context = RequestContext(*context[:-1], parsed.body)  # several times faster than _replace
            verdict = parsed.verdict
            firing = early or self._accounts.faults.take(
                operation, context.credentials.credential, parsed.body, now, context.request.body_size
            )
            wait = (context.preferences.wait or 0.0) + (firing.delay if firing else 0.0)
            late = firing is not None and firing.fault.late
            if wait and not late:
                await account.clock.sleep(wait, connection)
                if connection is not None and connection.lost:
                    return Outcome(account.now(), verdict=verdict, firing=firing), None
            decision = responder.decide(context, parsed, account, firing.fault if firing else None)
            if wait and late:
                await account.clock.sleep(wait, connection)
            if self._varied_seed is not None and (firing is None or firing.fault.wire is None):
                decision = self._varied(decision, context, account)
            return _outcome_of(decision, context, account, verdict, firing, connection), decision
        except Exception:  # a bug of ours is shown as one, never as the client's mistake
            log.exception("bug in mockserver while answering %s", operation.id)
            response = problem_response(500, "this is a bug of mockserver, not the vendor's response; see its log")
            now = account.now()
            headers = headers_of(response, now)
            return Outcome(now, response, headers, verdict, firing, error=traceback.format_exc()), None

    def _varied(self, decision: Decision, context: RequestContext, account: Account) -> Decision:
        """A decision with its success varied by the account's own randomness, so that ids stay the usual ones."""

        from mockserver.server.variation import varied  # noqa: PLC0415 - few vary responses, and it loads a lot

        seed = f"{self._varied_seed}/{account.vendor}/{account.credential}/answers"
        chance = vendor_state(account, "variety", lambda: random.Random(seed))  # noqa: S311
        response = varied(decision.response, context.operation, context.body, chance)
        accepted = response if decision.accepted is decision.response else decision.accepted
        return Decision(response, accepted)


def _outcome_of(
    decision: Decision,
    context: RequestContext,
    account: Account,
    verdict: Verdict,
    firing: Firing | None,
    connection: Connection | None,
) -> Outcome:
    """The outcome of a decision: what the client is sent, and whether it can learn that what it sent was stored."""
    (response, accepted), now = decision, account.now()
    headers = headers_of(response, now, _more_headers(context, response))
    wire = firing.fault.wire if firing else None
    sent = wire is None or wire.kind.responds
    delivered = wire is None or wire.kind.delivers
    if accepted is None:
        return Outcome(now, response if sent else None, headers if sent else (), verdict, firing)
    if accepted.warnings:
        verdict = verdict._replace(warnings=by_place(verdict.warnings + accepted.warnings))
    acknowledged = delivered and response.status < 300 and not (connection and connection.lost)
    unsent = b"" if sent and accepted is response else accepted.body
    sent_response, sent_headers = (response, headers) if sent else (None, ())
    return Outcome(
        now, sent_response, sent_headers, verdict, firing, True, acknowledged, accepted.event_outcomes, unsent
    )


def _more_headers(context: RequestContext, response: Response) -> Headers:
    """The headers that the contract fixes for a status, and which preferences (RFC 7240) were applied."""
    operation = context.operation
    contract = operation.responses.get(response.status)
    if contract is None and operation.ranges:
        contract = operation.response_for(response.status)
    headers = contract.headers if contract else ()
    if context.preferences is NO_PREFERENCES:
        return headers
    code, wait, *_ = context.preferences
    applied = [b"code=%d" % response.status] if code is not None and code == response.status else []
    applied += [b"wait=%g" % wait] if wait is not None else []
    return (*headers, (b"preference-applied", b", ".join(applied))) if applied else headers
