"""How much is measured: at length for the figures, or for a moment to find errors."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.report import Report


@dataclass(frozen=True)
class Scale:
    """The counts and seconds of one run, and whether it installs and runs the tools to compare with."""

    compare: bool
    rounds: int
    round_seconds: float
    warm_up_seconds: float
    start_rounds: int
    latency_rounds: int
    latency_seconds: float
    requests: tuple[int, ...]
    kept: tuple[int, ...]
    accounts: tuple[int, ...]
    requests_of_accounts: int
    slow_connections: int
    slow_seconds: float
    new_connections: int
    new_seconds: float
    large_bodies: int
    large_at_once: int
    large_bytes: int
    soak_seconds: float
    held_connections: int
    held_requests: int
    analytics_events: int
    fixture_tests: int
    profile_seconds: float


FULL = Scale(
    compare=True,
    rounds=5,
    round_seconds=4,
    warm_up_seconds=10,
    start_rounds=9,
    latency_rounds=5,
    latency_seconds=5,
    requests=(1_000, 10_000, 100_000, 1_000_000),
    kept=(1_000, 10_000, 100_000),
    accounts=(1, 100, 10_000),
    requests_of_accounts=50_000,
    slow_connections=5_000,
    slow_seconds=10,
    new_connections=1_000,
    new_seconds=10,
    large_bodies=50,
    large_at_once=32,
    large_bytes=4_990_000,
    soak_seconds=300,
    held_connections=2_000,
    held_requests=3_000,
    analytics_events=100_000,
    fixture_tests=500,
    profile_seconds=6,
)
SMOKE = Scale(
    compare=False,
    rounds=1,
    round_seconds=1,
    warm_up_seconds=0.2,
    start_rounds=1,
    latency_rounds=1,
    latency_seconds=0.3,
    requests=(10, 100, 1_000),
    kept=(10, 100),
    accounts=(1, 10),
    requests_of_accounts=100,
    slow_connections=50,
    slow_seconds=0.3,
    new_connections=100,
    new_seconds=0.3,
    large_bodies=20,
    large_at_once=32,
    large_bytes=4_990_000,
    soak_seconds=2,
    held_connections=50,
    held_requests=60,
    analytics_events=500,
    fixture_tests=12,
    profile_seconds=0.2,
)


@dataclass(frozen=True)
class Run:
    """One run of the benchmarks: its scale, the path of wrk if there is one, and the report."""

    scale: Scale
    wrk: str | None
    report: Report
