"""The JSON of the control API, as typed dictionaries: the server builds them, clients read them.

`control/openapi.yaml` describes the same members; the tests compare the two. Clients ignore members that are not here.
"""

# Without `from __future__ import annotations`, which would hide NotRequired from `__required_keys__`.

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict


class EvidenceView(TypedDict):
    kind: Literal["documented", "recorded", "inferred", "assumed"]
    source: str
    url: NotRequired[str]
    file: NotRequired[str]


class ViolationView(TypedDict):
    pointer: str
    rule: str
    message: str
    evidence: EvidenceView
    value: NotRequired[str]
    parameter: NotRequired[str]
    fix: NotRequired[str]
    remedy: NotRequired[str]
    """The old name of `fix`, with the same value, for one more version."""


class UnclaimedView(TypedDict):
    """Why a request is nobody's, and what was probably meant: the `credential` that it has (masked) and its `place`,
    the `endpoint`, where that one's credential is `expected`, and the claimed `account` that comes nearest."""

    reason: str
    credential: str | None
    place: str | None
    endpoint: str | None
    expected: str | None
    account: str | None


class MonotonicView(TypedDict):
    """When what happened to a request, in seconds of a monotonic clock of the server, null for what did not."""

    started: float
    request_ended: float | None
    answered: float | None
    finished: float | None
    lost: float | None


class RequestView(TypedDict):
    """An exchange as a listing shows it: everything but headers and bodies. Names that end in `_at` are seconds since
    the epoch on the account's clock: the first byte of a request, its end, the start and the end of its response, and
    the loss of its connection before that was whole; `monotonic` has the same by a clock that nobody sets."""

    id: str
    vendor: str | None
    operation: str | None
    account: str
    received: str
    time: float
    wall_time: float
    connection: int | None
    method: str
    path: str
    query: str
    status: int | None
    verdict: Literal["valid", "invalid"]
    violations: list[ViolationView]
    warnings: list[ViolationView]
    response_violations: list[ViolationView]
    stored: bool
    acknowledged: bool
    fault: dict[str, Any] | None
    bytes: int
    milliseconds: float
    started_at: float
    request_ended_at: float | None
    answered_at: float | None
    finished_at: float | None
    lost_at: float | None
    monotonic: MonotonicView
    position: int | None
    connection_closed: bool
    wire_bytes: int
    fault_stage: Literal["before", "after"] | None
    unclaimed: NotRequired[UnclaimedView]
    not_judged: NotRequired[list[str]]


class BodyView(TypedDict, total=False):
    """A body as text where it is UTF-8, else as base64."""

    body: str
    body_base64: str


class SentRequestView(BodyView):
    headers: list[list[str]]
    truncated: bool
    json: Any


class SentResponseView(BodyView):
    status: int | None
    headers: list[list[str]]
    truncated: bool


class WholeRequestView(RequestView):
    """An exchange with its headers and bodies, the digest of the request's body as it was sent, and the keys and the
    clients' own ids of the events in it."""

    body_digest: str
    event_keys: list[str]
    dedup_ids: list[str | None]
    request: SentRequestView
    response: SentResponseView
    error: str | None


class EventView(TypedDict):
    vendor: str
    operation: str
    account: str
    name: str | None
    id: str | None
    timestamp: str
    identity: str | None
    session: str | None
    attributes: Any
    outcome: str
    reason: str | None
    acknowledged: bool
    attempt: int
    request_id: str


class PageView(TypedDict):
    """What every listing tells besides its entries. `total` counts those of all pages; `next` is the cursor of the
    next page, None on the last."""

    total: int
    evicted: int
    next: str | None


class RequestsView(PageView):
    """A page of exchanges. The counts of evicted requests that had violations, or warnings only, are absent if 0, and
    so is that of `failures`: the requests of these accounts, listed or not, that had no success."""

    requests: Sequence[RequestView]
    evicted_invalid: NotRequired[int]
    evicted_warned: NotRequired[int]
    failures: NotRequired[int]


class EventsView(PageView):
    events: list[EventView]


class DifferenceView(TypedDict):
    pointer: str
    expected: str
    actual: Any
    missing: bool


class NearView(TypedDict):
    event: EventView
    differences: list[DifferenceView]


class VerifiedView(TypedDict):
    """As many events as expected."""

    ok: bool
    count: int
    evicted: int


class UnverifiedView(VerifiedView):
    """Fewer or more events than expected; or `undecided`, because `unseen` requests were evicted."""

    undecided: bool
    unseen: int
    expected: str
    matched: list[EventView]
    nearest: list[NearView]
    compared: int
    total: int
    requests: list[RequestView]
    unclaimed: list[RequestView]


class ClockView(TypedDict):
    now: float
    iso: str
    frozen: bool
    rate: float
    due_in: float | None


class AttemptView(TypedDict):
    """One request of a chain; times are seconds since the epoch on the account's clock. `delay` is what the client
    waited before it, in seconds, null for the first and where the one before had not ended; `told` is what its response
    told to wait, by the header `told_by`. `retry` says whether it may be sent again."""

    request_id: str
    status: int | None
    retry: Literal["must", "should", "may", "must-not"]
    delay: float | None
    told: float | None
    told_by: str | None
    started_at: float
    answered_at: float | None
    finished_at: float | None
    lost_at: float | None
    connection: int | None
    position: int | None
    bytes: int
    events: int
    fault: str | None
    fault_stage: str | None
    wire: str | None
    valid: bool
    stored: bool
    acknowledged: bool
    received_whole: bool


class ChainView(TypedDict):
    """The attempts to get one set of events through, oldest first. `total` counts all, of which `forgotten` are no
    longer kept; they came behind the first `head` of those that are."""

    id: str
    vendor: str
    operation: str
    account: str
    total: int
    forgotten: int
    head: int
    follows_success: bool
    attempts: list[AttemptView]


class ConductFindingView(TypedDict):
    """A rule that a client broke: what was `seen` against what was `due`, and the change that keeps it."""

    rule: str
    level: Literal["violation", "advisory", "figure"]
    requests: list[str]
    chain: str | None
    vendor: str
    operation: str
    seen: str
    due: str
    why: str
    evidence: EvidenceView
    fix: str
    seen_value: float | None
    due_value: float | None


class RuleResultView(TypedDict):
    """What became of one rule; `exercised` counts the occasions on which it could have been broken."""

    rule: str
    state: Literal["kept", "broken", "not exercised", "too few samples", "allowed"]
    exercised: int
    findings: list[ConductFindingView]
    note: str
    figures: dict[str, Any]


class LedgerEntryView(TypedDict):
    """What became of one event: `status` is what refused it for good, `harmless` says that the vendor keeps one of
    several deliveries."""

    key: str
    name: str | None
    fate: Literal["delivered", "delivered again", "refused", "lost", "in doubt"]
    deliveries: int
    attempts: int
    status: int | None
    harmless: bool
    requests: list[str]


class VerdictView(TypedDict):
    """A verdict on conduct. `chains` and `ledger` hold one page, their totals count all; `totals` counts the events of
    each fate, `incomplete` says what is unknown."""

    results: list[RuleResultView]
    chains: list[ChainView]
    chains_total: int
    ledger: list[LedgerEntryView]
    ledger_total: int
    totals: dict[str, int]
    figures: dict[str, Any]
    incomplete: list[str]


class AccountConductView(VerdictView):
    """The verdict on the client of one account."""

    account: str
    vendor: str


class ConductView(VerdictView):
    """The verdict on the selected accounts together, and on each of `accounts` where there are several."""

    over: bool
    accounts: list[AccountConductView]
