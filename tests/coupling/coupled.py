"""What the tests of coupled time share: an account, an event to send, and a limit of real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import requests

from mockserver.testing import CoupledClock, Datadog
from tests.support.harness import PRODLYTICS

PATH = PRODLYTICS.path
OUTAGE = 1800
"""Half an hour, in seconds."""
SLACK = 8.0
"""Seconds that pass by themselves in a test, for virtual time runs with real time, on a machine that is very busy."""
REAL_SECONDS = 1.0
REQUESTS, SLOWER = 5, 50
"""What a machine is measured by that is busy with other tests, and how much longer an outage may take there."""


def send(datadog: Datadog, timeout: float | None = 10, session: requests.Session | None = None) -> int:
    """Sends one event; the status."""
    post = requests.post if session is None else session.post
    return post(datadog.url + PATH, json=PRODLYTICS.body, headers=datadog.headers, timeout=timeout).status_code


def in_turn(*calls: Callable[[], object]) -> Callable[[], object]:
    """A function that makes one call after the other, and returns what the last one does."""
    return lambda: [call() for call in calls][-1]


def pauses(datadog: Datadog) -> list[float]:
    """The seconds between the requests, by the account's clock."""
    return [after.time - before.time for before, after in pairwise(datadog.requests)]


@contextmanager
def taking(real_clock: Callable[[], float] = time.monotonic) -> Iterator[list[float]]:
    """The real seconds that the block took, once it is over."""
    began, seconds = real_clock(), list[float]()
    yield seconds
    seconds.append(real_clock() - began)


@contextmanager
def within(real_seconds: float, real_clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Fails where the block takes longer. The clock is a default, which is bound before any time is coupled."""
    began = real_clock()
    yield
    assert real_clock() - began < real_seconds


def survives_an_outage(make_account: Callable[[], Datadog], client: Callable[[Datadog], None]) -> Datadog:
    """Lets a client live through half an hour of 503s, in less than a second on a machine that has nothing else to do,
    else in no more than so many requests take."""
    with taking() as real_seconds:
        unharmed = make_account()
        for _ in range(REQUESTS):
            send(unharmed)
    datadog = make_account()
    datadog.fail(503, until_waited=True, retry_after=OUTAGE)
    with within(max(REAL_SECONDS, SLOWER * real_seconds[0])), CoupledClock(datadog) as clock:
        client(datadog)
    assert clock.skipped > OUTAGE
    return datadog


@contextmanager
def threads(*targets: Callable[[], object]) -> Iterator[None]:
    """Runs functions in threads of their own, and waits for their ends."""
    running = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in running:
        thread.start()
    yield
    for thread in running:
        thread.join()
