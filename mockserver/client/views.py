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


class RequestView(TypedDict):
    """An exchange as a listing shows it: everything but headers and bodies."""

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
    """An exchange with its headers and bodies."""

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
    """A page of exchanges. The counts of evicted requests that had violations, or warnings only, are absent if 0."""

    requests: Sequence[RequestView]
    evicted_invalid: NotRequired[int]
    evicted_warned: NotRequired[int]


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
