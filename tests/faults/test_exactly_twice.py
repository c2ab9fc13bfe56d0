"""A fault that fires `times` fires exactly so often however many clients come at once, and only in its own account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.faulting import World, storm
from tests.support.harness import PRODLYTICS, Server

REQUESTS, CONNECTIONS = 5000, 64
WIRES = ("reset", "empty", "truncate", "garbage", "malformed")


@pytest.mark.parametrize("run", range(20))
def test_times_2_fires_exactly_twice_among_64_clients_and_5000_requests(world: World, run: int) -> None:
    """A status and a wire fault, each twice, somewhere among the requests."""
    wire = WIRES[run % len(WIRES)]
    world.fail({"status": 503, "times": 2, "after": 100 * run}, {"wire": wire, "times": 2, "after": 50 * run})
    assert storm(world, REQUESTS, CONNECTIONS) == {"202": REQUESTS - 4, "503": 2, wire: 2}
    assert world.fired == [2, 2]
    assert not any(fault["armed"] for fault in world.armed)


def test_faults_of_one_account_never_touch_another(server: Server, key: str) -> None:
    worlds = [World(server, PRODLYTICS, f"{key}-{number}") for number in range(8)]
    for number, world in enumerate(worlds):
        if number:
            world.fail({"status": 503, "times": number}, {"wire": "reset", "times": number})
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda world: storm(world, 200, 8), worlds))
    assert [(counts["503"], counts["reset"], counts["202"]) for counts in seen] == [
        (number, number, 200 - 2 * number) for number in range(8)
    ]
    for number, world in enumerate(worlds):
        assert [fault["fired"] for fault in world.armed] == ([number, number] if number else [])
        assert sum(exchange["fault"] is not None for exchange in world.journal) == 2 * number
