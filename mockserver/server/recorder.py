"""Records an exchange in its account's journal, in every outcome, and writes its log line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from mockserver.accounts.account import Account, Accounts
from mockserver.faults.schedule import Firing
from mockserver.http.connection import Arrival, Connection
from mockserver.model import ACCEPTED, EventOutcome, Exchange, Headers, Request, Response, Timing, Verdict, Violation
from mockserver.operations import Operation
from mockserver.support.redaction import Redaction

log = logging.getLogger("mockserver")
access_log = logging.getLogger("mockserver.access")
AT_ONCE = 0.001
"""Seconds below which what follows on something counts as simultaneous with it."""


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


@dataclass(slots=True, eq=False)
class Recording:
    """An exchange that has begun: `started` by the recorder's timer, `wall_time` on the real clock, in seconds.
    `started_at` is the same on the account's clock where that was asked for, `ended` and `ended_at` are of the end of
    the request once all of it came. `position` is its place on its connection."""

    recorder: Recorder
    account: Account
    operation: Operation | None
    started: float
    wall_time: float
    position: int | None
    started_at: float | None = None
    ended: float | None = None
    ended_at: float | None = None

    def read(self) -> float:
        """Notes that all of the request has come. Returns the account's time."""
        self.ended, self.ended_at = self.recorder.timer(), self.account.now()
        return self.ended_at

    def close(self, request: Request, outcome: Outcome) -> Exchange:
        """Keeps the exchange."""
        return self.recorder.keep(self, request, outcome)

    def sent(self, exchange: Exchange, connection: Connection | None) -> None:
        """Says of an exchange that was kept that its response is sent, if that took a while or its client is gone."""
        timing, now = exchange.timing, self.recorder.timer()
        if connection is not None and connection.lost_at is not None:
            timing = timing._replace(
                finished=None, finished_at=None, lost=connection.lost_at, lost_at=self.account.now()
            )
        elif timing.answered is not None and now - timing.answered > AT_ONCE:
            timing = timing._replace(finished=now, finished_at=self.account.now())
        else:
            return
        self.account.journal.amend(exchange._replace(timing=timing))

    def performed(self, exchange: Exchange, connection: Connection | None) -> None:
        """Says of an exchange that was kept how the wire fault on it ended, and when."""
        timing, now = exchange.timing, self.account.now()
        if connection is None or connection.lost_at is not None:
            lost = self.recorder.timer() if connection is None else connection.lost_at
            closed = connection is None or connection.closed
            timing = timing._replace(lost=lost, lost_at=now, closed=closed)
        elif timing.answered is not None:
            timing = timing._replace(finished=self.recorder.timer(), finished_at=now)
        milliseconds = self.recorder.milliseconds(self)
        self.account.journal.amend(exchange._replace(milliseconds=milliseconds, timing=timing))


class Recorder:
    """Makes the exchanges of one server. `timer` gives seconds of a monotonic clock."""

    def __init__(self, accounts: Accounts, timer: Callable[[], float]) -> None:
        self._accounts = accounts
        self.timer = timer
        self._wall_clock = accounts.clock.source
        self._redaction = Redaction(known=accounts.credentials)

    def begin(
        self, account: Account, operation: Operation | None, arrival: Arrival | None, *, slowly: bool = False
    ) -> Recording:
        """A recording of the request that is coming in; its first byte `arrival` says, if it came over a socket.
        `slowly`: a fault holds its body back, so that the account's clock may be set before all of it is read."""
        begun, wall_time = self.timer(), self._wall_clock()
        started, position = (begun, None) if arrival is None else arrival
        if begun - started > AT_ONCE:
            wall_time -= begun - started
        recording = Recording(self, account, operation, started, wall_time, position)
        if slowly:
            recording.started_at = account.clock.before(begun - started)
        return recording

    def milliseconds(self, recording: Recording) -> float:
        """How long ago an exchange began."""
        return (self.timer() - recording.started) * 1000

    def keep(self, recording: Recording, request: Request, outcome: Outcome) -> Exchange:
        account, operation, response = recording.account, recording.operation, outcome.response
        now = self.timer()
        exchange = Exchange(  # by position, which takes a third of the time
            self._accounts.next_sequence(),
            account.vendor or None,
            operation.id if operation else None,
            account.label,
            outcome.received,
            request,
            response.status if response else None,
            outcome.headers,
            response.body if response else b"",
            outcome.verdict,
            (now - recording.started) * 1000,
            outcome.stored,
            outcome.acknowledged,
            outcome.firing.record() if outcome.firing else None,
            outcome.event_outcomes,
            outcome.accepted_body,
            outcome.error,
            outcome.response_violations,
            outcome.response_truncated,
            recording.wall_time,
            _timing(recording, outcome, now),
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


def _timing(recording: Recording, outcome: Outcome, now: float) -> Timing:
    """What is known of the times of an exchange as it is recorded, just before its response is sent; most responses are
    sent at once. `now` is by the recorder's timer."""
    at, firing = outcome.received, outcome.firing
    started, started_at, ended, ended_at = recording.started, recording.started_at, recording.ended, recording.ended_at
    if started_at is None:
        over, over_at = (now, at) if ended is None or ended_at is None else (ended, ended_at)
        started_at = over_at if over - started < AT_ONCE else recording.account.clock.before(over - started, over_at)
    if outcome.response is not None and firing is None:  # by position, which takes half the time
        return Timing(started, started_at, ended, ended_at, now, at, now, at, None, None, False, recording.position)
    timing = Timing(started, started_at, ended, ended_at, position=recording.position)
    if outcome.response is not None:
        timing = timing._replace(answered=now, answered_at=at)
    wire = firing.fault.wire if firing is not None else None
    if wire is not None and not wire.kind.early and ended is not None:
        return timing  # its end is told once the fault was performed
    if outcome.response is None:
        return timing._replace(lost=now, lost_at=at)
    return timing._replace(finished=now, finished_at=at)


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
