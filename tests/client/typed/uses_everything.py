"""A user's test module that touches every handle and every fixture; type-checked, never run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

import pytest

from mockserver.client import (
    AccountMaker,
    Handle,
    Maker,
    ReceivedEvent,
    ReceivedRequest,
    absent,
    any_value,
    close_to,
    close_to_now,
    containing,
    matching,
    one_of,
    unordered,
    uuid,
)
from mockserver.testing import Backend, Datadog, MockServer, Satori, Supalytics, vendor_fixture

acme = vendor_fixture("acme", strict=True)


@pytest.mark.mockserver(scenario="brown-out", profile="observed", strict=True)
def test_handles(datadog: Datadog, satori: Satori, supalytics: Supalytics, mockserver: Backend) -> None:
    handles: list[Handle] = [datadog, satori, supalytics, mockserver.datadog(), mockserver.handle(Satori)]
    for handle in handles:
        address: tuple[str, str, int] = (handle.url, handle.host, handle.port)
        credentials: tuple[str, dict[str, str], dict[str, str]] = (handle.api_key, handle.headers, handle.env())
        handle.fail(503, times=2, retry_after=1, stage="after", match={"a": 1})
        handle.slow({"uniform": [0.1, 0.2]}, times=1)
        handle.drop("reset", every=2)
        handle.script("brown-out")
        handle.clear_faults()
        handle.clock.freeze("2025-07-15T12:00:00Z")
        handle.clock.advance(31)
        handle.clock.rate = 20
        handle.clock.set(rate=1)
        moments: tuple[float, bool, float] = (handle.clock.now, handle.clock.frozen, handle.clock.rate)
        events: list[ReceivedEvent] = handle.events
        requests: list[ReceivedRequest] = handle.requests
        handle.assert_received("a", times=1, json={"id": uuid(), "at": close_to_now(), "n": any_value("number")})
        handle.assert_nothing_received("b", within=0.1)
        handle.assert_sequence("a", ("b", {"name": matching("^b")}))
        handle.assert_received("a", outcome="rejected", json={"a": re.compile("b"), "c": one_of(1, absent()), "d": str})
        handle.assert_received("a", json={"a": unordered([1, containing("b")]), "c": close_to(1.5, 0.1)})
        handle.assert_received("a", json={"a": matching(re.compile("b")), "c": matching(lambda value: value > 1)})
        handle.assert_requests(
            times=1, method="POST", path=re.compile("/v2/"), headers={"a": absent()}, status=202, json={}, operation="b"
        )
        waited: list[ReceivedEvent] = handle.wait_for(2, timeout=1)
        handle.settle(quiet=0.1)
        handle.allow_violations()
        handle.allow_violations("spelling", "format")
        with handle.expect_violation("/usr/id", "required", times=1):
            pass
        handle.assert_contract_kept(strict=True)
        handle.reset()
        print(address, credentials, moments, events, requests, waited)
    key: str = datadog.application_key
    assert key
    assert [event.outcome for event in datadog.events] == []
    for request in datadog.requests:
        texts: tuple[str, str, str, list[str]] = (
            request.text,
            request.headers["a"],
            request.method,
            request.headers.get_all("a"),
        )
        numbers: tuple[int | None, int, float, float, float] = (
            request.connection,
            request.attempt,
            request.time,
            request.wall_time,
            request.duration,
        )
        sent: tuple[bytes, int | None, str, bytes] = (
            request.body,
            request.response.status,
            request.response.headers["b"],
            request.response.body,
        )
        print(texts, numbers, sent)
    whole: list[ReceivedRequest] = [event.request for event in datadog.events]
    print(whole)
    assert [violation.pointer for request in satori.requests for violation in request.violations] == []


def test_makers(make_datadog: Maker[Datadog], make_satori: Maker[Satori], make_supalytics: Maker[Supalytics]) -> None:
    first: Datadog = make_datadog(strict=True, scenario="brown-out")
    second: Satori = make_satori(allow_violations=True)
    third: Supalytics = make_supalytics(profile="observed")
    print(first, second, third)


def test_any_vendor(make_account: AccountMaker, mockserver: Backend) -> None:
    handles: list[Handle] = [make_account("acme", profile="observed"), mockserver.account("acme", "a-key")]
    print(handles)


async def test_awaitables(datadog: Datadog) -> None:
    await datadog.aio.fail(503, times=1)
    waited: list[ReceivedEvent] = await datadog.aio.wait_for(2, timeout=1)
    events: list[ReceivedEvent] = await datadog.aio.events()
    now: float = await datadog.aio.clock.now()
    await datadog.aio.clock.advance(5)
    await datadog.aio.assert_received("a", times=1)
    await datadog.aio.assert_requests(at_least=1)
    call: Coroutine[Any, Any, list[ReceivedEvent]] = datadog.aio.wait_for(2)
    task: asyncio.Task[None] = asyncio.create_task(datadog.aio.settle())
    gathered: tuple[None, list[ReceivedEvent]] = await asyncio.gather(task, call)
    forgotten: list[str] = datadog.forgotten_awaits()
    print(gathered, forgotten)
    print(waited, events, now)


async def test_without_pytest() -> None:
    with MockServer(profile="observed") as server:
        supalytics: Supalytics = server.supalytics("sly_key")
        supalytics.fail(429)
    async with MockServer() as server:
        satori: Satori = server.satori()
        satori.assert_nothing_received()
    assert MockServer().url
