"""Half an hour of outage, with back-off up to five minutes, takes less than a second in every kind of client."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable

import httpx2
import pytest
import requests

from mockserver.testing import Datadog
from tests.coupling.coupled import PATH, SLACK, pauses, send, survives_an_outage
from tests.support.harness import PRODLYTICS

pytestmark = pytest.mark.socket

CAP = 300
BACK_OFF = [1, 2, 4, 8, 16, 32, 64, 128, 256, *[CAP] * 5]
"""The pauses until half an hour is over, in seconds."""


def test_a_client_that_sleeps(make_account: Callable[[], Datadog]) -> None:
    def client(datadog: Datadog) -> None:
        delay = 1
        with requests.Session() as session:
            while send(datadog, session=session) != 202:
                time.sleep(delay)
                delay = min(CAP, 2 * delay)

    datadog = survives_an_outage(make_account, client)
    assert pauses(datadog) == pytest.approx(BACK_OFF, abs=SLACK)
    assert all(pause >= due for pause, due in zip(pauses(datadog), BACK_OFF, strict=True))
    assert [each.status for each in datadog.requests] == [503] * len(BACK_OFF) + [202]


def test_threads_that_wait_for_a_queue_and_an_event(make_account: Callable[[], Datadog]) -> None:
    def client(datadog: Datadog) -> None:
        work, stop = queue.Queue[str](), threading.Event()

        def deliver() -> None:
            delay = 1
            with requests.Session() as session:
                while send(datadog, session=session) != 202 and not stop.wait(delay):
                    delay = min(CAP, 2 * delay)

        def worker() -> None:
            while not stop.is_set():
                try:
                    work.get(timeout=60)
                except queue.Empty:
                    continue
                deliver()

        workers = [threading.Thread(target=worker) for _ in range(3)]
        for each in workers:
            each.start()
        for name in ("a", "b", "c"):
            work.put(name)
        datadog.assert_received(times=3, within=3600)
        stop.set()
        for each in workers:
            each.join()

    datadog = survives_an_outage(make_account, client)
    assert len(datadog.requests) == 3 * (len(BACK_OFF) + 1)
    assert datadog.requests[-1].time - datadog.requests[0].time == pytest.approx(sum(BACK_OFF), abs=SLACK)


def test_tasks_of_asyncio(make_account: Callable[[], Datadog]) -> None:
    def client(datadog: Datadog) -> None:
        async def deliver(http: httpx2.AsyncClient) -> None:
            delay = 1
            while (await http.post(datadog.url + PATH, json=PRODLYTICS.body, headers=datadog.headers)).is_error:
                await asyncio.sleep(delay)
                delay = min(CAP, 2 * delay)

        async def main() -> None:
            async with httpx2.AsyncClient(timeout=10) as http:
                await asyncio.gather(*(deliver(http) for _ in range(3)))

        asyncio.run(main())

    datadog = survives_an_outage(make_account, client)
    assert len(datadog.requests) == 3 * (len(BACK_OFF) + 1)
    assert pauses(datadog)[2::3] == pytest.approx(BACK_OFF, abs=SLACK)
