"""Every scenario that comes with the package does what its sentence says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
import yaml

from tests.support.faulting import NOON, World, storm, until
from tests.support.harness import OPERATIONS, PRODLYTICS, SATORI, SUPALYTICS, V1, V2, Operation, Server, run, serving

FOLDER = Path(__file__).parents[2] / "fixtures" / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
BATTERY = sorted(path.stem for path in (FOLDER / "conduct").glob("*.yaml"))
ALL = [*NAMES, *(f"conduct/{name}" for name in BATTERY)]


def outcome(world: World) -> str:
    """A status, or what broke."""
    try:
        answer = world.post(timeout=httpx2.Timeout(20, read=0.3))
    except httpx2.ReadTimeout:
        return "hang"
    except httpx2.ReadError:
        return "reset"
    except httpx2.RemoteProtocolError:
        return "protocol"
    try:
        answer.json()
    except ValueError:
        return "malformed"
    return str(answer.status_code)


def outcomes(world: World, count: int) -> list[str]:
    return [outcome(world) for _ in range(count)]


def brown_out(server: Server, key: str) -> None:
    """For three requests to each operation, then fine."""
    for operation in (PRODLYTICS, V1, V2, SUPALYTICS):
        world = World(server, operation, f"{key}{operation.id}")
        failing = "503" if operation is PRODLYTICS else "429"
        assert outcomes(world, 5) == [failing] * 3 + [str(operation.success)] * 2
        assert world.stored == [False] * 3 + [True] * 2


def flaky_network(server: Server, key: str) -> None:
    counts = storm(World(server, PRODLYTICS, key), 1000, 1)
    assert 60 <= 1000 - counts["202"] <= 140
    assert min(counts["reset"], counts["truncate"], counts["empty"]) > 0


def flapping(server: Server, key: str) -> None:
    assert outcomes(World(server, PRODLYTICS, key), 6) == ["202", "reset"] * 3


def long_tail(server: Server, key: str) -> None:
    """On a frozen clock every answer waits; most are there within a second, one in many only later."""
    world = World(server, PRODLYTICS, key)
    world.freeze(NOON)
    server.client.get("/__admin/faults")
    waited = []
    for number in range(60):
        steps = 0
        with world.connected() as client:
            client.sendall(world.wire_form())
            await_fired(server, number + 1)
            while len(world.journal) == number:
                world.advance(0.05)
                steps += 1
                assert steps < 2000
        waited.append(steps * 0.05)
    assert sorted(waited)[30] < 0.3
    assert max(waited) > 0.5


def lost_acknowledgements(server: Server, key: str) -> None:
    world = World(server, PRODLYTICS, key)
    assert outcomes(world, 4) == ["reset", "reset", "202", "202"]
    assert world.stored == [True] * 4
    assert world.acknowledged == [False, False, True, True]


def maintenance_window(server: Server, key: str) -> None:
    world = World(server, SATORI, key)
    answers = [world.post() for _ in range(12)]
    assert [answer.status_code for answer in answers] == [503] * 10 + [200] * 2
    assert {answer.headers.get("retry-after") for answer in answers[:10]} == {"30"}


def one_bad_shard(server: Server, key: str) -> None:
    for operation in OPERATIONS:
        expected = 500 if operation is PRODLYTICS else operation.success
        assert World(server, operation, key).statuses(3) == [expected] * 3


def proxy_in_the_way(server: Server, key: str) -> None:
    expected = ["malformed", "malformed", "protocol", "protocol", "202", "202"]
    assert outcomes(World(server, PRODLYTICS, key), 6) == expected


def rate_limit_storm(server: Server, key: str) -> None:
    world = World(server, V1, key)
    world.freeze(NOON)
    refused = []
    for seconds in (0, 0.5, 1, 0.4):
        world.advance(seconds)
        refused.append(world.post())
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [
        (429, "2"),
        (429, "2"),
        (429, "1"),
        (429, "1"),
    ]
    assert [answer.headers["x-ratelimit-reset"] for answer in refused] == ["2", "2", "1", "1"]
    world.advance(0.1)
    assert world.statuses(2) == [202, 202]


def slow_then_dead(server: Server, key: str) -> None:
    world = World(server, PRODLYTICS, key)
    world.freeze(NOON)
    for number, delay in enumerate((0.2, 0.2, 1, 1, 3, 3)):
        with world.connected() as client:
            client.sendall(world.wire_form())
            await_fired(server, number + 1)
            world.advance(delay * 0.9)
            assert len(world.journal) == number
            world.advance(delay * 0.2)
            await_journal(world, number + 1)
    assert outcomes(world, 2) == ["hang", "hang"]


def await_fired(server: Server, count: int) -> None:
    """Wait until the server's faults have fired so often together."""
    until(lambda: sum(int(fault["fired"]) for fault in server.control("/faults")["faults"]) == count)


def await_journal(world: World, count: int) -> None:
    """Wait until so many exchanges of the account are recorded."""
    until(lambda: len(world.journal) == count)


CHECKS: dict[str, Callable[[Server, str], None]] = {
    "brown-out": brown_out,
    "flaky-network": flaky_network,
    "flapping": flapping,
    "long-tail": long_tail,
    "lost-acknowledgements": lost_acknowledgements,
    "maintenance-window": maintenance_window,
    "one-bad-shard": one_bad_shard,
    "proxy-in-the-way": proxy_in_the_way,
    "rate-limit-storm": rate_limit_storm,
    "slow-then-dead": slow_then_dead,
}


@pytest.mark.socket
@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_scenario_does_what_it_says(name: str, key: str) -> None:
    with serving("--scenario", name, "--log-level", "warning") as server:
        CHECKS[name](server, key)
        assert server.log == ""


def test_there_are_scenarios_for_what_people_meet() -> None:
    assert len(NAMES) >= 8
    assert set(NAMES) == set(CHECKS)


BATTERY_OUTCOMES = {
    "400": ["400", "202", "202"],
    "401": ["401", "401", "401"],
    "413": ["413", "202", "202"],
    "429": ["429", "429", "202"],
    "429-date": ["429", "202", "202"],
    "500": ["500", "500", "202", "500", "500", "202"],
    "503": ["503", "503", "202"],
    "brown-out": ["503", "202", "503"],
    "down": ["500", "500", "500"],
    "hang": ["hang", "202", "202"],
    "lost-acknowledgement": ["reset", "202", "202"],
    "outage": ["502", "502", "502"],
    "reset": ["reset", "reset", "202"],
    "slow": ["hang", "202", "202"],
}
"""What requests meet in turn; those that wait longer than 0.3 s count as hanging."""


@pytest.mark.socket
@pytest.mark.parametrize("operation", [PRODLYTICS, V1, SUPALYTICS], ids=lambda operation: operation.id)
@pytest.mark.parametrize("name", BATTERY)
def test_a_scenario_of_the_battery_does_what_it_says_at_every_vendor(
    name: str, operation: Operation, server: Server, key: str
) -> None:
    world = World(server, operation, key)
    world.fail(*yaml.safe_load((FOLDER / "conduct" / f"{name}.yaml").read_text("utf-8"))["faults"])
    expected = [str(operation.success) if each == "202" else each for each in BATTERY_OUTCOMES[name]]
    if name == "brown-out":
        expected[1] = "hang"
    assert outcomes(world, len(expected)) == expected


def test_every_scenario_of_the_battery_is_looked_at() -> None:
    assert set(BATTERY) == set(BATTERY_OUTCOMES)


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_is_a_sentence_and_a_few_lines(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    description = yaml.safe_load(text)["description"]
    assert description.endswith(".")
    assert len(text.splitlines()) <= 12


@pytest.mark.socket
def test_the_command_lists_every_scenario_with_its_sentence() -> None:
    listed = run("scenarios")
    assert listed.returncode == 0
    lines = dict(line.split(maxsplit=1) for line in listed.stdout.splitlines())
    assert lines == {name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))["description"] for name in ALL}


@pytest.mark.socket
@pytest.mark.parametrize("vendor", ["satori", "supalytics"])
def test_a_scenario_may_name_vendors_that_are_not_served(vendor: str, key: str) -> None:
    began = time.monotonic()
    operation = {"satori": SATORI, "supalytics": SUPALYTICS}[vendor]
    with serving("--vendor", vendor, "--scenario", "brown-out") as server:
        failing = {"satori": 503, "supalytics": 429}[vendor]
        assert World(server, operation, key).statuses(4) == [failing] * 3 + [200]
    assert time.monotonic() - began < 20
