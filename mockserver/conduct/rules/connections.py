"""The rule `connections`."""

from __future__ import annotations

from itertools import pairwise

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, in_percent, rule

MIN_REQUESTS = 20
MAX_SHARE = 0.1
KEPT_SECONDS = 4.0
"""An idle connection is closed after 5 s by this server and many others: who comes later needs a new one."""


@rule(
    "advisory",
    "Connections are kept and used again.",
    "Each new connection costs round trips, a TLS handshake and a port; under load ports run out.",
    "RFC 9112, section 9.3 (persistence)",
    f"New connections ÷ requests ≤ {MAX_SHARE} over at least {MIN_REQUESTS} requests that could have used the"
    f" connection of the one before: it succeeded less than {KEPT_SECONDS:.0f} s ago, and the server did not close it.",
)
def connections(observation: Observation) -> Outcome:
    sequential = [after for before, after in pairwise(observation.history.attempts) if _could_follow(before, after)]
    opened = [each for each in sequential if each.position == 1]
    enough = len(sequential) >= MIN_REQUESTS
    share = len(opened) / len(sequential) if sequential else 0.0
    breaches = (_breach(opened, len(sequential), share),) if enough and share > MAX_SHARE else ()
    figures = {"new_connections": round(share, 3)} if enough else {}
    return Outcome(len(sequential), breaches, enough, figures=figures)


def _could_follow(before: Attempt, after: Attempt) -> bool:
    """Whether a request could have used the connection of the one before."""
    if before.connection is None or before.finished_at is None or before.failed or before.connection_closed:
        return False
    idle = after.started_elapsed - (before.answered_elapsed or 0.0)
    return before.wire is None and before.finished_at <= after.started_at and idle <= KEPT_SECONDS


def _breach(opened: list[Attempt], requests: int, share: float) -> Breach:
    return Breach(
        tuple(opened),
        seen=f"{len(opened)} new connections for {requests} requests one after the other",
        due=f"at most {in_percent(MAX_SHARE)} of the requests",
        fix="Keep one client or session for all requests, and read each response to its end.",
        level="advisory",
        seen_value=share,
        due_value=MAX_SHARE,
    )
