"""The command: `python -m benchmarks [--smoke] [--only PART …] [--output FILE]`.

Prints one table of figures beside their targets, and writes it to FILE. Exit code 1 means an error (a wrong status, a
leak, a server that logs), never a missed target.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import machine
from benchmarks.analytics import analytics
from benchmarks.fixture_cost import fixture_cost
from benchmarks.growth import accounts, journal, memory
from benchmarks.held_connections import held_connections
from benchmarks.holding import hold, soak
from benchmarks.profiling import profiling
from benchmarks.report import Report
from benchmarks.scale import FULL, SMOKE, Run, Scale
from benchmarks.servers import WrongAnswerError
from benchmarks.startup import startup
from benchmarks.throughput import latency, throughput

PARTS: dict[str, Callable[[Run], None]] = {
    "throughput": throughput,
    "latency": latency,
    "startup": startup,
    "memory": memory,
    "journal": journal,
    "accounts": accounts,
    "hold": hold,
    "held": held_connections,
    "soak": soak,
    "analytics": analytics,
    "fixture": fixture_cost,
    "profile": profiling,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure mockserver.")
    parser.add_argument("--smoke", action="store_true", help="run each part for a moment, to find errors")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the table here, as Markdown")
    given = parser.parse_args()
    began, disturbance = time.monotonic(), machine.disturbance()
    report = measured(SMOKE if given.smoke else FULL, given.only)
    minutes = (time.monotonic() - began) / 60
    kind = "A smoke run: its figures mean nothing" if given.smoke else "Medians of interleaved rounds"
    notes = [f"{kind}; {machine.pinned()}. The run took {minutes:.1f} minutes; {disturbance}."]
    page = report.markdown(machine.versions(), notes)
    print(page)
    if given.output:
        given.output.write_text(page, "utf-8")
    return 1 if report.errors else 0


def measured(scale: Scale, parts: list[str]) -> Report:
    """Every part in turn. A failure in one part becomes an error of the report, and the next part runs."""
    report = Report(judged=scale.compare)
    machine.stay_on(machine.LOAD_CORE)
    run = Run(scale, _wrk(scale, report), report)
    for name in parts:
        began = time.monotonic()
        try:
            PARTS[name](run)
        except* (WrongAnswerError, OSError, AssertionError, subprocess.SubprocessError) as group:
            for error in _leaves(group):
                report.error(f"{name}: {type(error).__name__}: {error}")
        print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    return report


def _wrk(scale: Scale, report: Report) -> str | None:
    if not scale.compare:
        report.skip("Prism and WireMock", "a smoke run leaves them out")
    try:
        return machine.wrk(install=scale.compare)
    except machine.MissingToolError as missing:
        report.skip("throughput and latency" if scale.compare else "full load by wrk", missing)
        return None


def _leaves(group: BaseExceptionGroup[Exception]) -> list[BaseException]:
    """The errors, each listed once."""
    found: dict[str, BaseException] = {}
    for error in group.exceptions:
        inner = _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
        found |= {str(leaf): leaf for leaf in inner}
    return list(found.values())


if __name__ == "__main__":
    sys.exit(main())
