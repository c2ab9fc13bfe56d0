"""Gives every test one of the three markers, and holds unit tests to theirs: they open no connection."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path

import pytest

MARKERS = ("unit", "socket", "fuzz")
FUZZED = Path(__file__).parents[1] / "fuzz"
CONNECTED_FIXTURES = {"server", "observed", "either", "http", "pytester"}
"""The fixtures that start a server or a process; a test that uses one of them is marked `socket`."""
CONNECTING_EVENTS = {"socket.bind", "socket.connect", "subprocess.Popen", "os.posix_spawn"}
"""The audit events of the interpreter that a unit test must not cause."""


def marker_of(item: pytest.Item) -> str:
    """The marker that a test without one gets, from its folder and its fixtures."""
    if item.path.is_relative_to(FUZZED):
        return "fuzz"
    return "unit" if CONNECTED_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())) else "socket"


def markers_of(item: pytest.Item) -> list[str]:
    """Those of the three markers that a test has."""
    return [marker for marker in MARKERS if item.get_closest_marker(marker)]


class Marking:
    """A pytest plugin: marks the collected tests, and fails a unit test as soon as it opens a connection."""

    def __init__(self) -> None:
        self._runs_unit_test = False
        sys.addaudithook(self._audit)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Runs first, so that `-m` sees the markers."""
        for item in items:
            if not markers_of(item):
                item.add_marker(marker_of(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._runs_unit_test = "unit" in markers_of(item)
        try:
            return (yield)
        finally:
            self._runs_unit_test = False

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._runs_unit_test and event in CONNECTING_EVENTS:
            raise AssertionError(f"a unit test causes {event} {arguments}: mark it `socket`")
