"""The frozen records that travel along the way of a request; they know no stage and no framework.

Those of which every request makes some are named tuples, which are made several times faster than frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from itertools import chain
from typing import Any, Literal, NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]
Json = Any
EvidenceKind = Literal["documented", "recorded", "inferred", "assumed"]
Level = Literal["violation", "uncertain", "warning"]
Retry = Literal["must", "should", "may", "must-not"]
"""Whether a request may be sent again after a status: `x-retry` in a contract."""


class Evidence(NamedTuple):
    """Where a rule comes from: `documented` (a docs page), `recorded` (seen from the live service), `inferred`
    (from a sibling service or an SDK) or `assumed` (nobody knows; we chose), and which page, recording or SDK."""

    kind: EvidenceKind
    source: str


class FailureKind(Enum):
    """Why a vendor turns a request down. `http/problems.py` says which status each kind gets."""

    CREDENTIAL_MISSING = "credential-missing"
    CREDENTIAL_INVALID = "credential-invalid"
    APPLICATION_KEY_MISSING = "application-key-missing"
    UNREADABLE = "unreadable"
    ENCODING_UNKNOWN = "encoding-unknown"
    MEDIA_TYPE = "media-type"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    RATE_LIMITED = "rate-limited"
    WRONG_METHOD = "wrong-method"
    UNKNOWN_PATH = "unknown-path"
    ASKED_FOR = "asked-for"
    BUG = "bug"


class SyntaxProblem(NamedTuple):
    """Why a text is no JSON: the parser's words for the problem, and its place, both counted from 1 as the parser does.
    `duplicate_name` is the member that an object has twice, where that is the problem."""

    line: int
    column: int
    problem: str
    duplicate_name: str | None = None


class Violation(NamedTuple):
    """One place where a request departs from a contract.

    `pointer` is a JSON Pointer (RFC 6901) into the body, "" for the whole; `rule` is the JSON Schema keyword or the
    name of the contract's rule; `value` is what stood there, cut to a readable length. `limit` is the keyword's value.
    `parameter` names the path or query parameter or the header, where the violation is not in the body. A violation
    whose `level` is `uncertain` is a warning by the documented contract, one whose level is `warning` by both.
    """

    pointer: str
    rule: str
    message: str
    evidence: Evidence
    value: str | None = None
    limit: Json = None
    parameter: str | None = None
    level: Level = "violation"

    @property
    def place(self) -> str:
        """Where it is, in words: the pointer, or the name of the parameter; the path and the method are their rules."""
        whole = f"{self.rule}:" if self.rule in ("path", "method") else "the body"
        return self.pointer or self.parameter or whole


NOT_JUDGED = "not-judged"
"""The rule of the warnings that say what was not judged."""


class Verdict(NamedTuple):
    """What we think of a request, whatever the vendor's response. `rejections` are the violations that the vendor of
    the served profile turns a request down for; under the profile `documented` they are the violations."""

    violations: tuple[Violation, ...] = ()
    warnings: tuple[Violation, ...] = ()
    rejections: tuple[Violation, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.violations

    @property
    def not_judged(self) -> tuple[str, ...]:
        """What of the request was not judged: `valid` says nothing of it."""
        return tuple(each.message for each in self.warnings if each.rule == NOT_JUDGED)


ACCEPTED = Verdict()


HEADER_BYTES = 100
"""What a header takes in memory besides its bytes, near enough for a bound."""


def bytes_of_headers(headers: Headers) -> int:
    """What headers take in memory, near enough for a bound."""
    return sum(map(len, chain.from_iterable(headers))) + len(headers) * HEADER_BYTES


class Request(NamedTuple):
    """A request as it arrived. `body` is raw, as sent on the wire (still compressed); where it was larger than the
    limit only its beginning is kept, `body_size` counts all bytes that came and `truncated` is true. `connection` is
    the number of the TCP connection that it came on, None without one. `known_header_bytes` is `header_bytes` where it
    was computed for equal headers before."""

    method: str
    path: str
    query: bytes
    headers: Headers
    body: bytes
    body_size: int
    truncated: bool = False
    connection: int | None = None
    known_header_bytes: int | None = None

    @property
    def header_bytes(self) -> int:
        """What its headers take in memory, near enough for a bound."""
        known = self.known_header_bytes
        return bytes_of_headers(self.headers) if known is None else known

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header; `name` in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class FiredFault(NamedTuple):
    """The scripted fault that fired on a request: `source` is the fault as it was written, `delay` the seconds that it
    held the response back, `wire` the name of its wire fault. `rejects` says that it kept the vendor from storing what
    was sent."""

    id: str
    stage: Literal["before", "after"]
    status: int | None
    wire: str | None
    delay: float
    rejects: bool
    source: Mapping[str, Json]


class EventOutcome(NamedTuple):
    """What the vendor makes of one event of an accepted request: its outcome (`accepted`, `duplicate` or `dropped`),
    the reason, and the session that it was put into."""

    outcome: str
    reason: str | None = None
    session: str | None = None


class Response(NamedTuple):
    """A response to be sent: status, body, its content type (empty without content), and further headers in wire form.
    `fates` say what became of each event of the request, in order, where that is not plain acceptance. `pieces` is how
    many chunks the body is sent in; 0: whole, with its length. `warnings` are those of the vendor's behaviour, for the
    verdict."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: Headers = ()
    event_outcomes: tuple[EventOutcome, ...] = ()
    pieces: int = 0
    warnings: tuple[Violation, ...] = ()

    def with_headers(self, more: Headers) -> Response:
        return self._replace(headers=self.headers + more) if more else self


class Quota(NamedTuple):
    """How an account stands against a rate limit: `limit` requests in `period` seconds, `remaining` of them left,
    until `reset_at` (seconds since the epoch on its clock), which is `resets_in` seconds away. `spent` says that this
    request was one too many."""

    name: str
    limit: int
    period: int
    remaining: int
    reset_at: float
    resets_in: float
    spent: bool


class Timing(NamedTuple):
    """When what happened to a request. Names that end in `_at` are seconds since the epoch on the account's clock, the
    others seconds of a monotonic clock of the server, from an origin of its own.

    It `started` with its first byte; `ended` is when all of it was read, None where the client left before; `answered`
    is the start of the response, None where there was none, and `finished` its end. `lost` is when the connection was
    lost before the response was whole; `closed` says that it was the server that closed it. `position` counts the
    requests of a connection from 1, None without one.
    """

    started: float = 0.0
    started_at: float = 0.0
    ended: float | None = None
    ended_at: float | None = None
    answered: float | None = None
    answered_at: float | None = None
    finished: float | None = None
    finished_at: float | None = None
    lost: float | None = None
    lost_at: float | None = None
    closed: bool = False
    position: int | None = None


UNTIMED = Timing()
FINDING_BYTES, OUTCOME_BYTES, EXCHANGE_BYTES = 700, 80, 1320
"""What a violation, a fate and an exchange take in memory besides their bytes, near enough for a bound."""


class Exchange(NamedTuple):
    """One request with its response, as the journal keeps it.

    `received` is seconds since the epoch on the account's clock, when its outcome was clear; `wall_time` is that on the
    real clock, when it began; `timing` has both for all that happened. `milliseconds` is how long it took, until its
    connection was lost where a wire fault held it. `status` is None where nothing was answered: the client left, or a
    wire fault came instead. `stored` says that the vendor took what
    was sent, `acknowledged` that the client could learn it. `accepted_body` is the body of the vendor's own response
    where a fault kept it from the client. `error` is the traceback of a bug of ours.
    `response_violations` are what the response of a real vendor, seen by the proxy, did wrong; where
    `response_truncated`, only the beginning of its body is kept.
    """

    sequence: int
    vendor: str | None
    operation: str | None
    account: str
    received: float
    request: Request
    status: int | None
    response_headers: Headers
    response_body: bytes
    verdict: Verdict
    milliseconds: float
    stored: bool = False
    acknowledged: bool = False
    fault: FiredFault | None = None
    event_outcomes: tuple[EventOutcome, ...] = ()
    accepted_body: bytes = b""
    error: str | None = None
    response_violations: tuple[Violation, ...] = ()
    response_truncated: bool = False
    wall_time: float = 0.0
    timing: Timing = UNTIMED

    @property
    def id(self) -> str:
        return f"r{self.sequence}"

    @property
    def failed(self) -> bool:
        """Whether the client could learn of no success."""
        return not self.acknowledged or self.status is None or self.status >= 400

    @property
    def size(self) -> int:
        """Bytes that this exchange keeps in memory, near enough for a bound."""
        request, verdict = self.request, self.verdict
        findings = len(verdict.violations) + len(verdict.warnings) + len(self.response_violations)
        bodies = len(request.body) + len(self.response_body) + len(self.accepted_body)
        bodies += len(request.query) + len(request.path)
        return (
            bodies
            + request.header_bytes
            + findings * FINDING_BYTES
            + len(self.event_outcomes) * OUTCOME_BYTES
            + EXCHANGE_BYTES
        )


class EventPart(NamedTuple):
    """One event as a vendor module finds it in a body: `dedup_id` is the client's own id, `assigned_id` the vendor's.
    `timestamp` is seconds since the epoch or the vendor's text; `attributes` the event's JSON as it was sent."""

    name: str | None
    attributes: Json
    dedup_id: str | None = None
    assigned_id: str | None = None
    timestamp: float | str | None = None
    identity: str | None = None
    session: str | None = None


class Event(NamedTuple):
    """One thing that a client wanted recorded, whatever envelope it came in.

    `outcome` is `accepted`, `rejected`, `duplicate` or `dropped` (accepted by the API, thrown away by the vendor, for
    `reason`). `acknowledged` says that the client could learn of its acceptance; `attempt` counts presentations.
    """

    vendor: str
    operation: str
    account: str
    name: str | None
    id: str | None
    timestamp: float | str
    identity: str | None
    session: str | None
    attributes: Json
    outcome: str
    reason: str | None
    acknowledged: bool
    attempt: int
    request_id: str
