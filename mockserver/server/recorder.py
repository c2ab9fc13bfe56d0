"""Records an exchange in its account's journal, in every outcome, and writes its log line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from mockserver.accounts.account import Account, Accounts
from mockserver.faults.schedule import Firing
from mockserver.model import ACCEPTED, EventOutcome, Exchange, Headers, Operation, Request, Response, Verdict, Violation
from mockserver.support.redaction import Redaction

log = logging.getLogger("mockserver")
access_log = logging.getLogger("mockserver.access")


class Outcome(NamedTuple):
    """How a request ended; the members are those of an `Exchange`. Without a `response` the client is sent none."""

    received: float
    response: Response | None = None
    headers: Headers = ()
    verdict: Verdict = ACCEPTED
    firing: Firing | None = None
    stored: bool = False
    acknowledged: bool = False
    event_outcomes: tuple[EventOutcome, ...] = ()
    accepted_body: bytes = b""
    error: str | None = None
    response_violations: tuple[Violation, ...] = ()
    response_truncated: bool = False


class Recording(NamedTuple):
    """An exchange that has begun: `started` is by the recorder's timer, `wall_time` by the real clock, in seconds."""

    recorder: Recorder
    account: Account
    operation: Operation | None
    started: float
    wall_time: float

    def close(self, request: Request, outcome: Outcome) -> Exchange:
        """Keeps the exchange."""
        return self.recorder.keep(self, request, outcome)

    def lost(self, exchange: Exchange) -> None:
        """Says of an exchange that was kept that its connection is lost by now, and so when."""
        self.account.journal.amend(exchange._replace(milliseconds=self.recorder.milliseconds(self)))


class Recorder:
    """Makes the exchanges of one server. `timer` gives seconds of a monotonic clock, for durations only."""

    def __init__(self, accounts: Accounts, timer: Callable[[], float]) -> None:
        self._accounts = accounts
        self._timer = timer
        self._wall_clock = accounts.clock.source
        self._redaction = Redaction(known=accounts.credentials)

    def begin(self, account: Account, operation: Operation | None) -> Recording:
        """A recording of the request that is coming in."""
        return Recording(self, account, operation, self._timer(), self._wall_clock())

    def milliseconds(self, recording: Recording) -> float:
        """How long ago an exchange began."""
        return (self._timer() - recording.started) * 1000

    def keep(self, recording: Recording, request: Request, outcome: Outcome) -> Exchange:
        account, operation, response = recording.account, recording.operation, outcome.response
        exchange = Exchange(
            sequence=self._accounts.next_sequence(),
            vendor=account.vendor or None,
            operation=operation.id if operation else None,
            account=account.label,
            received=outcome.received,
            request=request,
            status=response.status if response else None,
            response_headers=outcome.headers,
            response_body=response.body if response else b"",
            verdict=outcome.verdict,
            milliseconds=(self._timer() - recording.started) * 1000,
            stored=outcome.stored,
            acknowledged=outcome.acknowledged,
            fault=outcome.firing.record() if outcome.firing else None,
            event_outcomes=outcome.event_outcomes,
            accepted_body=outcome.accepted_body,
            error=outcome.error,
            response_violations=outcome.response_violations,
            response_truncated=outcome.response_truncated,
            wall_time=recording.wall_time,
        )
        self._accounts.record(account, exchange)
        claims = self._accounts.claims
        suspect = claims.complete or not account.credential
        if suspect and not claims.covers(account.vendor, account.credential):
            log.warning("%s unclaimed", self._line(exchange, operation))
        elif access_log.isEnabledFor(logging.INFO):
            access_log.info("%s", self._line(exchange, operation))
        return exchange

    def _line(self, exchange: Exchange, operation: Operation | None) -> str:
        path = exchange.request.path
        if operation is None or path != operation.path:  # a path of the contract holds no secret
            path = self._redaction.of_address(path, exchange.account)
        line = log_line(exchange, path)
        if exchange.verdict.valid:
            return line
        first = exchange.verdict.violations[0]
        return f"{line}: {one_line(self._redaction.of_text(f'{first.place} {first.message}', exchange.account))}"


def one_line(text: str) -> str:
    """The beginning of a text, without anything that could end or change a line."""
    return text[:200].encode("unicode_escape").decode("ascii").replace(r"\u2026", "…")


def log_line(exchange: Exchange, path: str) -> str:
    """Method, path, operation, status, verdict and milliseconds; nothing that could hold a secret."""
    verdict = "valid" if exchange.verdict.valid else f"invalid({len(exchange.verdict.violations)})"
    path = one_line(path)
    status = exchange.status if exchange.status is not None else "unanswered"
    operation = exchange.operation or "-"
    fault = f" fault={exchange.fault.id}" if exchange.fault else ""
    response = f" response=invalid({len(exchange.response_violations)})" if exchange.response_violations else ""
    words = f"{exchange.request.method} {path} {operation} {status} {verdict} {exchange.milliseconds:.1f}ms"
    return f"{words}{fault}{response}"
