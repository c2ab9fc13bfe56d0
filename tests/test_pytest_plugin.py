"""The pytest plugin, run inside pytest: its markers, options and failures, alone and under pytest-xdist."""

from __future__ import annotations

import re

import pytest
import yaml  # noqa: F401 - pytester forgets what its runs import, and the C part of yaml must not come twice

from tests.client.test_messages import compare
from tests.support.harness import PLAIN_PYTEST, Server, serving
from tests.support.plugin_project import run

pytest_plugins = ["pytester", "tests.support.plugin_fixtures"]


def test_nothing_has_to_be_imported(project: pytest.Pytester) -> None:
    result = run(project, "def test_it(datadog, satori, supalytics): assert send(datadog) == 202")
    result.assert_outcomes(passed=1)


def test_a_broken_contract_fails_at_teardown(project: pytest.Pytester) -> None:
    result = run(project, "def test_it(datadog): send(datadog, BAD)")
    result.assert_outcomes(passed=1, errors=1)
    text = result.stdout.str()
    start, end = text.index("1 request to datadog"), text.index("allow_violations()") + len("allow_violations()")
    compare("broken_contract_in_pytest", text[start:end])


def test_a_broken_contract_fails_a_test_that_failed_already(project: pytest.Pytester) -> None:
    result = run(project, "def test_it(datadog): assert send(datadog, BAD) == 202")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["1 request to datadog broke the contract", "*assert 400 == 202*"])


def test_every_account_and_every_violation_is_told(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
        def test_it(datadog, satori):
            send(datadog, {})
            send(datadog, BAD)
            send(satori, {"events": [{"name": 1}]}, "/v1/server-event")
        """.replace("\n        ", "\n"),
    )
    result.assert_outcomes(passed=1, errors=1)
    text = result.stdout.str()
    assert "2 requests to datadog broke the contract" in text
    assert "1 request to satori broke the contract" in text
    for place in ("/application is missing", "/event is missing", "/type is missing", "/events/0/name must be"):
        assert place in text


@pytest.mark.parametrize(
    "code",
    [
        "def test_it(datadog):\n    datadog.allow_violations()\n    send(datadog, BAD)",
        "def test_it(datadog):\n    send(datadog, BAD)\n    datadog.allow_violations()",
        "@pytest.mark.mockserver(allow_violations=True)\ndef test_it(datadog): send(datadog, BAD)",
        "def test_it(make_datadog): send(make_datadog(allow_violations=True), BAD)",
    ],
)
def test_violations_can_be_allowed(project: pytest.Pytester, code: str) -> None:
    run(project, code).assert_outcomes(passed=1)


def test_allowing_them_for_one_account_leaves_the_others_judged(project: pytest.Pytester) -> None:
    code = """
def test_it(make_datadog):
    ours, theirs = make_datadog(allow_violations=True), make_datadog()
    send(ours, BAD)
    send(theirs, BAD)
"""
    run(project, code).assert_outcomes(passed=1, errors=1)


MISSPELT = {"title": "t", "text": "x", "agregation_key": "k"}


def test_strict_turns_warnings_into_failures(project: pytest.Pytester) -> None:
    body = f"send(handle, {MISSPELT!r}, '/api/v1/events')"
    code = f"""
def test_lenient(datadog): handle = datadog; {body}
@pytest.mark.mockserver(strict=True)
def test_marked(datadog): handle = datadog; {body}
def test_made(make_datadog): handle = make_datadog(strict=True); {body}
"""
    result = run(project, code)
    result.assert_outcomes(passed=3, errors=2)
    assert result.stdout.str().count("did you mean 'aggregation_key'?") == 2


def test_the_marker_arms_a_scenario(project: pytest.Pytester) -> None:
    code = """
@pytest.mark.mockserver(scenario="brown-out", allow=("wait", "hot"))
def test_it(datadog): assert [send(datadog) for _ in range(4)] == [503, 503, 503, 202]
def test_other(datadog): assert send(datadog) == 202
"""
    run(project, code).assert_outcomes(passed=2)


def test_the_marker_serves_another_profile(project: pytest.Pytester) -> None:
    code = """
from urllib.request import urlopen
def profile(handle):
    with urlopen(handle.url + "/__admin/health") as answer: return json.load(answer)["profile"]
@pytest.mark.mockserver(profile="observed")
def test_marked(datadog, satori): assert profile(datadog) == profile(satori) == "observed"
def test_plain(datadog, mockserver):
    assert profile(datadog) == mockserver.profile == {profile!r}
def test_made(make_datadog): assert profile(make_datadog(profile="observed")) == "observed"
"""
    run(project, code.replace("{profile!r}", '"documented"')).assert_outcomes(passed=3)
    again = code.replace("{profile!r}", '"observed"')
    run(project, again, "--mockserver-profile", "observed").assert_outcomes(passed=3)


@pytest.mark.parametrize("marker", ["mockserver('brown-out')", "mockserver(senario='brown-out')"])
def test_a_wrong_marker_is_told(project: pytest.Pytester, marker: str) -> None:
    result = run(project, f"@pytest.mark.{marker}\ndef test_it(datadog): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*takes allow, allow_unclaimed, allow_violations, profile, scenario, strict by name, not *"]
    )


def test_an_unknown_scenario_is_told(project: pytest.Pytester) -> None:
    result = run(project, "@pytest.mark.mockserver(scenario='nonsense')\ndef test_it(datadog): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no scenario 'nonsense'; expected one of brown-out, *"])


LATE = """
@pytest.fixture(scope="module")
def after():
    left = []
    yield left
    for handle in left:
        send(handle)

def test_early(datadog): send(datadog)
def test_late(datadog, after): after.append(datadog)
"""


def test_what_comes_after_a_test_is_blamed_on_it(project: pytest.Pytester) -> None:
    result = run(project, LATE)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = result.stdout.str()
    compare("late_event", text[text.index("1 request came") : text.index("settle()") + len("settle()")])
    assert "test_early" not in text[text.index("late requests") :]


def test_workers_have_a_server_each(project: pytest.Pytester) -> None:
    code = """
@pytest.mark.parametrize("number", range(3))
def test_alone(datadog, number, worker_id):
    datadog.assert_nothing_received()
    assert send(datadog) == 202
    datadog.assert_received("paid", times=1)
    print("at", worker_id, datadog.url)
"""
    project.makepyfile(test_it="from sending import *\n" + LATE + code, test_that="from sending import *\n" + code)
    result = project.runpytest_subprocess("-n", "2", "--dist", "loadfile", "-rP")
    result.assert_outcomes(passed=8)
    places = set(re.findall(r"at (gw\d) (http\S+)", result.stdout.str()))
    assert len(places) == len({url for _, url in places}) == len({worker for worker, _ in places}) == 2
    result.stdout.fnmatch_lines(["*late requests*", "test_it.py::test_late", "*prodlytics*paid*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
def test_a_running_server_can_be_shared(project: pytest.Pytester, server: Server, workers: list[str]) -> None:
    code = f"""
@pytest.mark.parametrize("number", range(6))
def test_it(datadog, number, mockserver):
    assert datadog.url == mockserver.url == {server.url!r}
    datadog.assert_nothing_received()
    send(datadog)
    datadog.assert_received("paid", times=1)
def test_broken(datadog): send(datadog, BAD)
"""
    project.makepyfile(test_it="from sending import *\n" + code)
    result = project.runpytest_subprocess("--mockserver-url", server.url, *workers)
    result.assert_outcomes(passed=7, errors=1)


def test_a_running_server_that_asks_for_a_token(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def test_it(datadog):\n    send(datadog)\n    datadog.assert_received('paid')"
    with serving("--admin-token", "t0ken") as server:
        result = run(project, code, "--mockserver-url", server.url)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*requires its token (MOCKSERVER_ADMIN_TOKEN)*"])
        monkeypatch.setenv("MOCKSERVER_ADMIN_TOKEN", "t0ken")
        run(project, code, "--mockserver-url", server.url).assert_outcomes(passed=1)


def test_a_running_server_of_another_profile_is_refused(project: pytest.Pytester, server: Server) -> None:
    code = "@pytest.mark.mockserver(profile='observed')\ndef test_it(datadog): pass"
    result = run(project, code, "--mockserver-url", server.url)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*serves the profile documented, not observed*"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "https://127.0.0.1"])
def test_a_url_where_no_mockserver_is_is_told(project: pytest.Pytester, url: str) -> None:
    result = run(project, "def test_it(datadog): pass", "--mockserver-url", url)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*--mockserver-url: *"])


def test_the_port_can_be_chosen(project: pytest.Pytester, unused_port: int) -> None:
    code = f"def test_it(datadog): assert datadog.port == {unused_port}"
    run(project, code, "--mockserver-port", str(unused_port)).assert_outcomes(passed=1)


def test_a_session_that_asks_for_no_fixture_starts_no_server(project: pytest.Pytester) -> None:
    code = "def test_it(): assert not [t for t in threading.enumerate() if t.name == 'mockserver' and t.daemon]"
    project.makepyfile(test_it="from sending import *\n" + code)
    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_it_works_in_classes_and_unittest(project: pytest.Pytester) -> None:
    code = """
class TestPlain:
    def test_it(self, datadog): assert send(datadog) == 202

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _datadog(self, datadog): self.datadog = datadog
    def test_good(self):
        send(self.datadog)
        self.datadog.assert_received("paid", times=1)
    def test_bad(self): send(self.datadog, BAD)
"""
    run(project, code).assert_outcomes(passed=3, errors=1)


def test_it_works_in_async_tests_without_blocking_the_loop(project: pytest.Pytester) -> None:
    code = """
import asyncio
pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

async def test_the_loop_runs_on(datadog):
    waiting = [asyncio.ensure_future(datadog.aio.wait_for(1, timeout=10)) for _ in range(20)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    await asyncio.to_thread(send, datadog)
    assert [len(found) for found in await asyncio.gather(*waiting)] == [1] * 20
    assert [event.name for event in await datadog.aio.events()] == ["paid"]
    await datadog.aio.assert_received("paid", times=1)
    await datadog.aio.settle(quiet=0.01)

async def test_a_failure_is_raised(datadog):
    with pytest.raises(AssertionError, match="received 0"):
        await datadog.aio.assert_received("paid")

async def test_the_clock(datadog):
    await datadog.aio.clock.freeze(1_700_000_000)
    await datadog.aio.clock.advance(31)
    assert await datadog.aio.clock.now() == 1_700_000_031

async def test_who_is_cancelled_does_not_wait(datadog):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(datadog.aio.assert_nothing_received(within=2), 0.01)
"""
    run(project, code).assert_outcomes(passed=4)


def test_it_works_in_threads(project: pytest.Pytester) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
def test_it(datadog):
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda number: send(datadog), range(100))) == {202}
        list(pool.map(lambda number: datadog.assert_received("paid", times=100), range(32)))
"""
    run(project, code).assert_outcomes(passed=1)


def test_a_server_that_died_is_an_error_and_not_a_crash(project: pytest.Pytester) -> None:
    with serving() as server:
        code = f"""
import os, signal
def test_it(datadog, supalytics):
    send(datadog)
    os.kill({server.process.pid}, signal.SIGKILL)
    with pytest.raises(Exception):
        while True: send(datadog)
"""
        result = run(project, code, "--mockserver-url", server.url, "-W", "default")
    result.assert_outcomes(passed=1, errors=1, warnings=1)
    result.stdout.fnmatch_lines(["*cannot tell whether datadog requests kept the contract*"])


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_ini_file_sets_the_session_s_server(project: pytest.Pytester) -> None:
    project.makefile(".yaml", settings="accepted_keys: {datadog: [known]}\n")
    options = {"strict": "true", "config": "settings.yaml", "profile": "observed"}
    project.makeini("\n".join([PLAIN_PYTEST, *(f"mockserver_{name} = {value}" for name, value in options.items())]))
    code = """
def test_known(mockserver, make_datadog):
    assert mockserver.profile == "observed"
    assert send(mockserver.account("datadog", "known")) == 202
def test_unknown(mockserver): assert send(mockserver.account("datadog", "other")) == 403
def test_strict(satori):
    send(satori, {"events": [{"name": "a", "valeu": "1"}]}, "/v1/server-event")
@pytest.mark.mockserver(strict=False)
def test_lenient(satori):
    send(satori, {"events": [{"name": "a", "valeu": "1"}]}, "/v1/server-event")
"""
    result = run(project, code)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_strict*", "*did you mean 'value'*"])
    assert result.parseoutcomes()["passed"] == 4


@pytest.mark.parametrize("option", ["--mockserver-port=many", "--mockserver-profile=observd"])
def test_a_wrong_option_is_told(project: pytest.Pytester, option: str) -> None:
    result = run(project, "def test_it(datadog): pass", option)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*: expected *"])


def test_another_project_in_the_same_folder_is_told(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = project.mkdir("mockserver_client-1.0.dist-info") / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: mockserver-client\nVersion: 1.0\n")
    code = "def test_it(): pass"
    assert "mockserver-client is" not in run(project, code, "-v").stdout.str()
    monkeypatch.syspath_prepend(project.path)
    run(project, code, "-v").stdout.fnmatch_lines(["mockserver: mockserver-client is installed too *"])
