"""What the pytest plugin finds after a test: requests that nobody claims, and faults that did not fire."""

from __future__ import annotations

import pytest
import yaml  # noqa: F401 - pytester forgets what its runs import, and the C part of yaml must not come twice

from tests.support.plugin_project import run

pytest_plugins = ["pytester", "tests.support.plugin_fixtures"]


def test_a_request_that_no_account_claims_fails_its_test(project: pytest.Pytester) -> None:
    code = """
from types import SimpleNamespace
def wrong(datadog): return SimpleNamespace(url=datadog.url, headers={"DD-API-KEY": datadog.api_key + "x"})
def test_wrong_key(datadog): assert send(wrong(datadog)) == 202
def test_no_key(datadog): send(SimpleNamespace(url=datadog.url, headers={}))
def test_wrong_path(datadog): send(SimpleNamespace(url=datadog.url, headers={}), path="/api/v2/prodlytic")
def test_right(datadog): assert send(datadog) == 202
@pytest.mark.mockserver(allow_unclaimed=True)
def test_allowed(datadog): send(wrong(datadog))
def test_claimed(datadog, mockserver):
    assert send(mockserver.account("datadog", "another-key")) == 202
"""
    result = run(project, code)
    result.assert_outcomes(passed=6, errors=3)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_wrong_key*",
            "1 request came that no account claims",
            "POST /api/v2/prodlytics (request r*, answered 202)",
            "  reason      nobody claims the credential * (header DD-API-KEY)",
            "*ERROR at teardown of test_no_key*",
            "  reason      there is no credential; SubmitProductAnalyticsEvent takes it in header DD-API-KEY",
            "*ERROR at teardown of test_wrong_path*",
            "  reason      no documented endpoint at this path; the nearest is POST /api/v2/prodlytics*",
        ]
    )


def test_a_test_that_uses_the_server_alone_answers_for_its_unclaimed_requests(project: pytest.Pytester) -> None:
    code = """
from types import SimpleNamespace
@pytest.fixture
def sent(mockserver): send(SimpleNamespace(url=mockserver.url, headers={}))
def test_before(datadog): send(datadog)
@pytest.mark.parametrize("number", [1, 2])
def test_it(sent, number): pass
@pytest.mark.mockserver(allow_unclaimed=True)
def test_allowed(sent): pass
def test_claimed(mockserver): send(mockserver.account("datadog"))
"""
    result = run(project, code)
    result.assert_outcomes(passed=5, errors=2)
    result.stdout.no_fnmatch_line("*late requests*")


def test_an_unclaimed_request_after_a_test_is_blamed_on_it(project: pytest.Pytester) -> None:
    code = """
from types import SimpleNamespace
def test_early(datadog, mockserver):
    global late
    late = threading.Thread(target=send, args=(SimpleNamespace(url=datadog.url, headers={}),))
@pytest.fixture
def between(): late.start(); late.join()
def test_next(between, datadog): pass
"""
    result = run(project, code)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*late requests*", "test_it.py::test_early", "  POST /api/v2/prodlytics *"])


def test_a_fault_that_did_not_fire_fails_its_test(project: pytest.Pytester) -> None:
    code = """
def test_never(datadog): datadog.fail(503, times=1)
def test_less(datadog):
    datadog.fail(503, times=2)
    send(datadog)
def test_other(datadog):
    datadog.fail(503, times=1, match={"event": {"name": "refunded"}})
    send(datadog)
def test_fired(datadog):
    datadog.fail(503, times=1)
    send(datadog)
def test_optional(datadog):
    datadog.fail(503, times=1, optional=True)
    datadog.slow(0.1)
    datadog.fail(503, times=1, probability=0.1)
def test_cleared(datadog):
    datadog.fail(503, times=1)
    datadog.clear_faults()
def test_waited(datadog):
    datadog.allow("wait", "hot")
    datadog.fail(429, retry_after=5, until_waited=True)
    assert [send(datadog), send(datadog)] == [429, 429]
    datadog.clock.advance(5)
    assert send(datadog) == 202
"""
    result = run(project, code)
    result.assert_outcomes(passed=7, errors=3)
    result.stdout.fnmatch_lines(
        [
            "1 fault of datadog did not fire as scripted",
            "  never fired: no request came",
            "  fired 1 of 2 times: 1 matching request came",
            '  never fired: * came nearest: /event/name expected "refunded", received "paid"',
            "if it need not fire, script it with optional=True",
        ]
    )
