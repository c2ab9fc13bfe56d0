"""Who holds a response finds its record: 64 threads, many requests, over HTTP and in process; none in another account.

`READ_YOUR_WRITES=50000` sets how many requests; fewer by default, to be quick.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx2
import pytest

from mockserver.client.control import HttpControl
from mockserver.testing import Datadog, MockServer
from tests.support.harness import serving

THREADS = 64
REQUESTS = int(os.environ.get("READ_YOUR_WRITES", "3200"))
EACH = -(-REQUESTS // THREADS)


def body_of(thread: int, number: int) -> tuple[bytes, int]:
    """A body that tells which request it was, and its status: every fifth is wrong."""
    text = "x" if number % 5 else ""
    event = {"title": f"{thread}/{number}", "text": "x", **({} if text else {"priority": "none"})}
    return json.dumps(event).encode(), 202 if text else 400


def send_all(url: str, thread: int) -> Counter[str]:
    """One thread's requests, each followed by a look for its record; what was wrong, counted."""
    wrong: Counter[str] = Counter()
    connection = http.client.HTTPConnection(urlsplit(url).hostname or "", urlsplit(url).port, timeout=60)
    headers = {"DD-API-KEY": f"key-{thread}", "Content-Type": "application/json"}
    try:
        for number in range(EACH):
            body, status = body_of(thread, number)
            connection.request("POST", "/api/v1/events", body, headers)
            answer = connection.getresponse()
            answer.read()
            wrong["status"] += answer.status != status
            expected = {"name": f"{thread}/{number}", "outcome": "any", "times": 1}
            if number % 10 == 0 or number == EACH - 1:
                target = f"/__admin/verify?account=key-{thread}"
                connection.request("POST", target, json.dumps(expected), {"Content-Type": "application/json"})
                found = connection.getresponse()
                wrong["no event"] += found.status != 200
                found.read()
            connection.request("GET", f"/__admin/requests?account=key-{thread}&limit=0")
            total = json.loads(connection.getresponse().read())["total"]
            wrong["no record"] += total != number + 1
    finally:
        connection.close()
    return +wrong


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving("--log-level", "warning", "--no-quotas") as server:
        yield server.url


@pytest.mark.socket
def test_over_http(url: str) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        wrong = sum(pool.map(lambda thread: send_all(url, thread), range(THREADS)), Counter())
    assert wrong == Counter()
    control = HttpControl(url)
    everything = control.call("GET", "/requests", {"limit": "0"}).body
    assert (everything["total"], everything["evicted"]) == (THREADS * EACH, 0)
    for thread in range(THREADS):
        events = control.call("GET", "/events", {"account": f"key-{thread}", "limit": "99999"}).body["events"]
        assert [event["name"] for event in events] == [f"{thread}/{number}" for number in range(EACH)]
    control.close()


def test_in_process_from_many_threads_and_loops() -> None:
    """Every thread has an event loop of its own and calls the same application."""
    server = MockServer(log_level="warning", quotas=False)
    each = max(1, EACH // 5)

    async def send(datadog: Datadog, thread: int) -> Counter[str]:
        wrong: Counter[str] = Counter()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(server.app)) as client:
            for number in range(each):
                body, status = body_of(thread, number)
                answer = await client.post(f"{datadog.url}/api/v1/events", content=body, headers=datadog.headers)
                wrong["status"] += answer.status_code != status
                wrong["no record"] += len(datadog.requests) != number + 1
        return +wrong

    def run(thread: int) -> Counter[str]:
        return asyncio.run(send(server.datadog(f"key-{thread}"), thread))

    with ThreadPoolExecutor(THREADS) as pool:
        wrong = sum(pool.map(run, range(THREADS)), Counter())
    assert wrong == Counter()
    for thread in range(THREADS):
        names = [event.name for event in server.datadog(f"key-{thread}").events]
        assert names == [f"{thread}/{number}" for number in range(each)]


def test_a_fault_fires_exactly_as_often_in_process() -> None:
    server = MockServer(log_level="warning")
    datadog = server.datadog()
    datadog.fail(429, times=20)

    def run(_: int) -> int:
        async def send() -> int:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(server.app)) as client:
                body, _ = body_of(0, 1)
                answer = await client.post(f"{datadog.url}/api/v1/events", content=body, headers=datadog.headers)
                return int(answer.status_code)

        return asyncio.run(send())

    with ThreadPoolExecutor(THREADS) as pool:
        assert Counter(pool.map(run, range(200))) == {429: 20, 202: 180}
