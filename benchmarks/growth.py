"""Measures memory, and whether cost grows faster than the number of requests, kept exchanges or accounts."""

from __future__ import annotations

import itertools
import json
import statistics
import time
from collections.abc import Callable, Sequence

import uvloop

from benchmarks import load, servers, work
from benchmarks.report import Target
from benchmarks.scale import Run

LINEAR = Target(1.25, least=False)
"""Ten times the size may cost ten times as much, plus a quarter for the variation between runs."""
LINEAR_OUT_OF_CACHE = Target(2, least=False)
"""The same where ten times the size no longer fits the processor's caches; quadratic growth would be 10."""
QUERY_ROUNDS = 5
SHORTEST = 1e-9
"""The time of a run that is too short to measure."""
KEPT_BYTES = 2**32


def memory(run: Run) -> None:
    """One server with its default bounds, from its start to the last of a million requests."""
    given, report = work.valid(), run.report
    report.section("Memory and throughput by requests, default bounds")
    with servers.mockserver() as server:
        started, raw = server.resident(), given.raw(0)
        report.figure("resident after start", started, "MB", Target(70, 55, least=False))
        slices, sent = [], 0
        for count in run.scale.requests:
            busy = server.busy()
            done = uvloop.run(load.counted(server.port, lambda _: raw, given.status, range(sent, count)))
            slices.append((count, server.resident(), (server.busy() - busy) / done.requests))
            sent = count
        for count, resident, seconds in slices:
            last = count == run.scale.requests[-1]
            report.figure(f"resident after {count:,} requests", resident, "MB", _bounded(run) if last else None)
            report.figure(f"the core's time per request up to {count:,}", seconds * 1e6, "µs")
        steps = [later[2] / max(earlier[2], SHORTEST) for earlier, later in itertools.pairwise(slices)]
        report.figure("time per request, of ten times as many ÷ of these", max(steps), "×", LINEAR)
        _check_journal(run, server, sent)


def _bounded(run: Run) -> Target | None:
    return Target(200, 140, least=False) if run.scale.requests[-1] >= 1_000_000 else None


def _check_journal(run: Run, server: servers.Server, sent: int) -> None:
    """Every request must have been counted, kept or evicted."""
    listed = server.control("GET", f"/requests?account={work.KEY}&limit=1")
    if listed["total"] + listed["evicted"] != sent + 1:  # one more has shown that the server is ready
        run.report.error(f"the journal counts {listed['total']} + {listed['evicted']} of {sent + 1} requests")


def journal(run: Run) -> None:
    """Queries of a growing journal."""
    given, report = work.valid(), run.report
    report.section("Journal queries by exchanges kept")
    costs: dict[str, list[float]] = {name: [] for name in QUERIES}
    with servers.mockserver(journal_entries=run.scale.kept[-1], journal_bytes=KEPT_BYTES) as server:
        raw, sent = given.raw(0), 1
        for count in run.scale.kept:
            uvloop.run(load.counted(server.port, lambda _: raw, given.status, range(sent, count)))
            sent = count
            for name, ask in QUERIES.items():
                costs[name].append(statistics.median(_milliseconds(ask, server, count) for _ in range(QUERY_ROUNDS)))
    for name, measured in costs.items():
        for count, milliseconds in zip(run.scale.kept, measured, strict=True):
            report.figure(f"{name}, {count:,} kept", milliseconds, "ms")
    worst = max(_faster_than_linear(run.scale.kept, measured) for measured in costs.values())
    report.figure("cost of a query, of ten times as many ÷ ten times of these", worst, "×", LINEAR_OUT_OF_CACHE)


def _faster_than_linear(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The steepest step: the growth in cost divided by the growth in size."""
    points = list(zip(sizes, costs, strict=True))
    return max(
        (b_cost / a_cost) / (b_size / a_size) for (a_size, a_cost), (b_size, b_cost) in itertools.pairwise(points)
    )


def _milliseconds(ask: Callable[[servers.Server, int], None], server: servers.Server, kept: int) -> float:
    began = time.perf_counter()
    ask(server, kept)
    return (time.perf_counter() - began) * 1e3


def _newest(server: servers.Server, kept: int) -> None:
    assert server.control("GET", f"/requests?account={work.KEY}&limit=100")["total"] == kept


def _invalid(server: servers.Server, _: int) -> None:
    assert server.control("GET", f"/requests?account={work.KEY}&verdict=invalid")["total"] == 0


def _events(server: servers.Server, kept: int) -> None:
    assert server.control("GET", f"/events?account={work.KEY}&limit=100")["total"] == kept


def _verify(server: servers.Server, kept: int) -> None:
    event = work.analytics_event()
    wanted = {"name": event["event"]["name"], "json": {"usr": event["usr"]}, "times": kept}
    assert server.control("POST", f"/verify?account={work.KEY}", wanted)["ok"]


def _export(server: servers.Server, kept: int) -> None:
    status, content = server.ask("GET", f"/__admin/export?account={work.KEY}&format=jsonl")
    assert status == 200
    assert content.count(b"\n") >= kept
    json.loads(content[: content.index(b"\n")])


QUERIES: dict[str, Callable[[servers.Server, int], None]] = {
    "GET /__admin/requests, 100 of them": _newest,
    "GET /__admin/requests?verdict=invalid": _invalid,
    "GET /__admin/events, 100 of them": _events,
    "POST /__admin/verify": _verify,
    "GET /__admin/export, JSON lines": _export,
}


def accounts(run: Run) -> None:
    """The same requests from 1, then 100, then 10,000 accounts, each on a new server."""
    report, measured = run.report, []
    report.section("Throughput and memory by accounts")
    for count in run.scale.accounts:
        raws = [work.valid().of_account(f"account-{number}").raw(0) for number in range(count)]
        requests = max(run.scale.requests_of_accounts, count)
        with servers.mockserver() as server:
            busy = server.busy()
            uvloop.run(load.counted(server.port, _by_turns(raws), 202, range(requests)))
            measured.append((count, (server.busy() - busy) / requests, server.resident()))
    for count, seconds, resident in measured:
        report.figure(f"the core's time per request, accounts: {count:,}", seconds * 1e6, "µs")
        report.figure(f"resident, accounts: {count:,}", resident, "MB")
    (fewer, quick, small), (more, slow, large) = measured[-2:]
    factor = f"of {more:,} accounts ÷ of {fewer:,}"
    report.figure(f"time per request, {factor}", slow / max(quick, SHORTEST), "×", Target(more / fewer, least=False))
    report.figure("memory of one account more", (large - small) * 1e3 / (more - fewer), "kB")


def _by_turns(raws: list[bytes]) -> Callable[[int], bytes]:
    return lambda number: raws[number % len(raws)]
