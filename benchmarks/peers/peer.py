"""What the stand-in needs of a tool: to stub an account, to arm a fault, its log, and what it complains of itself."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest

from benchmarks.peers.operations import OPERATIONS, Operation


@dataclass(frozen=True)
class Account:
    """The stubs of one vendor: its operations, each for the credentials of this account."""

    vendor: str
    headers: Mapping[str, str]

    @property
    def operations(self) -> list[Operation]:
        return [operation for operation in OPERATIONS if operation.vendor == self.vendor]

    def credentials(self, operation: Operation) -> dict[str, str]:
        """The headers that an operation's stub asks for."""
        return {name: self.headers[name] for name in operation.credentials}


@dataclass(frozen=True)
class Fault:
    """What a script makes of requests: of those that match, `after` pass, then `times` meet it."""

    account: Account
    operations: tuple[Operation, ...]
    status: int | None = None
    wire: str | None = None
    delay: float = 0.0
    retry_after: float | None = None
    until_waited: bool = False
    after: int = 0
    times: int | None = None
    match: Any = None

    def headers(self) -> dict[str, str]:
        """The headers of a response that this fault gives."""
        return {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}


@dataclass(frozen=True)
class Exchange:
    """A request that a stub of an account matched, and the status that it was given: None for a broken connection."""

    operation: Operation
    body: bytes
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """Whether it was given a success."""
        return self.status is not None and self.status < 300


class Peer(ABC):
    """A tool that takes the place of a vendor. `begin` comes before each test and forgets the last one."""

    name: str
    url: str

    @abstractmethod
    def start(self) -> None:
        """Starts it, once for all tests."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it."""

    @abstractmethod
    def begin(self) -> None:
        """Forgets all stubs and requests."""

    @abstractmethod
    def stub(self, account: Account) -> None:
        """Answers an account's operations with their documented successes."""

    @abstractmethod
    def arm(self, fault: Fault) -> None:
        """Scripts a fault; calls `cannot_be_written` for one that the tool cannot express."""

    @abstractmethod
    def log(self, account: Account) -> list[Exchange]:
        """What an account's stubs matched, oldest first."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """What the tool itself finds wrong after a test."""

    def read(self, body: bytes) -> Any:
        """A body as JSON, as the tool reads it. Raises ValueError."""
        return json.loads(body)


class Limit:
    """A rate limit that ends when a client has waited: a few lines of Python that a user can write for a stub."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._ends = math.inf

    def refuses(self, operation: Operation, now: float) -> bool:
        """Whether a request at this time, in seconds, meets it; the first one starts its time."""
        if operation not in self.fault.operations:
            return False
        if self._ends == math.inf:
            self._ends = now + (self.fault.retry_after or 0.0)
        return now < self._ends


def cannot_be_written(what: str) -> NoReturn:
    """Ends a test that a tool has no means for. The table counts it apart."""
    pytest.skip(f"cannot be written: {what}")
