"""What one test pays for the `datadog` fixture: `python benchmarks/fixture_cost.py [TESTS]` prints a table.

pytest itself runs a suite of that many tests, twice: with the fixture, one request and one assert in each, and with
empty tests. Its own hooks take the times. Exit code 1 where the median is over the budget.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

BUDGET_MS, FIXTURE_BUDGET_MS = 3.0, 1.0
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


def main(tests: int) -> int:
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "test_cost.py"
        suite.write_text(SUITE.replace("TESTS", str(tests)), "utf-8")
        options = ["-q", "-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-c", "/dev/null"]
        code = pytest.main([*options, "--rootdir", folder, str(suite)], plugins=[watch])
    if code:
        return int(code)
    parts = watch.parts.parts

    def row(name: str, median: float, worst: float) -> None:
        print(f"{name:<44} {median:8.3f} {worst:8.3f}")

    def costs(name: str) -> list[float]:
        """Without the first: it starts the server."""
        return parts[name][1:]

    def over_empty(name: str) -> float:
        return statistics.median(costs(f"{name} test_with")) - statistics.median(costs(f"{name} test_empty"))

    print(f"{f'{tests} tests, milliseconds per test':<44} {'median':>8} {'99 %':>8}")
    for name in ("set-up test_with", "request", "assert", "teardown test_with", "whole test_with", "whole test_empty"):
        row(name, statistics.median(costs(name)), statistics.quantiles(costs(name), n=100)[-1])
    fixture, whole = over_empty("set-up") + over_empty("teardown"), over_empty("whole")
    print(f"\nthe fixture alone (set-up and teardown):        {fixture:8.3f} of {FIXTURE_BUDGET_MS:g} ms")
    print(f"set-up, one request, one assert, teardown:      {whole:8.3f} of {BUDGET_MS:g} ms")
    return int(fixture > FIXTURE_BUDGET_MS or whole > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
