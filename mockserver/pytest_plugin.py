"""The pytest plugin: a server for the session, and for every test a handle with an account of its own."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.junitxml import xml_key  # what the fixture record_testsuite_property adds to

from mockserver.client import messages
from mockserver.client.conducting import advised_in_all
from mockserver.client.control import ControlError, whole_listing
from mockserver.client.handle import AccountMaker, Handle, Maker
from mockserver.client.records import ReceivedRequest
from mockserver.pytest_accounts import Accounts
from mockserver.support.redaction import mask

if TYPE_CHECKING:
    from mockserver.client.views import RequestView
    from mockserver.coupling import CoupledClock
    from mockserver.testing.server import Backend
    from mockserver.vendors.datadog.handle import Datadog
    from mockserver.vendors.satori.handle import Satori
    from mockserver.vendors.supalytics.handle import Supalytics

PROFILES = ("documented", "observed")
LATE, ADVISED = "mockserver_late", "mockserver_advised"
ELSEWHERE = "mockserver-client"
OPTIONS = (
    ("url", "URL", "Use the mockserver that runs at this URL."),
    ("port", "N", "Port of the session's server."),
    ("profile", "|".join(PROFILES), "Profile of the session's server."),
    ("schemas", "DIR", "Folder of contracts to serve instead of the built-in ones."),
    ("config", "FILE", "Settings file of the session's server (YAML), such as for accepted_keys and rate_limits."),
)
"""The options of the command line, each also an option of the ini file (`mockserver_url`)."""
STRICT = "Fail tests for warnings and advisories too, such as a misspelt optional field or retries without jitter."


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mockserver")
    for name, metavar, text in OPTIONS:
        group.addoption(f"--mockserver-{name}", metavar=metavar, default=None, help=text)
        parser.addini(f"mockserver_{name}", help=text)
    group.addoption("--mockserver-strict", action="store_true", default=None, help=STRICT)
    parser.addini("mockserver_strict", help=STRICT, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "mockserver(scenario=None, profile=None, strict=False, allow_violations=False, allow=(), "
        "allow_unclaimed=False): arm a fault scenario, serve another profile, fail on warnings and advisories too, let "
        "the test break the contract, let its client break rules of conduct, or let it send requests that belong to no "
        "account",
    )
    config.stash[SERVERS] = Servers(config)


def pytest_report_header() -> str | None:
    """Warns of another project's distribution that writes into the same package folder."""
    try:
        distribution(ELSEWHERE)
    except PackageNotFoundError:
        return None
    return f"mockserver: {ELSEWHERE} is installed too and overwrites files of this package: keep one of them only"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Stops the servers, and fails the session where requests came after their tests were over."""
    servers = session.config.stash.get(SERVERS, None)
    if servers is None:
        return
    servers.close()
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[LATE], output[ADVISED] = servers.late, servers.advised
    elif servers.late:
        if exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        report = session.config.stash.get(xml_key, None)
        if report is not None:
            report.add_global_property("mockserver late requests", messages.late(servers.late))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Collects what a worker of pytest-xdist found."""
    servers, output = node.config.stash[SERVERS], getattr(node, "workeroutput", {})
    servers.late.update(output.get(LATE, {}))
    servers.advised.update(output.get(ADVISED, {}))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Lets a test that uses the server without an account answer for the requests that no account claims."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    if "mockserver" in fixtures and "_mockserver_accounts" not in fixtures:
        fixtures.insert(0, "_mockserver_accounts")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    late, advised = config.stash[SERVERS].late, config.stash[SERVERS].advised
    if advised:
        terminalreporter.section("mockserver: advisories", yellow=True)
        terminalreporter.write_line(advised_in_all(advised))
    if late:
        terminalreporter.section("mockserver: late requests", red=True)
        terminalreporter.write_line(messages.late(late))


def option(config: pytest.Config, name: str) -> str | None:
    """An option of the command line, else of the ini file; None where neither has it."""
    value: str | None = config.getoption(f"--mockserver-{name}") or config.getini(f"mockserver_{name}") or None
    return value


class Servers:
    """The servers of a session, by profile, started when a test first asks for one."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._servers: dict[str, Backend] = {}
        self._over: dict[str, str] = {}
        self._before = self._last = ""
        self._began = 0.0
        self.late: dict[str, list[str]] = {}
        self.advised: dict[str, list[str]] = {}

    def get(self, profile: str | None) -> Backend:
        """The server of a profile, or of the session's. Raises pytest.UsageError where the one that runs already
        serves another."""
        wanted = profile or self._profile() or "documented"
        if wanted not in self._servers:
            self._servers[wanted] = self._start(profile, wanted)
        return self._servers[wanted]

    def _start(self, asked: str | None, wanted: str) -> Backend:
        from mockserver.testing.server import MockServer, RunningServer  # noqa: PLC0415 - only who uses a fixture pays

        url = option(self._config, "url")
        if not url:
            return MockServer(**self._settings(), profile=wanted, log_level="warning").start()
        try:
            running = RunningServer(url, os.environ.get("MOCKSERVER_ADMIN_TOKEN"))
        except ControlError as error:
            raise pytest.UsageError(f"--mockserver-url: {error}") from error
        explicit = asked or self._profile()
        if explicit and running.profile != explicit:
            running.stop()
            raise pytest.UsageError(f"the server at {url} serves the profile {running.profile}, not {explicit}")
        return running

    def _profile(self) -> str | None:
        """The session's profile. Raises pytest.UsageError for a name of none."""
        profile = option(self._config, "profile")
        if profile is not None and profile not in PROFILES:
            raise pytest.UsageError(f"mockserver-profile: expected one of {', '.join(PROFILES)}, found {profile!r}")
        return profile

    def _settings(self) -> dict[str, Any]:
        """What the options say of a server. Raises pytest.UsageError for a port that is no number."""
        port = option(self._config, "port") or "0"
        if not port.isdecimal():
            raise pytest.UsageError(f"mockserver-port: expected a number, found {port!r}")
        paths = {name: option(self._config, name) for name in ("schemas", "config")}
        root = self._config.rootpath
        settings: dict[str, Any] = {name: root / path for name, path in paths.items() if path is not None}
        return {**settings, "port": int(port) if not self._servers and not _is_worker() else 0}

    def begin(self, test: str) -> None:
        """A test begins that has accounts: what nobody claimed until now is blamed on the one before."""
        self._before, self._last, self._began = self._last, test, time.time()

    def over(self, handle: Handle, test: str) -> None:
        """Remembers which test had an account, to blame it for what still comes."""
        self._over[mask(handle.api_key)] = test

    def unclaimed(self) -> list[RequestView]:
        """The requests since the test began that no account claims, oldest first, of the servers that this session
        runs; they are then forgotten. Those of a server that others use too may be theirs."""
        found = [request for server in self._servers.values() for request in _unclaimed(server)]
        self._blame(self._before, [request for request in found if request["wall_time"] < self._began])
        return [request for request in found if request["wall_time"] >= self._began]

    def _blame(self, test: str, unclaimed: Iterable[RequestView]) -> None:
        for request in unclaimed:
            line = f"{request['method']} {request['path']} ({request['status']}): {request['unclaimed']['reason']}"
            self.late.setdefault(test or "before the first test", []).append(line)

    def close(self) -> None:
        for server in self._servers.values():
            try:
                self._find_late(server)
                self._blame(self._last, _unclaimed(server))
            except ControlError as error:
                warnings.warn(f"cannot ask for late requests: {error}", stacklevel=1)
            server.stop()
        self._servers.clear()

    def _find_late(self, server: Backend) -> None:
        """Blames what came after the tests were over on them, and forgets it."""
        accounts = set(self._over)
        if not server.shared:  # else its requests may be very many, and nearly all of others
            accounts &= {each["account"] for each in whole_listing(server.control, "/requests", {})["requests"]}
        for account in (each for each in self._over if each in accounts):
            requests = whole_listing(server.control, "/requests", {"account": account})["requests"]
            if not requests:
                continue
            sent: dict[str, list[str]] = {}
            for event in whole_listing(server.control, "/events", {"account": account})["events"]:
                sent.setdefault(event["request_id"], []).append(event["name"] or "an event without a name")
            for request in requests:
                text = messages.late_request(ReceivedRequest.from_view(request), sent.get(request["id"], ()))
                self.late.setdefault(self._over[account], []).append(text)
            server.control.call("POST", "/reset", {"account": account})


SERVERS = pytest.StashKey[Servers]()


@pytest.fixture(scope="session")
def mockserver(pytestconfig: pytest.Config) -> Backend:
    """The session's server: its `url`, and `account("datadog")` for accounts beyond the fixtures'."""
    return pytestconfig.stash[SERVERS].get(None)


@pytest.fixture
def _mockserver_accounts(request: pytest.FixtureRequest) -> Iterator[Accounts]:
    """This test's accounts; after the test they are judged together and forgotten."""
    accounts = Accounts(request, request.config.stash[SERVERS])
    yield accounts
    broken = accounts.close()
    if broken:
        pytest.fail("\n\n".join(broken), pytrace=False)


@pytest.fixture
def make_account(_mockserver_accounts: Accounts) -> AccountMaker:
    """Makes handles on accounts at any vendor: `make_account("datadog", strict=True, scenario="brown-out")`."""
    return _mockserver_accounts.make


@pytest.fixture
def make_datadog(_mockserver_accounts: Accounts) -> Maker[Datadog]:
    """Makes handles on further Datadog accounts: `make_datadog(strict=True, scenario="brown-out")`."""
    return _mockserver_accounts.maker("datadog")


@pytest.fixture
def make_satori(_mockserver_accounts: Accounts) -> Maker[Satori]:
    """Makes handles on further Satori accounts."""
    return _mockserver_accounts.maker("satori")


@pytest.fixture
def make_supalytics(_mockserver_accounts: Accounts) -> Maker[Supalytics]:
    """Makes handles on further Supalytics accounts."""
    return _mockserver_accounts.maker("supalytics")


@pytest.fixture
def coupled_clock(_mockserver_accounts: Accounts) -> Iterator[CoupledClock]:
    """One time for the test and all its accounts, in which nobody waits: sleeps and time-outs are skipped."""
    with _mockserver_accounts.coupled() as clock:
        yield clock


@pytest.fixture
def datadog(make_datadog: Maker[Datadog]) -> Datadog:
    """This test's own Datadog account."""
    return make_datadog()


@pytest.fixture
def satori(make_satori: Maker[Satori]) -> Satori:
    """This test's own Satori account."""
    return make_satori()


@pytest.fixture
def supalytics(make_supalytics: Maker[Supalytics]) -> Supalytics:
    """This test's own Supalytics account."""
    return make_supalytics()


def _unclaimed(server: Backend) -> list[RequestView]:
    """The requests to a server of this session that no account claims; they are then forgotten."""
    if server.shared:
        return []
    requests: list[RequestView] = whole_listing(server.control, "/requests", {"unclaimed": "true"})["requests"]
    for account in {request["account"] for request in requests}:
        server.control.call("POST", "/reset", {"account": account})
    return requests


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ
