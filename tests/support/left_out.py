"""Says in one line at the end of a run which tests were left out, and what would bring them in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest


class LeftOut:
    """A pytest plugin: the summary of a run counts skipped tests by the reason of each."""

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        skipped = terminalreporter.stats.get("skipped", [])
        if skipped:
            terminalreporter.write_line(line_of(reason_of(report) for report in skipped))


def reason_of(report: pytest.TestReport) -> str:
    """Why a test was skipped, in its own words."""
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else report.longreprtext


def line_of(reasons: Iterable[str]) -> str:
    counts = Counter(reasons)
    tests = "test" if counts.total() == 1 else "tests"
    each = "; ".join(f"{number} because {reason}" for reason, number in sorted(counts.items()))
    return f"left out {counts.total()} {tests}: {each}"
