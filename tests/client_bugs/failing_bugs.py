"""Clients that are wrong when the vendor fails, or about when they send, each under the assertions of habit."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import requests

from mockserver.testing import Datadog, Satori, Supalytics
from tests.client_bugs.catching import caught
from tests.client_bugs.sending import (
    EVENTS_V2,
    PRODLYTICS,
    SERVER_EVENT,
    WRITE_EVENT,
    alert,
    batch,
    level_up,
    paid,
    post,
    signup,
)

anyio = pytest.mark.anyio
in_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])


# Retries


@caught(assertion="rejected: scripted fault")
def test_does_not_retry(datadog: Datadog) -> None:
    datadog.fail(503, times=1)
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="rejected: scripted fault")
def test_gives_up_when_it_is_limited(supalytics: Supalytics) -> None:
    supalytics.fail(429, times=1, retry_after=0)
    with contextlib.suppress(requests.HTTPError):
        requests.post(
            supalytics.url + WRITE_EVENT, json=signup(), headers=supalytics.headers, timeout=10
        ).raise_for_status()
    supalytics.assert_received("signup")


@caught(conduct="(rule: wait)", assertion="rejected: scripted fault")
def test_retries_one_time_too_few(satori: Satori) -> None:
    satori.fail(503, times=3, retry_after=1)
    for _ in range(3):
        if post(satori.url + SERVER_EVENT, batch(), satori.headers) == 200:
            break
    satori.assert_received("levelUp")


@caught(assertion="rejected: scripted fault")
def test_retries_other_failures_only(datadog: Datadog) -> None:
    datadog.fail(503, times=1)
    while post(datadog.url + PRODLYTICS, paid(), datadog.headers) == 500:
        pass
    datadog.assert_received("paid")


@caught(conduct="(rule: same-bytes)", assertion="received 0", contract="the body is empty")
def test_retries_with_a_body_that_is_read(datadog: Datadog) -> None:
    datadog.fail(503, times=1)
    body = iter([json.dumps(paid()).encode()])
    headers = {**datadog.headers, "Content-Type": "application/json"}
    for _ in range(2):
        requests.post(datadog.url + PRODLYTICS, data=body, headers=headers, timeout=10)
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="there is no credential")
def test_retries_without_its_headers(datadog: Datadog) -> None:
    datadog.fail(503, times=1)
    if post(datadog.url + PRODLYTICS, paid(), datadog.headers) == 503:
        post(datadog.url + PRODLYTICS, paid(), {})
    datadog.assert_received("paid")


@caught(conduct="(rule: status)", contract="/type must be one of: server")
def test_retries_what_is_wrong_for_ever(datadog: Datadog) -> None:
    for _ in range(5):
        if post(datadog.url + PRODLYTICS, paid(type="backend"), datadog.headers) == 202:
            break
    datadog.assert_received("paid", outcome="rejected")


@caught(conduct="attempt 2 with the same content after 400 (rule: status)")
def test_retries_a_refusal_that_ends(datadog: Datadog) -> None:
    datadog.fail(400, times=1)
    for _ in range(2):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(conduct="(rule: status)", assertion="assert 202 not in")
def test_retries_a_refusal(datadog: Datadog) -> None:
    datadog.fail(400, times=1)
    statuses = [post(datadog.url + PRODLYTICS, paid(), datadog.headers) for _ in range(2)]
    assert 202 not in statuses


@caught(assertion="received 3")
def test_retries_the_whole_batch(satori: Satori) -> None:
    satori.fail(503, times=1, after=1)
    pages = [[level_up(value="1")], [level_up(value="2")]]
    statuses = [post(satori.url + SERVER_EVENT, batch(*page), satori.headers) for page in pages]
    if 503 in statuses:
        for page in pages:
            post(satori.url + SERVER_EVENT, batch(*page), satori.headers)
    satori.assert_received("levelUp", times=2)


@caught(assertion="rejected: scripted fault")
def test_drops_what_meets_a_reset(datadog: Datadog) -> None:
    datadog.drop("reset", times=1)
    with contextlib.suppress(requests.ConnectionError):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="Connection reset by peer")
def test_raises_where_it_meets_a_reset(satori: Satori) -> None:
    satori.drop("reset", times=1)
    httpx2.post(satori.url + SERVER_EVENT, json=batch(), headers=satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 2")
def test_sends_twice_what_lost_its_acknowledgement(datadog: Datadog) -> None:
    datadog.drop("reset", times=1, stage="after")
    with contextlib.suppress(requests.ConnectionError):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid", times=1)


@caught(assertion="JSONDecodeError")
def test_fails_at_an_empty_response(supalytics: Supalytics) -> None:
    supalytics.drop("malformed", times=1)
    response = httpx2.post(supalytics.url + WRITE_EVENT, json=signup(), headers=supalytics.headers)
    assert response.json() == {"success": True}


@caught(assertion="rejected: scripted fault")
def test_takes_every_response_for_success(satori: Satori) -> None:
    satori.fail(500, times=1)
    sent = requests.post(satori.url + SERVER_EVENT, json=batch(), headers=satori.headers, timeout=10) is not None
    assert sent
    satori.assert_received("levelUp")


@caught(conduct="(rule: wait)", assertion="rejected: scripted fault")
def test_does_not_wait_out_the_limit(supalytics: Supalytics) -> None:
    supalytics.fail(429, retry_after=30, until_waited=True)
    for _ in range(5):
        if post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers) == 200:
            break
    supalytics.assert_received("signup")


# Faults that were never met


@caught(unfired="POST CreateEventV2")
def test_calls_another_operation(datadog: Datadog) -> None:
    datadog.fail(503, times=1, operation="SubmitProductAnalyticsEvent")
    post(datadog.url + EVENTS_V2, alert(), datadog.headers)
    datadog.assert_received("Disk full")


@caught(unfired="never fired: no request came")
def test_calls_another_vendor(datadog: Datadog, supalytics: Supalytics) -> None:
    datadog.fail(503, times=1)
    post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers)
    supalytics.assert_received("signup")


@caught(unfired="fired 1 of 2 times: 1 matching request came")
def test_gives_up_before_the_second_failure(datadog: Datadog) -> None:
    datadog.fail(503, times=2)
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid", outcome="rejected")


@caught(unfired='POST ServerEvent came nearest: /events/0/name expected "gameOver", received "levelUp"')
def test_names_the_event_otherwise_than_the_fault(satori: Satori) -> None:
    satori.fail(503, times=1, match={"events": [{"name": "gameOver"}]})
    post(satori.url + SERVER_EVENT, batch(), satori.headers)
    satori.assert_received("levelUp")


@caught(unfired="never fired: 3 matching requests came, of which it skips the first 3")
def test_sends_fewer_than_the_fault_lets_pass(supalytics: Supalytics) -> None:
    supalytics.fail(429, times=1, after=3)
    for _ in range(3):
        post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers)
    supalytics.assert_received("signup")


@caught(unfired="fired 1 of 2 times: 1 matching request came")
def test_caches_what_it_should_send(datadog: Datadog) -> None:
    datadog.slow(0.01, times=2)
    sent: set[str] = set()
    for user in ("u1", "u1"):
        if user not in sent:
            post(datadog.url + PRODLYTICS, paid(usr={"id": user}), datadog.headers)
        sent.add(user)
    datadog.assert_received("paid")


# Which events, and how often


@caught(assertion="received 2")
def test_sends_twice(datadog: Datadog) -> None:
    for _ in range(2):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid", times=1)


@caught(conduct="(rule: wait)", assertion="received 2")
def test_sends_again_after_success(supalytics: Supalytics) -> None:
    supalytics.fail(429, times=1)
    for _ in range(3):
        post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers)
    supalytics.assert_received("signup", times=1)


@caught(assertion="received 1 event")
def test_sends_what_it_must_not(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_nothing_received()


@caught(assertion="received 0")
def test_swallows_an_error_of_its_own(datadog: Datadog) -> None:
    with contextlib.suppress(Exception):
        post(datadog.url + PRODLYTICS, paid(usr={"id": {1}}), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 1")
def test_leaves_the_last_in_its_queue(datadog: Datadog) -> None:
    events: queue.Queue[dict[str, Any]] = queue.Queue()
    for user in ("u1", "u2"):
        events.put(paid(usr={"id": user}))
    while events.qsize() > 1:
        post(datadog.url + PRODLYTICS, events.get(), datadog.headers)
    datadog.assert_received("paid", times=2)


@caught(assertion="received 0")
def test_thread_that_dies(datadog: Datadog) -> None:
    sent = threading.Event()

    def send() -> None:
        with contextlib.suppress(ZeroDivisionError):
            post(datadog.url + PRODLYTICS, paid(context={"share": 1 / len(set())}), datadog.headers)
        sent.set()

    threading.Thread(target=send).start()
    sent.wait()
    datadog.assert_received("paid")


# Awaits that were forgotten


@caught(assertion="received 0")
@anyio
@in_asyncio
async def test_forgets_to_await_its_sending(datadog: Datadog) -> None:
    async def send() -> None:
        async with httpx2.AsyncClient() as client:
            await client.post(datadog.url + PRODLYTICS, json=paid(), headers=datadog.headers)

    forgotten = send()
    forgotten.close()  # what the interpreter does later, without its warning
    await datadog.aio.assert_received("paid")


@caught(forgotten="datadog.aio.assert_received() was never awaited, so it did nothing")
@anyio
@in_asyncio
async def test_forgets_to_await_the_assertion(datadog: Datadog) -> None:
    async with httpx2.AsyncClient() as client:
        await client.post(datadog.url + PRODLYTICS, json=paid(event={"name": "payed"}), headers=datadog.headers)
    datadog.aio.assert_received("paid")  # type: ignore[unused-coroutine]


@caught(forgotten="satori.aio.fail() was never awaited, so it did nothing")
@anyio
@in_asyncio
async def test_forgets_to_await_the_fault(satori: Satori) -> None:
    satori.aio.fail(503, times=1)  # type: ignore[unused-coroutine]
    async with httpx2.AsyncClient() as client:
        await client.post(satori.url + SERVER_EVENT, json=batch(), headers=satori.headers)
    await satori.aio.assert_received("levelUp")


# Tests that are over


@pytest.fixture(scope="module")
def pending() -> Iterator[list[tuple[str, dict[str, Any], dict[str, str]]]]:
    """What a background sender still has; it is sent when the tests are over."""
    left: list[tuple[str, dict[str, Any], dict[str, str]]] = []
    yield left
    for url, body, headers in left:
        post(url, body, headers)


@caught(late='answered 202): "paid"')
def test_sends_after_the_test(datadog: Datadog, pending: list[Any]) -> None:
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    pending.append((datadog.url + PRODLYTICS, paid(usr={"id": "u2"}), datadog.headers))
    datadog.assert_received("paid")


@caught(late="/events/0/value must be of type null or string")
def test_sends_what_is_wrong_after_the_test(satori: Satori, pending: list[Any]) -> None:
    post(satori.url + SERVER_EVENT, batch(), satori.headers)
    pending.append((satori.url + SERVER_EVENT, batch(level_up(value=3)), satori.headers))
    satori.assert_received("levelUp")


@caught(late="POST /v1/events (401): there is no credential; WriteEvent takes it in header Authorization: Bearer")
def test_says_goodbye_without_a_key(supalytics: Supalytics, pending: list[Any]) -> None:
    post(supalytics.url + WRITE_EVENT, signup(), supalytics.headers)
    pending.append((supalytics.url + WRITE_EVENT, signup(name="goodbye"), {}))
    supalytics.assert_received("signup")
