"""Real libraries wait under coupled time as they would, unpatched: each as long as it is told or as it is set."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable

import httpx2
import pytest
import requests
import stamina
import tenacity
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from mockserver.testing import CoupledClock, Datadog
from tests.coupling.coupled import PATH, SLACK, pauses, send, within
from tests.support.datadog_sdk import CALLS, sdk_client
from tests.support.harness import PRODLYTICS

pytestmark = [pytest.mark.socket, pytest.mark.usefixtures("coupled")]
QUICK = 20.0


class Failed(Exception):
    """The server refused an event."""


def deliver(datadog: Datadog) -> None:
    if send(datadog) != 202:
        raise Failed


def test_urllib3_waits_as_it_is_told(account: Datadog) -> None:
    account.fail(503, times=3, retry_after=600)
    retry = Retry(5, allowed_methods=["POST"], status_forcelist=[503], backoff_factor=1)
    with within(QUICK), requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retry))
        assert send(account, session=session) == 202
    assert pauses(account) == pytest.approx([600, 600, 600], abs=SLACK)


def test_urllib3_backs_off(account: Datadog) -> None:
    account.fail(503, times=4)
    retry = Retry(
        5, allowed_methods=["POST"], status_forcelist=[503], backoff_factor=100, respect_retry_after_header=False
    )
    with within(QUICK), requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retry))
        assert send(account, session=session) == 202
    assert pauses(account) == pytest.approx([0, 120, 120, 120], abs=SLACK)


def test_tenacity_gives_up_after_half_an_hour(account: Datadog) -> None:
    account.fail(503)
    retrying = tenacity.Retrying(
        wait=tenacity.wait_exponential(max=300), stop=tenacity.stop_after_delay(1800), reraise=True
    )
    with within(QUICK), pytest.raises(Failed):
        retrying(deliver, account)
    assert pauses(account) == pytest.approx([1, 2, 4, 8, 16, 32, 64, 128, 256, *[300] * 5], abs=SLACK)


def test_tenacity_sleeps_with_an_event(account: Datadog) -> None:
    account.fail(503, times=2)
    sleep = tenacity.sleep_using_event(threading.Event())
    with within(QUICK):
        tenacity.Retrying(wait=tenacity.wait_fixed(900), sleep=sleep)(deliver, account)
    assert pauses(account) == pytest.approx([900, 900], abs=SLACK)


def test_stamina_waits(account: Datadog) -> None:
    account.fail(503, times=3)
    with within(QUICK):
        for attempt in stamina.retry_context(Failed, timeout=None, wait_initial=100, wait_max=1000, wait_jitter=0):
            with attempt:
                deliver(account)
    assert pauses(account) == pytest.approx([100, 200, 400], abs=SLACK)


def test_stamina_waits_on_asyncio(account: Datadog) -> None:
    account.fail(503, times=3)

    async def main() -> None:
        retries = stamina.retry_context(Failed, timeout=None, wait_initial=100, wait_max=1000, wait_jitter=0)
        async with httpx2.AsyncClient() as http:
            async for attempt in retries:
                with attempt:
                    response = await http.post(account.url + PATH, json=PRODLYTICS.body, headers=account.headers)
                    if response.is_error:
                        raise Failed

    with within(QUICK):
        asyncio.run(main())
    assert pauses(account) == pytest.approx([100, 200, 400], abs=SLACK)


def test_datadogs_own_client_waits_until_the_reset(account: Datadog) -> None:
    account.fail(429, times=2, retry_after=400)
    with within(QUICK), sdk_client(account, account.api_key, enable_retry=True, max_retries=3) as client:
        CALLS[PRODLYTICS.id](client, PRODLYTICS.body)
    assert pauses(account) == pytest.approx([400, 400], abs=SLACK)


class Analytics:
    """A client as analytics services publish them: a daemon thread sends in batches, when many or after a while."""

    def __init__(self, deliver: Callable[[], object], flush_every: float) -> None:
        self._deliver, self._flush_every = deliver, flush_every
        self._queue = queue.Queue[object]()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def track(self, event: object) -> None:
        self._queue.put(event)

    def stop(self) -> None:
        self._stopped.set()
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            batch, ends = list[object](), time.monotonic() + self._flush_every
            while len(batch) < 100 and (left := ends - time.monotonic()) > 0 and not self._stopped.is_set():
                try:
                    batch.append(self._queue.get(timeout=left))
                except queue.Empty:
                    break
            if batch and not self._stopped.is_set():
                self._deliver()


def test_a_background_sender_flushes_at_its_intervals(account: Datadog, coupled: CoupledClock) -> None:
    began = time.time()
    analytics = Analytics(lambda: send(account), flush_every=600)
    with within(QUICK):
        for _ in range(3):
            analytics.track("event")
            time.sleep(700)
        account.assert_received(times=3, within=1000)
        analytics.stop()
    assert [each.time - began for each in account.requests] == pytest.approx([600, 1200, 1800], abs=SLACK)
