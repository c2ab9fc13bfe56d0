"""What the control API tells of events and requests, as typed records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
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
class Violation:
    """One place where a request departs from the contract, with the rule, its evidence, and what would mend it."""

    pointer: str
    rule: str
    message: str
    evidence: Mapping[str, str]
    value: str | None = None
    parameter: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request that arrived. `status` is None where nothing was answered; `verdict` is valid or invalid."""

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
    def from_json(cls, view: Mapping[str, Any]) -> ReceivedRequest:
        judged = {
            name: tuple(Violation(**violation) for violation in view[name]) for name in ("violations", "warnings")
        }
        known = {field.name for field in fields(cls)}  # a newer server may tell more
        return cls(**{name: value for name, value in {**view, **judged}.items() if name in known})
