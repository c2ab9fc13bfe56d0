"""Measures the time from a command to its first response, and what `with MockServer()` costs a test."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import machine, servers, work
from benchmarks.report import Target
from benchmarks.scale import Run

IN_PROCESS = """
import time
from mockserver.testing import MockServer
began = time.perf_counter()
with MockServer() as server:
    print((time.perf_counter() - began) * 1000, server.port)
"""


def startup(run: Run) -> None:
    """`mockserver serve` and a bare application under uvicorn, in turns; then `with MockServer()`."""
    ours, bare = [], []
    for number in range(run.scale.start_rounds + 1):
        port = servers.free_port()
        served = _seconds_to_answer("mockserver", [*servers.mockserver_program(), "serve", "--port", str(port)], port)
        port = servers.free_port()
        plain = _seconds_to_answer("bare uvicorn", servers.uvicorn_command("bare_asgi", port), port)
        if number or run.scale.start_rounds == 1:  # the first round may still write compiled modules
            ours.append(served)
            bare.append(plain)
    in_process = [_in_process() for _ in range(run.scale.start_rounds)]
    report = run.report
    report.section("Start, to the first answered request")
    report.median("mockserver serve", [seconds * 1e3 for seconds in ours], "ms")
    report.median("a bare application under uvicorn", [seconds * 1e3 for seconds in bare], "ms")
    ratios = [mine / its for mine, its in zip(ours, bare, strict=True)]
    report.median("mockserver serve ÷ bare uvicorn", ratios, "×", Target(1.5, 1.2, least=False))
    report.median("with MockServer(), after import", in_process, "ms", Target(50, 20, least=False))


def _seconds_to_answer(name: str, command: list[str], port: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        server = servers.launch(name, command, port, Path(folder, "log"))
        try:
            server.wait_until_answered(work.valid())
            return time.perf_counter() - began
        finally:
            server.stop()


def _in_process() -> float:
    """Milliseconds, measured in a separate process on the server's core."""
    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESS],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: machine.stay_on(machine.SERVER_CORE),
    )
    return float(done.stdout.split()[0])
