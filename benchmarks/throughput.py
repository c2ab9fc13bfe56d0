"""Measures requests per second in turns with the other tools, and latency at half of full load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field

import uvloop

from benchmarks import load, servers, work
from benchmarks.machine import MissingToolError
from benchmarks.report import Target
from benchmarks.scale import Run

BATCH_CONNECTIONS = 8
OURS, STARLETTE, PRISM = "mockserver", "bare Starlette route", "Prism"
OURS_LOGGING, STARLETTE_LOGGING = "mockserver, with its access log", "bare Starlette route, with uvicorn's access log"
WIREMOCK, WIREMOCK_LESS = "WireMock", "WireMock, without its journal"
INVALID, BATCHES = "mockserver, invalid bodies", "mockserver, Satori batches"


@dataclass
class Lane:
    """One server with one kind of work, and what it did in each round."""

    name: str
    server: servers.Server
    given: work.Work
    connections: int = load.CONNECTIONS
    rates: list[float] = field(default_factory=list)

    def run(self, run: Run, seconds: float) -> None:
        done = load.full_load(self.server.port, self.given, seconds, run.wrk, self.connections)
        self.rates.append(done.rate)
        self.server.settle()


def throughput(run: Run) -> None:
    """All servers run at once; in every round each has its turn while the others are idle."""
    if _without_wrk(run):
        return
    with ExitStack() as stack:
        lanes = {lane.name: lane for lane in _lanes(run, stack)}
        for lane in lanes.values():
            lane.run(run, run.scale.warm_up_seconds)
            lane.rates.clear()
        for _ in range(run.scale.rounds):
            for lane in lanes.values():
                lane.run(run, run.scale.round_seconds)
    _report(run, lanes)


def _without_wrk(run: Run) -> bool:
    """Whether the figure would be meaningless, because our own client is slower than the faster servers."""
    return run.scale.compare and run.wrk is None


def _lanes(run: Run, stack: ExitStack) -> Iterator[Lane]:
    valid = work.valid()
    yield _lane(OURS, stack.enter_context(servers.mockserver()), valid)
    yield _lane(STARLETTE, stack.enter_context(servers.starlette()), valid)
    others: dict[str, Callable[[], AbstractContextManager[servers.Server]]] = {
        PRISM: servers.prism,
        WIREMOCK: lambda: servers.wiremock(journal=True),
        WIREMOCK_LESS: lambda: servers.wiremock(journal=False),
    }
    for name, start in others.items() if run.scale.compare else ():
        try:
            yield _lane(name, stack.enter_context(start()), valid)
        except (MissingToolError, servers.WrongAnswerError) as reason:
            run.report.skip(name, reason)
    yield _lane(INVALID, stack.enter_context(servers.mockserver()), work.invalid())
    yield _lane(BATCHES, stack.enter_context(servers.mockserver()), work.batch(), BATCH_CONNECTIONS)
    yield _lane(OURS_LOGGING, stack.enter_context(servers.mockserver(access_log=True)), valid)
    yield _lane(STARLETTE_LOGGING, stack.enter_context(servers.starlette(access_log=True)), valid)


def _lane(name: str, server: servers.Server, given: work.Work, connections: int = load.CONNECTIONS) -> Lane:
    server.check(given)
    return Lane(name, server, given, connections)


def _report(run: Run, lanes: dict[str, Lane]) -> None:
    report = run.report
    report.section(f"Full load, {load.CONNECTIONS} connections, each tool on the same requests in turn")
    for lane in lanes.values():
        if lane.name == BATCHES:
            events = [rate * work.EVENTS_IN_BATCH for rate in lane.rates]
            report.median(f"{lane.name} of 1,000, events", events, "/s", Target(100_000, 250_000))
        else:
            report.median(lane.name, lane.rates, "/s")
    for ours, other, target in (
        (OURS, STARLETTE, Target(0.60, 0.75)),
        (OURS, PRISM, Target(2.5, 3)),
        (OURS, WIREMOCK, None),
        (OURS, WIREMOCK_LESS, None),
        (INVALID, OURS, Target(0.35, 0.6)),
        (OURS_LOGGING, STARLETTE_LOGGING, None),
    ):
        if other in lanes:
            pairs = zip(lanes[ours].rates, lanes[other].rates, strict=True)
            report.median(f"{ours} ÷ {other}", [mine / its for mine, its in pairs], "×", target)


def latency(run: Run) -> None:
    """Latencies at half of the rate that the server just reached under full load; the bare route at the same rate."""
    if _without_wrk(run):
        return
    scale, given = run.scale, work.valid()
    with servers.mockserver() as ours, servers.starlette() as other:
        load.full_load(ours.port, given, scale.warm_up_seconds, run.wrk)
        ours.settle()
        half = load.full_load(ours.port, given, scale.round_seconds, run.wrk).rate / 2
        found: dict[str, list[load.Latencies]] = {OURS: [], STARLETTE: []}
        for _ in range(scale.latency_rounds):
            for name, server in ((OURS, ours), (STARLETTE, other)):
                server.settle()
                found[name].append(uvloop.run(load.at_rate(server.port, given, half, scale.latency_seconds)))
    report = run.report
    report.section(f"Latency at half of full load ({half:,.0f} requests/s), from when each request was due")
    for name, rounds in found.items():
        target = Target(10, 5, least=False) if name == OURS else None
        report.median(f"{name}, 50 %", [each.percentile(50) * 1e3 for each in rounds], "ms")
        report.median(f"{name}, 99 %", [each.percentile(99) * 1e3 for each in rounds], "ms", target)
        report.median(f"{name}, slowest of all", [max(each.seconds) * 1e3 for each in rounds], "ms")
    late = [load.percentile(each.late, 99) * 1e3 for rounds in found.values() for each in rounds]
    report.median("how late the load itself was, 99 %", late, "ms")
