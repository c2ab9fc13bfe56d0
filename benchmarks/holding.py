"""Strains a server: slow, new and large connections, and minutes of mixed traffic.

What is wrong is an error: another status, a leak of memory or of files, a request that starves.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import uvloop

from benchmarks import load, machine, servers, work
from benchmarks.report import Target
from benchmarks.scale import Run

STARVED_SECONDS = 5.0
OTHERS_PER_SECOND = 100
SPARE_FILES = 200
LEAK = 1.1
LEAK_MB = 10.0
LEAK_OF_LARGE = 1.25
"""Large bodies leave a varying number of holes in the heap; a leak would more than double it."""
LARGE_ROUNDS = 4
AT_ONCE = 50


@dataclass
class Waits:
    """How long other clients waited meanwhile."""

    seconds: list[float]

    def report(self, run: Run, meanwhile: str) -> None:
        run.report.figure(
            f"other requests meanwhile, 99 % ({meanwhile})", load.percentile(self.seconds, 99) * 1e3, "ms"
        )
        run.report.figure(f"other requests meanwhile, the slowest ({meanwhile})", max(self.seconds) * 1e3, "ms")
        if max(self.seconds) > STARVED_SECONDS:
            run.report.error(f"{meanwhile}: another request waited for {max(self.seconds):.1f} s")


async def _beside(port: int, doing: Awaitable[None]) -> Waits:
    """Runs `doing` while another client sends a request every few milliseconds."""
    client, raw, waits = await load.connected(port), work.valid().of_account("beside").raw(0), Waits([])
    done = asyncio.ensure_future(doing)
    while not done.done() or len(waits.seconds) < 2:
        began = time.perf_counter()
        status = await client.ask(raw)
        waits.seconds.append(time.perf_counter() - began)
        if status != 202:
            done.cancel()
            raise servers.WrongAnswerError(f"another request got {status or 'no answer'} meanwhile")
        await asyncio.sleep(1 / OTHERS_PER_SECOND)
    client.close()
    await done
    return waits


def hold(run: Run) -> None:
    """Every strain in turn, each on a new server."""
    run.report.section("Strain")
    for strain in (_slow, _new, _large):
        with servers.mockserver() as server:
            files = server.open_files()
            strain(run, server)
            _no_file_left(run, server, files, strain.__name__.strip("_"))


def _no_file_left(run: Run, server: servers.Server, before: int, what: str) -> None:
    """Closed connections must be released; the server notices them within a moment."""
    give_up = time.monotonic() + 5
    while server.open_files() > before and time.monotonic() < give_up:
        time.sleep(0.05)
    if server.open_files() > before:
        run.report.error(f"{what}: {server.open_files() - before} files are still open after every client has left")


def _slow(run: Run, server: servers.Server) -> None:
    """Many clients at once that send their request piece by piece over seconds."""
    wanted, scale = run.scale.slow_connections, run.scale
    count = min(wanted, machine.allow_open_files(wanted + SPARE_FILES) - SPARE_FILES)
    if count < wanted:
        run.report.skip(f"{wanted:,} slow connections", f"no more than {count:,}: so many files may be open here")
    alone = uvloop.run(_beside(server.port, asyncio.sleep(scale.slow_seconds / 2)))
    waits = uvloop.run(_beside(server.port, _trickle(server.port, count, scale.slow_seconds)))
    run.report.figure(f"{count:,} slow connections, resident", server.resident(), "MB")
    alone.report(run, "nothing else")
    waits.report(run, f"{count:,} slow connections")


async def _trickle(port: int, count: int, seconds: float) -> None:
    """Starts the clients with pauses, so that the load generator does not delay the client beside them."""
    raw, pieces = work.valid().of_account("slow").raw(0), 10
    cuts = [len(raw) * number // pieces for number in range(pieces + 1)]
    clients: list[load.Client] = []
    while len(clients) < count:
        clients += await asyncio.gather(*(load.connected(port) for _ in range(min(AT_ONCE, count - len(clients)))))
    for begin, end in itertools.pairwise(cuts[:-1]):
        for number, client in enumerate(clients):
            client.transport.write(raw[begin:end])
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(seconds / pieces)
    answers = []
    for number, client in enumerate(clients):
        answers.append(asyncio.ensure_future(client.ask(raw[cuts[-2] :])))
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    statuses = Counter(await asyncio.gather(*answers))
    for client in clients:
        client.close()
    if set(statuses) != {202}:
        raise servers.WrongAnswerError(f"slow connections got {dict(statuses)}")


def _new(run: Run, server: servers.Server) -> None:
    """Clients that connect, send one request and leave, at a fixed rate."""
    rate, latencies = run.scale.new_connections, uvloop.run(_new_connections(run, server.port))
    run.report.figure(f"{rate:,} new connections/s, 99 % (to the answer)", latencies.percentile(99) * 1e3, "ms")
    run.report.figure(f"{rate:,} new connections/s, the slowest", max(latencies.seconds) * 1e3, "ms")


async def _new_connections(run: Run, port: int) -> load.Latencies:
    rate, found = run.scale.new_connections, load.Latencies()
    raw = work.valid().raw(0, more="Connection: close\r\n")

    async def one(due: float) -> None:
        client = await load.connected(port)
        status = await client.ask(raw)
        client.close()
        found.seconds.append(time.perf_counter() - due)
        if status != 202:
            raise servers.WrongAnswerError(f"a new connection got {status or 'no answer'}")

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * run.scale.new_seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    return found


def _large(run: Run, server: servers.Server) -> None:
    """Bodies near the bound of 5 MB, one after another and many at once. After the first half the bounds are reached,
    and the second half must add nothing."""
    scale, raw = run.scale, work.large(run.scale.large_bytes).of_account("large").raw(0)

    async def together() -> None:
        await load.counted(server.port, lambda _: raw, 202, range(scale.large_at_once))

    async def in_turn() -> None:
        client = await load.connected(server.port)
        for _ in range(scale.large_bodies):
            status = await client.ask(raw)
            if status != 202:
                raise servers.WrongAnswerError(f"a body of {len(raw):,} bytes got {status or 'no answer'}")
        client.close()

    turns, at_once, resident = Waits([]), Waits([]), []
    began = time.perf_counter()
    for _ in range(LARGE_ROUNDS):
        turns.seconds += uvloop.run(_beside(server.port, in_turn())).seconds
        at_once.seconds += uvloop.run(_beside(server.port, together())).seconds
        resident.append(server.resident())
    sent = LARGE_ROUNDS * (scale.large_bodies + scale.large_at_once)
    run.report.figure("5 MB bodies, one after another and at once", sent / (time.perf_counter() - began), "/s")
    turns.report(run, "5 MB bodies one after another")
    at_once.report(run, f"{scale.large_at_once} bodies of 5 MB at once")
    run.report.figure("resident after them", resident[-1], "MB")
    _no_leak(run, "5 MB bodies", resident[1], resident[3], LEAK_OF_LARGE)


def _no_leak(run: Run, what: str, before: float, after: float, most: float = LEAK) -> None:
    if after > before * most + LEAK_MB:
        run.report.error(f"{what}: {before:.0f} MB have become {after:.0f} MB")


def soak(run: Run) -> None:
    """Minutes of everything at once, with small bounds, so that memory is steady long before the end."""
    run.report.section(f"Soak of {run.scale.soak_seconds:g} s, mixed traffic")
    with servers.mockserver(journal_entries=500, journal_bytes=2_000_000, accounts=100) as server:
        files, resident = server.open_files(), list[float]()
        soaking = Soak(server.port, run.scale.soak_seconds)
        uvloop.run(soaking.run(lambda: resident.append(server.resident())))
        _no_file_left(run, server, files, "soak")
    steady = resident[len(resident) // 2]
    run.report.figure("requests", soaking.answered.total() / run.scale.soak_seconds, "/s")
    run.report.figure("resident at half of the time", steady, "MB")
    run.report.figure("resident at the end", resident[-1], "MB")
    run.report.figure("growth in the second half", resident[-1] / steady, "×", Target(LEAK, least=False))
    waits = Waits(soaking.waits)
    waits.report(run, "mixed traffic")
    _no_leak(run, "soak", steady, max(resident[-3:]))
    for problem, count in soaking.problems.items():
        run.report.error(f"soak: {count} × {problem}")


class Soak:
    """Mixed traffic: every kind of request, from changing accounts, on kept and on new connections."""

    WORKERS = 8
    ACCOUNTS = 300
    SAMPLES = 60
    PAUSE = 0.002

    def __init__(self, port: int, seconds: float) -> None:
        self._port, self._ends, self._seconds = port, time.monotonic() + seconds, seconds
        self._chance = random.Random(6)
        self._numbers = itertools.count()
        self.answered: Counter[int] = Counter()
        self.problems: Counter[str] = Counter()
        self.waits: list[float] = []
        self._kinds: list[tuple[int, Callable[[], tuple[bytes, int]]]] = [
            (60, self._of(work.valid())),
            (12, self._of(work.invalid())),
            (5, self._of(work.batch(50))),
            (10, self._of(work.subscription())),
            (5, lambda: (self._valid_with("Prefer: code=503\r\n"), 503)),
            (4, lambda: (self._get(f"/__admin/requests?account={self._key()}&limit=50"), 200)),
            (2, lambda: (self._get("/__admin/events?vendor=supalytics&limit=50"), 200)),
            (2, lambda: (b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404)),
        ]

    async def run(self, sample: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.WORKERS):
                group.create_task(self._worker())
            group.create_task(self._leaver())
            while time.monotonic() < self._ends:
                await asyncio.sleep(self._seconds / self.SAMPLES)
                sample()

    async def _worker(self) -> None:
        weights, kinds = zip(*self._kinds, strict=True)
        client = await load.connected(self._port)
        while time.monotonic() < self._ends:
            raw, status = self._chance.choices(kinds, weights)[0]()
            began = time.perf_counter()
            found = await client.ask(raw)
            self.waits.append(time.perf_counter() - began)
            self.answered[found] += 1
            if found != status:
                self.problems[f"{found or 'no answer'} in place of {status} to {raw[:60]!r}"] += 1
            if self._chance.random() < 0.05:
                client.close()
                client = await load.connected(self._port)
            await asyncio.sleep(self.PAUSE)
        client.close()

    async def _leaver(self) -> None:
        """A client that leaves in the middle of its request, again and again."""
        raw = work.valid().of_account("leaver").raw(0)
        while time.monotonic() < self._ends:
            client = await load.connected(self._port)
            client.transport.write(raw[: self._chance.randrange(1, len(raw))])
            await asyncio.sleep(0.01)
            client.transport.abort()

    def _of(self, given: work.Work) -> Callable[[], tuple[bytes, int]]:
        def make() -> tuple[bytes, int]:
            chosen = given.of_account(self._key()) if "DD-API-KEY" in given.headers else given
            return chosen.raw(next(self._numbers)), given.status

        return make

    def _key(self) -> str:
        return f"soak-{self._chance.randrange(self.ACCOUNTS)}"

    def _valid_with(self, header: str) -> bytes:
        return work.valid().of_account(self._key()).raw(0, more=header)

    def _get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
