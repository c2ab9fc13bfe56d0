"""Answers are held back on the account's clock, real or frozen, and a client that leaves meanwhile stores nothing."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from tests.support.faulting import NOON, World, leave, read_answer, until
from tests.support.harness import PATIENCE, PRODLYTICS, Server, serving

pytestmark = pytest.mark.socket


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        (30, 30.0),
        (0.5, 0.5),
        (3600, 3600.0),
        ({"uniform": [20, 20]}, 20.0),
        ({"lognormal": {"median": 12, "sigma": 0}}, 12.0),
    ],
    ids=str,
)
def test_a_delay_under_a_frozen_clock_ends_when_it_is_advanced_past_it(
    world: World, delay: Any, seconds: float
) -> None:
    """Not before, and whatever the delay, in milliseconds of real time."""
    world.freeze()
    world.fail({"delay": delay, "times": 1})
    with world.posting() as answer:
        world.advance(seconds * 0.99)
        assert world.journal == []
        world.advance(seconds * 0.02)
        assert answer.result().status_code == 202
    assert world.stored == [True]
    assert world.journal[0]["milliseconds"] < 10_000


def test_a_delay_ends_when_a_frozen_clock_is_set_past_it(world: World) -> None:
    world.freeze()
    world.fail({"delay": 3000})
    with world.posting() as answer:
        world.clock(now=NOON + 2999)
        assert world.journal == []
        world.clock(now=NOON + 3000)
        assert answer.result().status_code == 202


def test_a_delay_goes_on_when_the_clock_is_frozen_in_the_middle_and_released(world: World) -> None:
    world.fail({"delay": 3600})
    with world.posting() as answer:
        world.clock(frozen=True)
        world.advance(3600 - PATIENCE)  # what passed before the clock was frozen counts too
        assert world.journal == []
        world.clock(frozen=False)
        world.advance(PATIENCE)
        assert answer.result().status_code == 202


def test_a_delay_follows_the_servers_clock_too(key: str) -> None:
    with serving("--log-level", "warning") as server:
        world = World(server, PRODLYTICS, key)
        assert server.client.put("/__admin/clock", json={"now": NOON, "frozen": True}).json()["frozen"]
        world.fail({"delay": 30})
        with world.posting() as answer:
            server.client.post("/__admin/clock/advance", json={"seconds": 29})
            assert world.journal == []
            server.client.post("/__admin/clock/advance", json={"seconds": 1})
            assert answer.result().status_code == 202


def test_a_clock_that_is_set_back_makes_no_delay_longer(world: World) -> None:
    """What was left to wait is still left: 0.1 seconds, and not the year by which the clock went back."""
    world.fail({"delay": 0.1})
    with world.posting() as answer:
        world.clock(now=NOON - 365 * 86400)
        assert answer.result().status_code == 202


def test_a_reset_ends_a_delay(world: World) -> None:
    world.freeze()
    world.fail({"delay": 30})
    with world.posting() as answer:
        world.server.client.post("/__admin/reset", params=world.query)
        assert answer.result().status_code == 202


def test_a_real_delay_lasts(world: World) -> None:
    world.fail({"delay": 0.05, "times": 1}, {"status": 503, "delay": 0.05, "times": 1})
    for expected in (202, 503):
        began = time.monotonic()
        assert world.post().status_code == expected
        assert time.monotonic() - began >= 0.05


def steps_until_answered(world: World, delay: Any, seed: int) -> int:
    """How many whole seconds a random delay lasts."""
    world.freeze()
    world.fail({"delay": delay, "times": 1}, seed=seed)
    steps, answered = 0, len(world.journal)
    with world.posting() as answer:
        while len(world.journal) == answered:
            world.advance(1)
            steps += 1
            assert steps < 3000
        assert answer.result().status_code == 202
    return steps


def test_uniform_delays_keep_to_their_bounds_and_to_the_seed(server: Server, key: str) -> None:
    lengths = [
        steps_until_answered(World(server, PRODLYTICS, f"{key}{number}"), {"uniform": [5, 40]}, number % 5)
        for number in range(10)
    ]
    assert lengths[:5] == lengths[5:]
    assert len(set(lengths)) > 2
    assert all(5 <= length <= 41 for length in lengths)


def test_lognormal_delays_scatter_about_their_median_and_keep_to_the_seed(server: Server, key: str) -> None:
    lengths = [
        steps_until_answered(
            World(server, PRODLYTICS, f"{key}{number}"), {"lognormal": {"median": 20, "sigma": 0.5}}, number % 7
        )
        for number in range(14)
    ]
    assert lengths[:7] == lengths[7:]
    assert min(lengths) < 20 < max(lengths)


@pytest.mark.parametrize("size", [10, 100_000, 300_000, 2_000_000])
def test_a_client_that_leaves_in_a_delay_stores_nothing(world: World, size: int) -> None:
    """Noticed at once, however large its body was; the clock need not move for it."""
    world.freeze()
    world.fail({"delay": 30, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form({**PRODLYTICS.body, "padding": "x" * size}))
        until(lambda: world.fired == [1])
        leave(client)
    (exchange,) = until(lambda: world.journal)
    assert (exchange["stored"], exchange["acknowledged"], exchange["status"]) == (False, False, None)


def test_a_client_that_leaves_in_a_delay_with_a_request_waiting_stores_nothing(world: World) -> None:
    world.freeze()
    world.fail({"delay": 30, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form())
        until(lambda: world.fired == [1])
        client.sendall(world.wire_form())
    until(lambda: world.journal)
    assert world.stored == [False]


def test_a_client_that_leaves_after_stage_after_has_stored_what_it_never_learns(world: World) -> None:
    world.freeze()
    world.fail({"delay": 30, "stage": "after"})
    with world.connected() as client:
        client.sendall(world.wire_form())
        until(lambda: world.fired == [1])
        leave(client)
    (exchange,) = until(lambda: world.journal)
    assert (exchange["stored"], exchange["acknowledged"]) == (True, False)


def test_requests_on_one_connection_wait_behind_a_delayed_one(world: World) -> None:
    world.freeze()
    world.fail({"delay": 30, "status": 503, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form() * 3)
        until(lambda: world.fired == [1])
        assert world.journal == []
        world.advance(30)
        rest, statuses = b"", []
        for _ in range(3):
            status, _, rest = read_answer(client, rest)
            statuses.append(status)
    assert statuses == [503, 202, 202]


def test_others_are_not_held_back(server: Server, key: str) -> None:
    """Neither another account nor another request of the same one."""
    world = World(server, PRODLYTICS, key)
    world.freeze()
    world.fail({"delay": 30, "times": 1})
    with world.posting() as answer:
        assert world.statuses(3) == [202] * 3
        assert World(server, PRODLYTICS, f"{key}2").statuses(3) == [202] * 3
        assert not answer.done()
        world.advance(30)
        assert answer.result().status_code == 202


def test_a_read_time_out_of_30_seconds_is_tested_in_milliseconds(world: World) -> None:
    """The client's time-out is its own; the server's delay is not waited for by anybody."""
    world.freeze()
    world.fail({"delay": 31, "stage": "after", "times": 1})
    with pytest.raises(httpx2.ReadTimeout):
        world.post(timeout=0.2)
    world.advance(31)
    until(lambda: world.journal)
    assert (world.stored, world.acknowledged) == ([True], [False])
    assert world.post().status_code == 202


def test_prefer_wait_holds_one_request_back(world: World) -> None:
    began = time.monotonic()
    answer = world.post(headers={"Prefer": "wait=0.05"})
    assert time.monotonic() - began >= 0.05
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=0.05")


def test_prefer_wait_and_code_go_together(world: World) -> None:
    answer = world.post(headers={"Prefer": "wait=0, code=503"})
    assert answer.status_code == 503
    assert answer.headers["preference-applied"] == "code=503, wait=0"


def test_prefer_wait_under_a_frozen_clock(world: World) -> None:
    world.freeze()
    world.fail({"delay": 0, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form(None, "Prefer: wait=20"))
        until(lambda: world.fired == [1])
        world.advance(19)
        assert world.journal == []
        world.advance(1)
        assert read_answer(client)[0] == 202
