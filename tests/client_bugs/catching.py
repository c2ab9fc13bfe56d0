"""What catches a wrong client, as a test run reports it: a failed assertion, or a finding after the test."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

import pytest

from mockserver.pytest_plugin import SERVERS

Test = TypeVar("Test", bound=Callable[..., Any])
Catches = dict[str, str]
"""What catches a bug to a part of its message."""

FINDINGS = {
    "contract": "broke the contract",
    "unclaimed": "that no account claims",
    "unfired": "did not fire as scripted",
    "forgotten": "was never awaited",
    "conduct": "of conduct",
}
"""What a test fails with after it is over, by the words that only this report has."""


def caught(**by: str) -> Callable[[Test], Test]:
    """Records what catches the bug of a test: `assertion`, `late` or one of the findings, each with a part of its
    message."""
    unknown = by.keys() - FINDINGS.keys() - {"assertion", "late"}
    assert not unknown, unknown

    def record(test: Test) -> Test:
        vars(test)["caught"] = by
        return test

    return record


def recorded(module: ModuleType) -> dict[str, Catches]:
    """The tests of a module of bugs, by name, with what catches each. A right client has nothing recorded."""
    tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    return {name: vars(test).get("caught", {}) for name, test in tests.items()}


class Collector:
    """A pytest plugin: the messages of a run by test and by what caught it."""

    def __init__(self) -> None:
        self.catches: dict[str, Catches] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        catches = self.catches.setdefault(_name(report.nodeid), {})
        if report.failed:
            assert report.when != "setup", report.longreprtext
            found = [kind for kind, words in FINDINGS.items() if words in report.longreprtext]
            catches.update(dict.fromkeys(found if report.when == "teardown" else ["assertion"], report.longreprtext))

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        for test, late in config.stash[SERVERS].late.items():
            self.catches[_name(test)]["late"] = "\n".join(late)


def _name(nodeid: str) -> str:
    """The name of a test function, without its file and its parameters."""
    return nodeid.rpartition("::")[2].partition("[")[0]
