"""The verdict on a client's conduct as the control API tells it, as typed records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from mockserver.client.control import Control, accepted
from mockserver.client.records import Record

RuleLevel = Literal["violation", "advisory", "figure"]
RuleState = Literal["kept", "broken", "not exercised", "too few samples", "allowed"]
Fate = Literal["delivered", "delivered again", "refused", "lost", "in doubt"]
_NAMES = """
status wait throttled hot growth jitter cap gives-up same-event not-doubled not-lost amplification split credentials
partial timeout concurrency connections recovery same-bytes secrets
"""
RULES = tuple(_NAMES.split())
"""The rules of conduct, in the order in which a verdict tells them."""


class JudgeOptions(NamedTuple):
    """How to judge: the attempts that a client may make (None: as many as it likes); whether no more is to come, so
    that what was not sent again is given up; whether chains of requests that break the contract are left out; and how
    many chains and entries of the ledger are listed."""

    max_attempts: int | None = 10
    over: bool = True
    allow_violations: bool = False
    limit: int = 0


def verdict_view(control: Control, query: Mapping[str, str], options: JudgeOptions) -> dict[str, Any]:
    """The verdict on what some accounts sent, as JSON. Raises ControlError."""
    asked = {
        "max_attempts": "unlimited" if options.max_attempts is None else str(options.max_attempts),
        "over": "true" if options.over else "false",
        "allow_violations": "true" if options.allow_violations else "false",
        "limit": str(options.limit),
    }
    view: dict[str, Any] = accepted(control.call("GET", "/conduct", {**query, **asked}))
    return view


@dataclass(frozen=True, slots=True)
class ConductFinding(Record):
    """A rule that a client broke: in which requests, what was `seen` against what was `due` (their values in seconds
    where they are times), `why` it matters, the evidence (`kind`, `source`, perhaps `url`), and what to change."""

    rule: str
    level: RuleLevel
    requests: tuple[str, ...]
    chain: str | None
    vendor: str
    operation: str
    seen: str
    due: str
    why: str
    evidence: Mapping[str, str]
    fix: str
    seen_value: float | None = None
    due_value: float | None = None

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        return super(ConductFinding, cls).from_view({**view, "requests": tuple(view["requests"])})


@dataclass(frozen=True, slots=True)
class RuleResult(Record):
    """What became of one rule: `exercised` counts the occasions on which it could have been broken."""

    rule: str
    state: RuleState
    exercised: int
    findings: tuple[ConductFinding, ...] = ()
    note: str = ""

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        return super(RuleResult, cls).from_view(
            {**view, "findings": tuple(map(ConductFinding.from_view, view["findings"]))}
        )


@dataclass(frozen=True, slots=True)
class Attempt(Record):
    """One request of a chain. Times are seconds since the epoch on the account's clock: `started_at` its first byte,
    `answered_at` and `finished_at` the start and the end of its response, `lost_at` when its connection was lost before
    that. `delay` is what the client waited before it, in seconds, None for the first and where the one before had not
    ended; `told` what its response told to wait, by the header `told_by`."""

    request_id: str
    status: int | None
    retry: str = "may"
    delay: float | None = None
    told: float | None = None
    told_by: str | None = None
    started_at: float = 0.0
    answered_at: float | None = None
    finished_at: float | None = None
    lost_at: float | None = None
    connection: int | None = None
    bytes: int = 0
    events: int = 0
    fault: str | None = None
    wire: str | None = None
    valid: bool = True
    stored: bool = False
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Chain(Record):
    """The attempts to get one set of events through, oldest first. `total` counts all, of which `forgotten` are no
    longer kept."""

    id: str
    vendor: str
    operation: str
    account: str
    attempts: tuple[Attempt, ...]
    total: int
    forgotten: int = 0
    follows_success: bool = False

    @property
    def delays(self) -> tuple[float | None, ...]:
        """The delay before each attempt but the first, in seconds; None where the one before had not ended."""
        return tuple(attempt.delay for attempt in self.attempts[1:])

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        return super(Chain, cls).from_view({**view, "attempts": tuple(map(Attempt.from_view, view["attempts"]))})


@dataclass(frozen=True, slots=True)
class LedgerEntry(Record):
    """What became of one event: its `fate`, how often it was delivered and attempted, the `status` that refused it, and
    whether the vendor keeps one of several deliveries (`harmless`)."""

    key: str
    name: str | None
    fate: Fate
    deliveries: int
    attempts: int
    status: int | None = None
    harmless: bool = False
    requests: tuple[str, ...] = ()

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        return super(LedgerEntry, cls).from_view({**view, "requests": tuple(view.get("requests", ()))})


@dataclass(frozen=True, slots=True)
class Conduct(Record):
    """The verdict on how a client behaved: a result for every rule, the chains of attempts, the ledger of events with
    its `totals` by fate, and `figures` by name. `incomplete` says what is unknown, such as what was evicted."""

    results: tuple[RuleResult, ...]
    chains: tuple[Chain, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[ConductFinding, ...]:
        """Every finding, of whatever level."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def violations(self) -> tuple[ConductFinding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "violation")

    @property
    def advisories(self) -> tuple[ConductFinding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "advisory")

    def __getitem__(self, rule: str) -> RuleResult:
        """The result of one rule. Raises KeyError."""
        for result in self.results:
            if result.rule == rule:
                return result
        raise KeyError(rule)

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        members = {
            "results": tuple(map(RuleResult.from_view, view["results"])),
            "chains": tuple(map(Chain.from_view, view.get("chains", ()))),
            "ledger": tuple(map(LedgerEntry.from_view, view.get("ledger", ()))),
            "incomplete": tuple(view.get("incomplete", ())),
        }
        return super(Conduct, cls).from_view({**view, **members})
