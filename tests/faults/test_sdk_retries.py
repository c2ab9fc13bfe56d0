"""Datadog's own client gets through scripted failures by its own retries, and shows the duplicates that it causes."""

from __future__ import annotations

import time

import pytest

from tests.support.datadog_sdk import CALLS, sdk_client
from tests.support.faulting import World
from tests.support.harness import PRODLYTICS


def submit(world: World) -> float:
    """Send one event with the client's own retries on; the seconds that it took."""
    began = time.monotonic()
    with sdk_client(world.server, world.key, enable_retry=True, max_retries=3) as client:
        CALLS[PRODLYTICS.id](client, PRODLYTICS.body)
    return time.monotonic() - began


@pytest.mark.parametrize("status", [503, 429])
def test_it_gets_through_two_failures_and_stores_one_event(world: World, status: int) -> None:
    """It waits for as long as `x-ratelimit-reset` says: a second each time."""
    world.fail({"status": status, "times": 2, "retry_after": 1})
    assert submit(world) >= 2
    assert [exchange["status"] for exchange in world.journal] == [status, status, 202]
    assert world.stored == [False, False, True]
    assert world.acknowledged == [False, False, True]


def test_a_lost_acknowledgement_makes_it_send_a_duplicate(world: World) -> None:
    world.fail({"status": 503, "times": 1, "retry_after": 1, "stage": "after"})
    submit(world)
    assert world.stored == [True, True]
    assert world.acknowledged == [False, True]
    first, second = (world.server.whole(exchange)["request"]["json"] for exchange in world.journal)
    assert first == second
