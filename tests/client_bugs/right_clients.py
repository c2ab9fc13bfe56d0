"""Right clients, each of which passes untouched: one for every operation, and retries by well-known libraries."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import httpx2
import pytest
import requests
import stamina
import tenacity
import urllib3
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.product_analytics_api import ProductAnalyticsApi
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from mockserver.testing import Datadog, Satori, Supalytics
from tests.client_bugs.sending import (
    EVENTS_V1,
    EVENTS_V2,
    PRODLYTICS,
    SCALAR,
    SERVER_EVENT,
    TIMESERIES,
    WRITE_EVENT,
    alert,
    batch,
    deployed,
    level_up,
    paid,
    post,
    query,
    signup,
)

RETRIED = frozenset({429, 500, 503})


def test_event_v1(datadog: Datadog) -> None:
    assert post(datadog.url + EVENTS_V1, deployed(tags=["service:shop"]), datadog.headers) == 202
    datadog.assert_received("Deployed", times=1)


def test_event_v2(datadog: Datadog) -> None:
    assert post(datadog.url + EVENTS_V2, alert(), datadog.headers) == 202
    datadog.assert_received("Disk full", times=1)


def test_server_side_event(datadog: Datadog) -> None:
    assert post(datadog.url + PRODLYTICS, paid(), datadog.headers) == 202
    datadog.assert_received("paid", times=1)


@pytest.mark.parametrize(
    ("path", "compute"),
    [(SCALAR, {"aggregation": "count"}), (TIMESERIES, {"aggregation": "count", "interval": 3_600_000})],
)
def test_query(datadog: Datadog, path: str, compute: dict[str, Any]) -> None:
    assert post(datadog.url + path, query(compute), datadog.headers) == 200
    datadog.assert_requests(path=path, times=1, status=200)


def test_batch(satori: Satori) -> None:
    assert post(satori.url + SERVER_EVENT, batch(level_up(), level_up(name="gameOver")), satori.headers) == 200
    satori.assert_sequence("levelUp", "gameOver")


def test_event(supalytics: Supalytics) -> None:
    assert post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers) == 200
    supalytics.assert_received("signup", times=1)


# Retries, each with faults armed


def test_urllib3(datadog: Datadog) -> None:
    datadog.fail(503, times=2)
    retries = Retry(total=3, status_forcelist=RETRIED, allowed_methods=["POST"], backoff_factor=0)
    with urllib3.PoolManager() as pool:
        response = pool.request("POST", datadog.url + PRODLYTICS, json=paid(), headers=datadog.headers, retries=retries)
    assert response.status == 202
    datadog.assert_received("paid", times=1)


def test_requests_with_a_retrying_adapter(satori: Satori) -> None:
    satori.fail(503, times=1, retry_after=0)
    satori.drop("reset", times=1)
    retries = Retry(total=3, status_forcelist=RETRIED, allowed_methods=["POST"], backoff_factor=0)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retries))
        response = session.post(satori.url + SERVER_EVENT, json=batch(), headers=satori.headers, timeout=10)
    assert response.status_code == 200
    satori.assert_received("levelUp", times=1)


def test_tenacity(supalytics: Supalytics) -> None:
    supalytics.fail(429, times=2, retry_after=0)

    @tenacity.retry(
        stop=tenacity.stop_after_attempt(4),
        wait=tenacity.wait_none(),
        retry=tenacity.retry_if_result(lambda status: status in RETRIED),
    )
    def send() -> int:
        return post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers)

    assert send() == 200
    supalytics.assert_received("signup", times=1)


def test_stamina(datadog: Datadog) -> None:
    datadog.fail(500, times=1)
    datadog.drop("empty", times=1)

    @stamina.retry(on=httpx2.HTTPError, attempts=4, wait_initial=0, wait_jitter=0)
    def send() -> None:
        httpx2.post(datadog.url + PRODLYTICS, json=paid(), headers=datadog.headers).raise_for_status()

    send()
    datadog.assert_received("paid", times=1)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_httpx_and_stamina_in_asyncio(satori: Satori) -> None:
    await satori.aio.fail(503, times=1)
    async with httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(retries=2)) as client:
        async for attempt in stamina.retry_context(on=httpx2.HTTPError, attempts=3, wait_initial=0, wait_jitter=0):
            with attempt:
                response = await client.post(satori.url + SERVER_EVENT, json=batch(), headers=satori.headers)
                response.raise_for_status()
    await satori.aio.assert_received("levelUp", times=1)


def test_the_client_of_datadog(datadog: Datadog) -> None:
    datadog.fail(503, times=1)
    keys = {"apiKeyAuth": datadog.api_key, "appKeyAuth": datadog.application_key}
    settings = Configuration(
        host=datadog.url, api_key=keys, enable_retry=True, retry_backoff_factor=2, check_input_type=False
    )
    event: Any = paid()
    with ApiClient(settings) as client:
        ProductAnalyticsApi(client).submit_product_analytics_event(event)
    datadog.assert_received("paid", times=1)


def test_plain_loop(supalytics: Supalytics) -> None:
    supalytics.fail(429, times=1, retry_after=0)
    supalytics.drop("reset", times=1)
    headers = {**supalytics.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(supalytics.url + WRITE_EVENT, json.dumps(signup()).encode(), headers)
    for _ in range(3):
        try:
            urllib.request.urlopen(request, timeout=10).close()
            break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in RETRIED:
                raise
        except OSError:
            continue
    supalytics.assert_received("signup", times=1)


def test_waits_out_the_limit(datadog: Datadog) -> None:
    datadog.fail(429, retry_after=30, until_waited=True)
    while post(datadog.url + PRODLYTICS, paid(), datadog.headers) == 429:
        datadog.clock.advance(int(datadog.requests[-1].response.headers["retry-after"]))
    datadog.assert_received("paid", times=1)
    datadog.assert_requests(times=2)


def test_retries_with_an_id(satori: Satori) -> None:
    satori.drop("reset", times=1, stage="after")
    body = batch(level_up(id="2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11"))
    with pytest.raises(requests.ConnectionError):
        post(satori.url + SERVER_EVENT, body, satori.headers)
    assert post(satori.url + SERVER_EVENT, body, satori.headers) == 200
    satori.assert_received("levelUp", times=1)


@pytest.mark.mockserver(scenario="brown-out", allow=["wait", "hot"])
def test_scenario(datadog: Datadog) -> None:
    statuses = [post(datadog.url + PRODLYTICS, paid(), datadog.headers) for _ in range(4)]
    assert statuses == [503, 503, 503, 202]
    datadog.assert_received("paid", times=1)
