"""Measures what one test pays for the `datadog` fixture.

pytest itself runs a suite, twice: with the fixture, one request and one assert in each test, and with empty tests.
Its own hooks take the times.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import Target
from benchmarks.scale import Run

WHOLE, FIXTURE = Target(3, least=False), Target(1, least=False)
SUITE = """
import http.client, json, time
import pytest

BODY = json.dumps({"type": "server", "application": {"id": "a"}, "event": {"name": "paid"}, "usr": {"id": "u1"}})
KEPT = []

def connection(datadog):
    if not KEPT:
        KEPT.append(http.client.HTTPConnection(datadog.host, datadog.port))
    return KEPT[0]

@pytest.mark.parametrize("number", range(TESTS))
def test_with(datadog, number, timed):
    client = connection(datadog)
    with timed("request"):
        client.request("POST", "/api/v2/prodlytics", BODY, datadog.headers)
        answer = client.getresponse()
        answer.read()
    assert answer.status == 202
    with timed("assert"):
        datadog.assert_received("paid", times=1, json={"usr": {"id": "u1"}})

@pytest.mark.parametrize("number", range(TESTS))
def test_empty(number):
    pass
"""


class Timed:
    """The parts of a test by name, in milliseconds each."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = defaultdict(list)
        self._name = ""

    def __call__(self, name: str) -> Timed:
        self._name = name
        return self

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.parts[self._name].append((time.perf_counter() - self._started) * 1000)


class Stopwatch:
    """A pytest plugin that times set-up and teardown of fixtures, and whole tests."""

    def __init__(self) -> None:
        self.parts = Timed()

    @pytest.fixture(scope="session")
    def timed(self) -> Timed:
        return self.parts

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        return (yield from self._phase("whole", item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        return (yield from self._phase("set-up", item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Any:
        return (yield from self._phase("teardown", item))

    def _phase(self, phase: str, item: pytest.Item) -> Any:
        started = time.perf_counter()
        result = yield
        name = f"{phase} {item.name.partition('[')[0]}"
        self.parts.parts[name].append((time.perf_counter() - started) * 1000)
        return result


def fixture_cost(run: Run) -> None:
    """The phases of a test with the fixture, and what each costs more than that of an empty test."""
    tests, report = run.scale.fixture_tests, run.report
    parts = _times(run, tests)
    if parts is None:
        return

    def over_empty(name: str) -> float:
        return statistics.median(parts[f"{name} test_with"]) - statistics.median(parts[f"{name} test_empty"])

    report.section(f"The datadog fixture, {tests:,} tests")
    for name in ("set-up test_with", "request", "assert", "teardown test_with", "whole test_with", "whole test_empty"):
        report.median(name, parts[name], "ms")
    report.figure(
        "the fixture alone: set-up and teardown", over_empty("set-up") + over_empty("teardown"), "ms", FIXTURE
    )
    report.figure("set-up, one request, one assert, teardown", over_empty("whole"), "ms", WHOLE)


def _times(run: Run, tests: int) -> dict[str, list[float]] | None:
    """Milliseconds by phase, without the first of each, which starts the server. None if a test failed."""
    watch, said = Stopwatch(), io.StringIO()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # other plugins that happen to be installed cost their own
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
        suite = Path(folder) / "test_cost.py"
        suite.write_text(SUITE.replace("TESTS", str(tests)), "utf-8")
        options = ["-q", "-q", "--no-header", "--no-summary", "-c", "/dev/null", "-p", "no:cacheprovider"]
        options += ["-p", "mockserver.pytest_plugin"]
        code = pytest.main([*options, "--rootdir", folder, str(suite)], plugins=[watch])
    if code:
        run.report.error(f"the suite with the fixture ended with {code}: {said.getvalue()[-500:]}")
        return None
    return {name: costs[1:] for name, costs in watch.parts.parts.items()}
