"""Events and requests as the control API reports them, as typed records with attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from warnings import warn


@dataclass(frozen=True, slots=True)
class Record:
    """What a view of the control API says."""

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        """Members that the record does not know are left out: a newer server may tell more."""
        return cls(**{name: view[name] for name in cls.__dataclass_fields__ if name in view})


@dataclass(frozen=True, slots=True)
class ReceivedEvent(Record):
    """One thing that the code under test wanted recorded. `attributes` is its JSON as it was sent; `outcome` is
    accepted, rejected, duplicate or dropped, for `reason`; `attempt` counts presentations from 1."""

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


@dataclass(frozen=True, slots=True)
class Violation(Record):
    """One place where a request breaks the contract, with the rule, its evidence, and the change that fixes it."""

    pointer: str
    rule: str
    message: str
    evidence: Mapping[str, str]
    value: str | None = None
    parameter: str | None = None
    fix: str | None = None

    @property
    def remedy(self) -> str | None:
        """The old name of `fix`, for one more version."""
        warn("Violation.remedy is now Violation.fix", DeprecationWarning, stacklevel=2)
        return self.fix

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        return super(Violation, cls).from_view({"fix": view.get("remedy"), **view})


@dataclass(frozen=True, slots=True)
class ReceivedRequest(Record):
    """One request that arrived. `status` is None where no response was sent; `verdict` is valid or invalid."""

    id: str
    vendor: str | None
    operation: str | None
    account: str
    received: str
    method: str
    path: str
    query: str
    status: int | None
    verdict: str
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    stored: bool
    acknowledged: bool
    fault: Mapping[str, Any] | None
    bytes: int
    milliseconds: float

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        violations, warnings = (
            tuple(Violation.from_view(each) for each in views) for views in (view["violations"], view["warnings"])
        )
        return super(ReceivedRequest, cls).from_view({**view, "violations": violations, "warnings": warnings})
