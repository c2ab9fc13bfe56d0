"""The records of conduct: the attempts of a client, the chains that they form, and what the rules say of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from mockserver.model import Evidence, Json, Retry

RuleLevel = Literal["violation", "advisory", "figure"]
State = Literal["kept", "broken", "not exercised", "too few samples", "allowed"]
Fate = Literal["delivered", "delivered again", "refused", "lost", "in doubt"]


class Told(NamedTuple):
    """How long the vendor told a client to wait: `seconds` from the start of the response, the `header` that said so,
    and whether it named a date, which is only exact to a second."""

    seconds: float
    header: str
    date: bool = False


class Attempt(NamedTuple):
    """One request as the rules see it. All times are seconds; those that end in `_at` are since the epoch on the
    account's clock, `elapsed` ones are on the server's monotonic clock, from an origin of its own.

    `answered_at` is the start of the response, `finished_at` its end; `lost_at` the moment the connection was lost
    before the response was whole. `received_whole` says that the client got all of the response. `position` counts the
    requests on the connection from 1; `connection_closed` says that we closed it behind this response. `body_digest`
    is of the decoded body as sent, `content_digest` of its canonical form without members that are ids or times.
    `event_keys` are those of `EventReader`, `dedup_ids` the clients' own ids of its events, in the same order, None
    where an event has none; `event_times` their timestamps as sent; `failed_events` the keys of those that a partial
    response refused.
    `judged` is false where the request itself broke the contract and the test allowed it. `body_whole` is false where
    fewer bytes came than the head announced. `credential` tells the credentials of an account's client apart without
    showing them, for example a digest; "" where it is not known. `slowed` says that a scripted fault delayed the
    response.
    `dropped_events` are the keys of those that the vendor accepted and threw away, `event_names` the names of all.
    """

    request_id: str
    sequence: int
    vendor: str
    operation: str
    account: str
    method: str
    path: str
    started_at: float
    started_elapsed: float
    request_ended_at: float
    answered_at: float | None
    answered_elapsed: float | None
    finished_at: float | None
    lost_at: float | None
    lost_elapsed: float | None
    connection: int | None
    position: int | None
    connection_closed: bool
    body_bytes: int
    body_whole: bool
    wire_bytes: int
    status: int | None
    retry: Retry
    retry_evidence: Evidence
    told: Told | None
    fault: str | None
    fault_stage: str | None
    wire: str | None
    stored: bool
    acknowledged: bool
    received_whole: bool
    body_digest: bytes
    content_digest: bytes
    idempotency_key: str | None
    event_keys: tuple[str, ...]
    dedup_ids: tuple[str | None, ...]
    event_times: tuple[float | str | None, ...]
    failed_events: tuple[str, ...] = ()
    duplicate_events: tuple[str, ...] = ()
    judged: bool = True
    valid: bool = True
    secrets_in: tuple[str, ...] = ()
    credential: str = ""
    slowed: bool = False
    dropped_events: tuple[str, ...] = ()
    event_names: tuple[str | None, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the client has no success of it: no response, or a status of 400 and more."""
        return self.status is None or self.status >= 400 or not self.received_whole

    @property
    def over_at(self) -> float | None:
        """When the client could know how it ended: the start of the response, or the loss of the connection."""
        return self.answered_at if self.answered_at is not None else self.lost_at


class Chain(NamedTuple):
    """The attempts to get one set of events through, oldest first. `forgotten` counts attempts in its middle that are
    no longer kept, so that a client that hammers takes no memory; `total` counts all. `head` is the number of kept
    attempts that stand before those forgotten."""

    id: str
    vendor: str
    operation: str
    account: str
    attempts: tuple[Attempt, ...]
    total: int
    forgotten: int = 0
    follows_success: bool = False
    head: int = 0

    @property
    def delays(self) -> tuple[float | None, ...]:
        """The delay before each attempt but the first, in seconds: from the start of the previous response, or the
        loss of the connection, to the first byte; None where the attempt before had not ended."""
        return tuple(delay_between(one, next_) for one, next_ in zip(self.attempts, self.attempts[1:], strict=False))


def delay_between(one: Attempt, following: Attempt) -> float | None:
    """Seconds from when the client could know how `one` ended to the first byte of `following`, None where it had not
    ended by then."""
    over = one.over_at
    return None if over is None or over > following.started_at else following.started_at - over


class History(NamedTuple):
    """What the rules judge: the chains of one account's client, and all attempts by the time at which they started, as
    far as they are kept; `forgotten` counts those that are not. `over` says that no more is to come: the test has
    ended, or the client had time enough, so that what was not sent again is given up. `now` is the account's time."""

    chains: tuple[Chain, ...]
    attempts: tuple[Attempt, ...]
    forgotten: int
    over: bool
    now: float


class Limits(NamedTuple):
    """The thresholds that a test may set: the attempts of a chain (None: unlimited, for agents), whether order
    must be kept in recovery, and how many times the usual rate a backlog may drain at (None: only reported)."""

    max_attempts: int | None = 10
    ordered: bool = False
    recovery_rate: float | None = None


class Finding(NamedTuple):
    """A rule that a client broke: in which exchanges, what was `seen` against what was `due` (in seconds where it is
    about time), `why` it matters in one sentence, the evidence, and what to change."""

    rule: str
    level: RuleLevel
    requests: tuple[str, ...]
    chain: str | None
    vendor: str
    operation: str
    seen: str
    due: str
    why: str
    evidence: Evidence
    fix: str
    seen_value: float | None = None
    due_value: float | None = None


class RuleResult(NamedTuple):
    """What became of one rule: `exercised` counts the occasions on which it could have been broken. `figures` are what
    it measured, by name; those of all rules together are the figures of a verdict."""

    rule: str
    state: State
    exercised: int
    findings: tuple[Finding, ...] = ()
    note: str = ""
    figures: Mapping[str, Json] = MappingProxyType({})


class LedgerEntry(NamedTuple):
    """What became of one event: delivered once, delivered again (`deliveries` times; `harmless` where the vendor keeps
    one of them), refused for good with `status`, lost, or in doubt."""

    key: str
    name: str | None
    fate: Fate
    deliveries: int
    attempts: int
    status: int | None
    harmless: bool
    requests: tuple[str, ...]


class Verdict(NamedTuple):
    """The verdict on the conduct of one account's client (or of several): a result for every rule, the chains, the
    ledger and its totals by fate, and figures by name. `incomplete` says what is unknown, such as what was evicted."""

    results: tuple[RuleResult, ...]
    chains: tuple[Chain, ...]
    ledger: tuple[LedgerEntry, ...]
    totals: Mapping[str, int]
    figures: Mapping[str, Json]
    incomplete: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for result in self.results for finding in result.findings)
