"""Shows where the time of a request goes, by module: `python -m benchmarks.profiling [--seconds N] [--output FILE]`.

Requests go through uvicorn's protocol and the whole application in this process, without a socket, in the steady
state (the journal is full). A timer looks at the stack every half millisecond and books the sample to the innermost
module of mockserver, Starlette or uvicorn, with what that module calls in other libraries. The total is measured in a
turn of its own, without the timer. Only the application's factory and its uvicorn configuration are used, so that
another version can be measured by putting it first on PYTHONPATH (`python -P -m …`).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from uvicorn.server import ServerState

import mockserver
from benchmarks import work
from benchmarks.contenders.bare_starlette import app as bare_starlette
from benchmarks.scale import Run
from benchmarks.servers import NO_429
from mockserver.http.uvicorn import config_of
from mockserver.server.app import create_app
from mockserver.settings import Settings

INTERVAL = 0.0005
FUNCTIONS_SHOWN = 12
SHOWN_FROM = 0.005
PACKAGES = ("mockserver", "starlette", "uvicorn", "asyncio", "benchmarks")


class Wire(asyncio.Transport):
    """A transport without a socket that keeps the beginning of the last write."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 8080), "peername": ("127.0.0.1", 50000)})
        self.written = b""

    def write(self, data: Any) -> None:
        if data.startswith(b"HTTP/"):
            self.written = bytes(data[:12])

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """Nothing to pause: each request starts after the previous response."""

    resume_reading = close = abort = pause_reading


class Driver:
    """Sends an application one request after another through uvicorn's protocol; its own work is not timed."""

    def __init__(self, config: uvicorn.Config, given: work.Work) -> None:
        config.load()
        self._wire = Wire()
        self._protocol: Any = config.http_protocol_class(config, ServerState(), {})  # type: ignore[call-arg]
        self._protocol.connection_made(self._wire)
        self._given, self._number = given, 0

    async def one(self) -> None:
        raw, self._number = self._given.raw(self._number), self._number + 1
        self._protocol.data_received(raw)
        while not self._protocol.cycle.response_complete:
            await asyncio.sleep(0)
        assert self._wire.written == b"HTTP/1.1 %d" % self._given.status, self._wire.written

    async def many(self, count: int) -> None:
        for _ in range(count):
            await self.one()

    async def during(self, seconds: float) -> float:
        """CPU seconds of this process per request, measured for `seconds`."""
        began, worked, count = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - began < seconds:
            await self.one()
            count += 1
        return (time.process_time() - worked) / max(1, count)


class Samples:
    """Samples of the stack by module and by function, and how many were in the driver, which is not on the path."""

    def __init__(self) -> None:
        self.modules: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self.driver = 0

    def take(self, _: int, frame: FrameType | None) -> None:
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            package = module.partition(".")[0]
            if package in PACKAGES:
                self._book(module, package, frame)
                return
            frame = frame.f_back

    def _book(self, module: str, package: str, frame: FrameType) -> None:
        written_here = package == "benchmarks" and not module.startswith("benchmarks.contenders")
        if written_here or frame.f_code.co_name == "__sleep0":
            self.driver += 1
            return
        self.modules[_row(module, package)] += 1
        self.functions[f"{module}.{frame.f_code.co_qualname}"] += 1


def _row(module: str, package: str) -> str:
    """The name under which a module is listed."""
    if package == "asyncio":
        return "the event loop"
    return module if package == "mockserver" else "the endpoint" if package == "benchmarks" else package


class Profile:
    """One kind of request: microseconds in all, by module, and by function."""

    def __init__(self, name: str, microseconds: float, samples: Samples) -> None:
        each = microseconds / max(1, samples.modules.total() + samples.driver)
        self.name, self.microseconds = name, each * samples.modules.total()
        self.modules = {name: each * count for name, count in samples.modules.items()}
        self.functions = {name: each * count for name, count in samples.functions.items()}

    def share(self, module: str) -> float:
        return self.modules.get(module, 0) / max(1e-9, self.microseconds)


def our_config() -> uvicorn.Config:
    return config_of(create_app(Settings(rate_limits=NO_429)))


def bare_config() -> uvicorn.Config:
    return uvicorn.Config(bare_starlette, access_log=False, log_config=None, lifespan="off", http="httptools")


KINDS: dict[str, tuple[Callable[[], uvicorn.Config], Callable[[], work.Work], int]] = {
    "bare Starlette": (bare_config, work.valid, 2_000),
    "valid": (our_config, work.valid, 12_000),
    "invalid": (our_config, work.invalid, 12_000),
    "batch of 1,000": (our_config, work.batch, 300),
}
"""By name: the server, its requests, and how many of them it takes to reach the steady state."""


async def profile(name: str, seconds: float, warm_up: int) -> Profile:
    config, given, _ = KINDS[name]
    driver, samples = Driver(config(), given()), Samples()
    await driver.many(warm_up)
    gc.collect()
    gc.freeze()
    plain = min([await driver.during(seconds / 3) for _ in range(3)])
    signal.signal(signal.SIGALRM, samples.take)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    try:
        await driver.during(seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.unfreeze()
    return Profile(name, plain * 1e6, samples)


def profiles(seconds: float, *, steady: bool = True) -> list[Profile]:
    """Each kind of request in turn. Without `steady` the warm-up is left out."""
    return [uvloop.run(profile(name, seconds, KINDS[name][2] if steady else 1)) for name in KINDS]


def table(found: list[Profile]) -> str:
    """Microseconds per request by module, and the functions that take the most of each kind."""
    versions = f"Python {platform.python_version()}, uvicorn {uvicorn.__version__}, {platform.machine()}"
    lines = [f"Microseconds per request, without sockets; {versions}", ""]
    lines.append(f"{'':34}" + "".join(f"{each.name:>16}" for each in found))
    lines.append(f"{'in all':34}" + "".join(f"{each.microseconds:16.1f}" for each in found))
    names = {name for each in found for name in each.modules}
    for name in sorted(names, key=lambda name: -max(each.share(name) for each in found)):
        if any(each.share(name) >= SHOWN_FROM for each in found):
            cells = [each.modules.get(name, 0) for each in found]
            lines.append(f"{name:34}" + "".join(f"{cell:16.1f}" if cell else f"{'':16}" for cell in cells))
    for each in found:
        lines += ["", f"{each.name}: the functions that take the most, with what they call in other libraries"]
        for name, cost in sorted(each.functions.items(), key=lambda item: -item[1])[:FUNCTIONS_SHOWN]:
            lines.append(f"  {cost:10.1f}  {name}")
    return "\n".join(lines) + "\n"


def profiling(run: Run) -> None:
    """Prints where the time goes, and adds the totals to the report."""
    found = profiles(run.scale.profile_seconds, steady=run.scale.compare)
    print(table(found), file=sys.stderr)
    run.report.section("The request path without sockets")
    for each in found:
        run.report.figure(each.name, each.microseconds, "µs")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=6.0, help="for each kind of request, twice")
    arguments.add_argument("--output", type=Path)
    given = arguments.parse_args()
    text = table(profiles(given.seconds))
    print(f"{Path(mockserver.__file__).parent}\n{text}", file=sys.stderr if given.output else sys.stdout)
    if given.output:
        given.output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
