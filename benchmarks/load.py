"""Sends requests: wrk for full load, and our own client for exact counts, set rates and what wrk cannot do.

At a fixed rate the times of all requests are drawn beforehand, as of independent clients (Poisson). A latency counts
from the time at which its request was due, so that waiting behind a slow response counts too (no coordinated
omission). The generator spins on the load's core, and reports how late it was itself.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import random
import statistics
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
import uvloop

from benchmarks import machine
from benchmarks.servers import HOST, WrongAnswerError
from benchmarks.work import NUMBER, Work

CONNECTIONS = 32
PATIENCE = 60.0
PAUSE = 0.0 if machine.SERVER_CORE != machine.LOAD_CORE else 0.001
"""Seconds between two checks for due requests: 0, unless that would take the core from the server."""
_RUNS, _NUMBERS = itertools.count(1), itertools.count()


@dataclass(frozen=True)
class Load:
    """A server's throughput under full load."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


@dataclass
class Latencies:
    """Seconds from when each request was due to its response, and how late the generator sent it."""

    seconds: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        return percentile(self.seconds, percent)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that this percentage of the values does not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def full_load(port: int, given: Work, seconds: float, wrk: str | None, connections: int = CONNECTIONS) -> Load:
    """As many requests as the server handles, over kept connections. Raises WrongAnswerError for any other status."""
    if wrk is not None and seconds >= 1:
        return _wrk(wrk, port, given, seconds, connections)
    return uvloop.run(during(port, given, seconds, connections))


def _wrk(wrk: str, port: int, given: Work, seconds: float, connections: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "work.lua")
        script.write_text(_lua(given, Path(folder)), "utf-8")
        duration = ["-d", f"{max(1, round(seconds))}s", "--timeout", f"{PATIENCE:g}s"]
        command = [wrk, "-t", "1", "-c", str(connections), *duration, "-s", str(script), f"http://{HOST}:{port}"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: machine.stay_on(machine.LOAD_CORE),
        )
    if done.returncode or "{" not in done.stdout:
        raise WrongAnswerError(f"wrk failed: {(done.stderr or done.stdout).strip()[-300:]}")
    found = json.loads(done.stdout[done.stdout.rindex("{") :])
    refused, wanted = found.pop("status"), found["requests"] if given.status >= 400 else 0
    failed = found["connect"] + found["read"] + found["write"] + found["timeout"]
    if failed or refused != wanted or not found["requests"]:
        raise WrongAnswerError(f"'{given.name}' under full load: {found}, {refused} answers of 400 and more")
    return Load(found["requests"], found["microseconds"] / 1e6)


def _lua(given: Work, folder: Path) -> str:
    """A script for wrk. Requests are built beforehand, unless each has a number of its own."""
    names = []
    for number, body in enumerate(given.bodies):
        names.append(str(folder / f"body-{number}"))
        Path(names[-1]).write_bytes(body)
    headers = "".join(
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n" for name, value in given.headers.items()
    )
    next_request = _LUA_NUMBERED if given.numbered else _LUA_TURNS
    return (
        f'wrk.method, wrk.path = "POST", {json.dumps(given.path)}\n{headers}'
        f"local names, number = {{{', '.join(map(json.dumps, names))}}}, {next(_RUNS) * 1_000_000}\n"
        + _LUA_INIT
        + next_request.replace("NUMBER", NUMBER)
        + _LUA_DONE
    )


_LUA_INIT = """
local bodies, requests = {}, {}
function init()
  for index, name in ipairs(names) do
    local file = assert(io.open(name, "rb"))
    bodies[index] = file:read("*a")
    file:close()
    requests[index] = wrk.format(nil, nil, nil, bodies[index])
  end
end
"""
_LUA_TURNS = """
function request()
  number = number + 1
  return requests[number % #requests + 1]
end
"""
_LUA_NUMBERED = """
function request()
  number = number + 1
  local body = bodies[number % #bodies + 1]:gsub("NUMBER", string.format("%08x", number))
  return wrk.format(nil, nil, nil, body)
end
"""
_LUA_DONE = """
function done(summary)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}',
    summary.requests, summary.duration, e.connect, e.read, e.write, e.timeout, e.status))
end
"""


class Client(asyncio.Protocol):
    """One kept connection. `answered` is called with the status of each response, and with 0 when it is lost."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.lost = False
        self.answered: Callable[[int], None] = lambda status: None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.answered(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.answered(0)

    async def ask(self, raw: bytes) -> int:
        """The status of one request; 0 if the connection is lost."""
        if self.lost:
            return 0
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def finish(status: int) -> None:
            if not answer.done():
                answer.set_result(status)

        self.answered = finish
        self.transport.write(raw)
        async with asyncio.timeout(PATIENCE):
            return await answer

    def close(self) -> None:
        self.transport.close()


async def connected(port: int) -> Client:
    _, client = await asyncio.get_running_loop().create_connection(Client, HOST, port)
    return client


async def during(port: int, given: Work, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Full load by our own client."""
    began, sent = time.perf_counter(), itertools.count()

    def requests() -> Iterator[bytes]:
        while time.perf_counter() - began < seconds:
            next(sent)
            yield given.raw(next(_NUMBERS))

    await _workers(port, given.status, connections, requests())
    return Load(next(sent), time.perf_counter() - began)


async def counted(port: int, make: Callable[[int], bytes], status: int, numbers: range) -> Load:
    """Full load until the requests with these numbers have responses. Raises WrongAnswerError for any other status."""
    began = time.perf_counter()
    await _workers(port, status, min(CONNECTIONS, len(numbers)), map(make, numbers))
    return Load(len(numbers), time.perf_counter() - began)


async def _workers(port: int, status: int, connections: int, requests: Iterator[bytes]) -> None:
    async def work() -> None:
        client = await connected(port)
        for raw in requests:
            found = await client.ask(raw)
            if found != status:
                raise WrongAnswerError(f"expected {status}, got {found or 'a lost connection'}")
        client.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())


async def at_rate(port: int, given: Work, rate: float, seconds: float, connections: int = 128) -> Latencies:
    """Latencies at a fixed rate of requests per second, whatever the server does."""
    chance = random.Random(6)
    due = list(itertools.accumulate(chance.expovariate(rate) for _ in range(int(rate * seconds))))
    raws = [given.raw(number) for number in range(min(len(due), 1000))]
    found, wrong = Latencies(), 0
    idle = deque([(await connected(port), 0.0) for _ in range(min(connections, len(due)))])  # with when it was freed
    with without_collections():
        began = time.perf_counter()

        def send(client: Client, freed: float, number: int) -> None:
            at = due[number]

            def answered(status: int) -> None:
                nonlocal wrong
                client.answered = _ignore
                wrong += status != given.status
                now = time.perf_counter() - began
                found.seconds.append(now - at)
                idle.append((client, now))

            client.answered = answered
            found.late.append(time.perf_counter() - began - max(at, freed))
            client.transport.write(raws[number % len(raws)])

        sent = 0
        while len(found.seconds) < len(due):
            now = time.perf_counter() - began
            while sent < len(due) and due[sent] <= now and idle:
                send(*idle.popleft(), sent)
                sent += 1
            if now > seconds + PATIENCE:
                raise WrongAnswerError(
                    f"{len(due) - len(found.seconds)} requests have had no answer for {PATIENCE:g} s"
                )
            await asyncio.sleep(PAUSE)
    for client, _ in idle:
        client.close()
    if wrong:
        raise WrongAnswerError(f"{wrong} of {len(due)} answers were not {given.status}")
    return found


def _ignore(_: int) -> None:
    """Receives the events of a connection that nobody uses."""


@contextmanager
def without_collections() -> Iterator[None]:
    """Keeps pauses of the generator's garbage collector from looking like a slow server."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
