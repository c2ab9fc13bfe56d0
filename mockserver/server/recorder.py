"""Records an exchange in its account's journal, in every outcome, and writes its log line."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mockserver.accounts.account import Account, Accounts
from mockserver.faults import Firing
from mockserver.model import ACCEPTED, EventOutcome, Exchange, Headers, Operation, Request, Response, Verdict, Violation

access_log = logging.getLogger("mockserver.access")


class Recorder:
    """Makes the exchanges of one server. `timer` gives seconds of a monotonic clock, for durations only."""

    def __init__(self, accounts: Accounts, timer: Callable[[], float]) -> None:
        self._accounts = accounts
        self.timer = timer

    def record(
        self,
        account: Account,
        operation: Operation | None,
        request: Request,
        started: float,
        received: float,
        *,
        response: Response | None = None,
        headers: Headers = (),
        verdict: Verdict = ACCEPTED,
        stored: bool = False,
        acknowledged: bool = False,
        firing: Firing | None = None,
        event_outcomes: tuple[EventOutcome, ...] = (),
        error: str | None = None,
        response_violations: tuple[Violation, ...] = (),
        response_truncated: bool = False,
    ) -> Exchange:
        """Keeps one exchange; without an `answer` nothing was answered. `started` is by the timer, `received` by the
        account's clock, both in seconds."""
        exchange = Exchange(
            self._accounts.next_sequence(),
            account.vendor or None,
            operation.id if operation else None,
            account.label,
            received,
            request,
            response.status if response else None,
            headers,
            response.body if response else b"",
            verdict,
            (self.timer() - started) * 1000,
            stored,
            acknowledged,
            {"id": firing.id, **firing.fault.source} if firing else None,
            event_outcomes,
            error,
            response_violations,
            response_truncated,
        )
        account.journal.record(exchange)
        if self._accounts.on_record:
            for tell in tuple(self._accounts.on_record):
                tell()
        if access_log.isEnabledFor(logging.INFO):
            access_log.info("%s", log_line(exchange))
        return exchange


def log_line(exchange: Exchange) -> str:
    """Method, path, operation, status, verdict and milliseconds; nothing that could hold a secret."""
    verdict = "valid" if exchange.verdict.valid else f"invalid({len(exchange.verdict.violations)})"
    path = exchange.request.path.encode("unicode_escape").decode("ascii")[:200]
    status = exchange.status if exchange.status is not None else "unanswered"
    operation = exchange.operation or "-"
    fault = f" fault={exchange.fault['id']}" if exchange.fault else ""
    response = f" response=invalid({len(exchange.response_violations)})" if exchange.response_violations else ""
    words = f"{exchange.request.method} {path} {operation} {status} {verdict} {exchange.milliseconds:.1f}ms"
    return f"{words}{fault}{response}"
