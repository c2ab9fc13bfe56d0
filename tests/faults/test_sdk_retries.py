"""Datadog's own client gets through scripted failures by its own retries, and shows the duplicates that it causes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.product_analytics_api import ProductAnalyticsApi

from tests.support.faulting import World
from tests.support.harness import PRODLYTICS


@contextmanager
def client(world: World) -> Iterator[ProductAnalyticsApi]:
    """The vendor's client with its own retries on."""
    configuration = Configuration(host=world.server.url, enable_retry=True, max_retries=3)
    configuration.api_key["apiKeyAuth"] = world.key
    configuration.api_key["appKeyAuth"] = f"app-{world.key}"
    with ApiClient(configuration) as api:
        yield ProductAnalyticsApi(api)


def submit(world: World) -> float:
    """Send one event; the seconds that it took."""
    began = time.monotonic()
    with client(world) as api:
        api.submit_product_analytics_event(body=PRODLYTICS.body)
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
