"""The fixture `coupled_clock` in a user's project: its accounts, its durations, alone and under pytest-xdist."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester", "tests.support.plugin_fixtures"]

TESTS = """
import time
from sending import *

def test_it(datadog, coupled_clock, make_datadog):
    datadog.fail(503, until_waited=True, retry_after=1800)
    assert send(datadog) == 503
    time.sleep(1800)
    assert send(datadog) == 202
    other = make_datadog()
    assert send(other) == 202
    assert abs(other.clock.now - time.time()) < 5
    assert coupled_clock.skipped > 1790

def test_the_next_one_has_real_time(datadog):
    assert send(datadog) == 202
    assert abs(datadog.requests[0].time - datadog.requests[0].wall_time) < 60
    assert time.sleep.__name__ == "sleep" and type(time.sleep).__name__ == "builtin_function_or_method"

def test_it_fails(coupled_clock, datadog):
    time.sleep(3600)
    send(datadog, BAD)
"""


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_the_fixture(project: pytest.Pytester, options: tuple[str, ...]) -> None:
    project.makepyfile(test_it=TESTS)
    result = project.runpytest_subprocess("--junitxml=report.xml", *options)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*1 request to datadog broke the contract*"])
    report = (project.path / "report.xml").read_text("utf-8")
    durations = [float(part.partition('"')[0]) for part in report.split(' time="')[1:]]
    assert durations
    assert max(durations) < 60
