"""Measures how much connections that a delay holds slow down a request without a fault.

The clock of one account is frozen, and a fault with a delay holds all of its connections. Requests of another account
come one after another, in turns with and without the held ones beside them.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter

import uvloop

from benchmarks import load, machine, servers, work
from benchmarks.report import Target
from benchmarks.scale import Run

HELD, FREE = work.valid().of_account("held-connections"), work.valid().of_account("a-free-account")
PATIENCE = 60.0
DELAY_SECONDS = 3600
SPARE_FILES = 200


def held_connections(run: Run) -> None:
    """Latencies of requests, alone and beside the held connections."""
    scale, report = run.scale, run.report
    count = min(scale.held_connections, machine.allow_open_files(scale.held_connections + SPARE_FILES) - SPARE_FILES)
    requests = max(2, scale.held_requests // scale.rounds)
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    with servers.mockserver() as server:
        uvloop.run(_one_after_another(server.port, requests))
        for _ in range(scale.rounds):
            alone.append(uvloop.run(_one_after_another(server.port, requests)))
            beside.append(uvloop.run(_beside_held(server, count, requests)))
    report.section(f"{count:,} connections that a delay holds")
    report.median("a request, one after another", [statistics.median(each) * 1e6 for each in alone], "µs")
    report.median("a request beside the held connections", [statistics.median(each) * 1e6 for each in beside], "µs")
    ratios = [statistics.median(one) / statistics.median(other) for one, other in zip(beside, alone, strict=True)]
    report.median("beside ÷ alone", ratios, "×", Target(1.5, least=False))


async def _one_after_another(port: int, count: int) -> list[float]:
    """The latency of each request, in seconds."""
    client, raw, seconds = await load.connected(port), FREE.raw(0), []
    for _ in range(count):
        began = time.perf_counter()
        status = await client.ask(raw)
        seconds.append(time.perf_counter() - began)
        if status != FREE.status:
            raise servers.WrongAnswerError(f"a request beside held connections got {status or 'no answer'}")
    client.close()
    return seconds


async def _beside_held(server: servers.Server, count: int, requests: int) -> list[float]:
    """The same while a fault holds as many connections; in the end all of them receive their responses."""
    _control(server, "POST", "/reset")
    _control(server, "PUT", "/clock", {"frozen": True})
    _control(server, "POST", "/faults", {"delay": DELAY_SECONDS})
    clients = [await load.connected(server.port) for _ in range(count)]
    answers = [asyncio.ensure_future(client.ask(HELD.raw(0))) for client in clients]
    give_up = time.monotonic() + PATIENCE
    while _fired(server) < count:
        if time.monotonic() > give_up:
            raise servers.WrongAnswerError(f"only {_fired(server)} of {count} connections came to be held")
        await asyncio.sleep(0.01)
    seconds = await _one_after_another(server.port, requests)
    _control(server, "POST", "/clock/advance", {"seconds": DELAY_SECONDS})
    statuses = Counter(await asyncio.gather(*answers))
    for client in clients:
        client.close()
    if statuses != {HELD.status: count}:
        raise servers.WrongAnswerError(f"held connections got {dict(statuses)}")
    return seconds


def _control(server: servers.Server, method: str, path: str, body: object = None) -> dict[str, list[dict[str, int]]]:
    """A call of the control API for the account whose connections are held."""
    answer: dict[str, list[dict[str, int]]] = server.control(
        method, f"{path}?account={HELD.headers['DD-API-KEY']}", body
    )
    return answer


def _fired(server: servers.Server) -> int:
    return sum(fault["fired"] for fault in _control(server, "GET", "/faults")["faults"])
