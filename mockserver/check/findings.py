"""The outcome of a check: every violation with its place, and counts of all that was and was not judged."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from mockserver.check.recorded import UnreadableFile
from mockserver.model import Violation

Side = Literal["request", "response"]
Level = Literal["violation", "warning"]
MAX_FINDINGS = 10_000
MAX_NAMES = 1000
OTHERS = "(others)"


class JudgedExchange(NamedTuple):
    """An exchange as the reports name it. `url` is the request's path and query, credentials masked; `time` is when it
    was recorded, in seconds since the epoch, None where that is not known."""

    file: Path
    place: str
    line: int | None
    time: float | None
    vendor: str
    operation: str
    method: str
    url: str
    status: int | None


class Finding(NamedTuple):
    """One place where a recording departs from a contract. `fix` is the smallest change that mends a request."""

    exchange: JudgedExchange
    side: Side
    level: Level
    violation: Violation
    fix: str | None


@dataclass(slots=True)
class OperationCount:
    """How often an operation was called, and how many of its requests and responses broke the contract."""

    exchanges: int = 0
    requests_violated: int = 0
    responses_violated: int = 0
    warnings: int = 0


@dataclass(slots=True)
class Report:
    """The outcome of a check. At most MAX_FINDINGS findings are kept; the counts are of all."""

    profile: str
    sides: tuple[Side, ...]
    strict: bool = False
    files: dict[Path, int] = field(default_factory=dict)
    passed_over: int = 0
    exchanges: int = 0
    judged: int = 0
    violations: int = 0
    warnings: int = 0
    findings: list[Finding] = field(default_factory=list)
    operations: dict[tuple[str, str], OperationCount] = field(default_factory=dict)
    unknown_hosts: Counter[str] = field(default_factory=Counter)
    unknown_paths: Counter[str] = field(default_factory=Counter)
    not_judged: Counter[str] = field(default_factory=Counter)
    untimed: int = 0
    unreadable: list[UnreadableFile] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """2 where a file could not be read, 1 where a contract was broken (strict: where there is a warning or nothing
        was judged, too), else 0."""
        if self.unreadable:
            return 2
        return int(bool(self.violations or (self.strict and (self.warnings or not self.judged))))

    @property
    def left_out(self) -> int:
        """How many findings were counted and not kept."""
        return self.violations + self.warnings - len(self.findings)

    def add(self, finding: Finding) -> None:
        if finding.level == "violation":
            self.violations += 1
        else:
            self.warnings += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)


def count(counter: Counter[str], name: str) -> None:
    """Counts a name; beyond MAX_NAMES different ones, all others count as one."""
    counter[name if name in counter or len(counter) < MAX_NAMES else OTHERS] += 1
