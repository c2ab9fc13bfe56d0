"""The pytest plugin judges the conduct of each test's client: what fails a test, what is only told, what is allowed."""

from __future__ import annotations

import pytest

from tests.support.plugin_project import run

pytest_plugins = ["pytester", "tests.support.plugin_fixtures"]


def test_a_client_that_does_not_wait_fails_its_test(project: pytest.Pytester) -> None:
    code = """
def test_hasty(datadog):
    datadog.fail(503, times=1, retry_after=5)
    assert [send(datadog), send(datadog)] == [503, 202]
def test_patient(datadog):
    datadog.clock.freeze()
    datadog.fail(503, times=1, retry_after=5)
    assert send(datadog) == 503
    datadog.clock.advance(5)
    assert send(datadog) == 202
"""
    result = run(project, code)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_hasty*",
            "the client of datadog broke 1 rule of conduct",
            "SubmitProductAnalyticsEvent: sent again after * (rule: wait)",
            "    due       5 s, told by Retry-After",
            "    requests  r1, r2",
            "    why       *",
            "    evidence  documented: RFC 9110*",
            "    fix       Wait until *",
            'if the test makes its client do so on purpose, call allow("wait")',
        ]
    )


def test_rules_are_allowed_by_name(project: pytest.Pytester) -> None:
    code = """
HASTY = {"status": 503, "times": 1, "retry_after": 5}
def test_call(datadog):
    datadog.script(HASTY)
    send(datadog), send(datadog)
    datadog.allow("wait", "hot")
@pytest.mark.mockserver(allow=["wait", "hot"])
def test_marker(datadog):
    datadog.script(HASTY)
    send(datadog), send(datadog)
def test_maker(make_datadog):
    datadog = make_datadog(allow="wait")
    datadog.script(HASTY)
    send(datadog), send(datadog)
def test_other_rule(datadog):
    datadog.script(HASTY)
    send(datadog), send(datadog)
    datadog.allow("status")
def test_unknown(datadog):
    with pytest.raises(ValueError, match="no rule of conduct 'wiat'; did you mean 'wait'"):
        datadog.allow("wiat")
"""
    result = run(project, code)
    result.assert_outcomes(passed=5, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_other_rule*"])


def test_a_marker_with_an_unknown_rule_is_refused(project: pytest.Pytester) -> None:
    result = run(project, "@pytest.mark.mockserver(allow='wiat')\ndef test_it(datadog): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no rule of conduct 'wiat'; did you mean 'wait'?*"])


GIVES_UP = """
def test_gives_up(datadog):
    datadog.fail(503, times=1)
    assert send(datadog) == 503
"""


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_an_advisory_is_told_in_the_summary_and_fails_nothing(
    project: pytest.Pytester, options: tuple[str, ...]
) -> None:
    project.makepyfile(test_it="from sending import *\n" + GIVES_UP)
    result = project.runpytest_subprocess(*options) if options else project.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*mockserver: advisories*", "test_it.py::test_gives_up", "  not-lost: *(SubmitProductAnalyticsEvent*)"]
    )


def test_strict_fails_for_advisories_too(project: pytest.Pytester) -> None:
    result = run(project, GIVES_UP, "--mockserver-strict")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*(rule: not-lost, an advisory)"])
    assert "mockserver: advisories" not in result.stdout.str()


def test_chains_of_requests_that_break_the_contract_on_purpose_are_not_judged(project: pytest.Pytester) -> None:
    code = """
def test_on_purpose(datadog):
    datadog.allow_violations()
    assert [send(datadog, BAD), send(datadog, BAD)] == [400, 400]
def test_others_are(datadog):
    datadog.assert_contract_kept()
    datadog.allow_violations()
    datadog.fail(503, times=1, retry_after=5)
    send(datadog), send(datadog)
"""
    result = run(project, code)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_others_are*", "*(rule: wait)"])


def test_the_verdict_is_an_object_and_can_be_asserted(project: pytest.Pytester) -> None:
    code = """
def test_verdict(datadog):
    datadog.fail(503, times=2, retry_after=1)
    for _ in range(3):
        send(datadog)
    conduct = datadog.conduct
    assert conduct["wait"].state == "broken"
    assert {"wait"} <= {finding.rule for finding in conduct.violations} <= {"wait", "hot"}
    (chain,) = conduct.chains
    assert [attempt.status for attempt in chain.attempts] == [503, 503, 202]
    assert all(delay < 0.5 for delay in chain.delays)
    assert [entry.fate for entry in conduct.ledger] == ["delivered"]
    datadog.allow("wait", "hot", "throttled")
    datadog.assert_conduct(max_attempts=3)
    with pytest.raises(AssertionError, match=r"3 attempts"):
        datadog.assert_conduct(max_attempts=2)
    with pytest.raises(AssertionError, match="expected amplification of at most 1.2, but it was not measured"):
        datadog.assert_conduct(amplification=1.2)
async def _awaited(datadog):
    assert (await datadog.aio.conduct()).violations == ()
    await datadog.aio.assert_conduct()
def test_awaited(datadog):
    import asyncio
    send(datadog)
    asyncio.run(_awaited(datadog))
"""
    run(project, code).assert_outcomes(passed=2)
