"""One run of the corpus with one tool in a pytest of its own, and what became of each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from benchmarks.peers.handle import StandIn, StandInServer
from benchmarks.peers.peer import Peer

Fate = Literal["passed", "failed", "unwritten"]
ARGUMENTS = ("-q", "--noconftest", "--no-header", "--no-summary", "--tb=no", "-c", "/dev/null", "-o", "addopts=")
QUIET = tuple(
    option for name in ("cacheprovider", "schemathesis", "hypothesispytest") for option in ("-p", f"no:{name}")
)


@dataclass
class Collector:
    """A pytest plugin: what became of each test, by module and function, and why it failed or could not be written."""

    fates: dict[tuple[str, str], Fate] = field(default_factory=dict)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = _test(report.nodeid)
        self.fates.setdefault(test, "passed")
        if self.fates[test] == "unwritten":
            return
        if report.skipped:
            self._became(test, "unwritten", report)
        elif report.failed:
            assert report.when != "setup", report.longreprtext
            self._became(test, "failed", report)

    def _became(self, test: tuple[str, str], fate: Fate, report: pytest.TestReport) -> None:
        self.fates[test] = fate
        skipped = report.longrepr if isinstance(report.longrepr, tuple) else None
        self.reasons[test] = skipped[2] if skipped else report.longreprtext

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Requests after their tests fail mockserver's session."""
        from mockserver.pytest_plugin import SERVERS  # noqa: PLC0415 - a peer runs without the plugin

        servers = config.stash.get(SERVERS, None)
        for nodeid in servers.late if servers else ():
            self.fates[_test(nodeid)] = "failed"


class StandIns:
    """A pytest plugin: the fixtures of mockserver, by the means of a peer."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "mockserver(**options): of a peer only a scenario is used")

    @pytest.fixture
    def watched(self) -> Iterator[None]:
        """Fails a test for what the tool itself complains of."""
        self._peer.begin()
        yield
        complaints = self._peer.complaints()
        if complaints:
            pytest.fail("\n".join(complaints))

    @pytest.fixture
    def datadog(self, watched: None, request: pytest.FixtureRequest) -> StandIn:
        return self._handle("datadog", request)

    @pytest.fixture
    def satori(self, watched: None, request: pytest.FixtureRequest) -> StandIn:
        return self._handle("satori", request)

    @pytest.fixture
    def supalytics(self, watched: None, request: pytest.FixtureRequest) -> StandIn:
        return self._handle("supalytics", request)

    @pytest.fixture
    def mockserver(self, watched: None) -> StandInServer:
        return StandInServer(self._peer)

    def _handle(self, vendor: str, request: pytest.FixtureRequest) -> StandIn:
        handle = StandIn(vendor, self._peer)
        marker = request.node.get_closest_marker("mockserver")
        scenario = marker.kwargs.get("scenario") if marker else None
        if scenario:
            handle.arm_scenario(scenario)
        return handle


def run(files: list[Path], peer: Peer | None) -> Collector:
    """What became of each test with a peer, or with mockserver itself where there is none."""
    collector = Collector()
    plugins: list[Any] = [collector]
    arguments = [*ARGUMENTS, *QUIET, "--rootdir", str(files[0].parents[2]), *map(str, files)]
    if peer is None:
        pytest.main(arguments, plugins=plugins)
        return collector
    peer.start()
    try:
        pytest.main([*arguments, "-p", "no:mockserver"], plugins=[*plugins, StandIns(peer)])
    finally:
        peer.stop()
    return collector


def _test(nodeid: str) -> tuple[str, str]:
    """The module and the function of a test."""
    file, _, name = nodeid.rpartition("::")
    return Path(file.partition("::")[0]).stem, name.partition("[")[0]
