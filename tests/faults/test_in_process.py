"""Faults without a socket: what breaks a connection on the wire raises into a client that calls the application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.faulting import NOON
from tests.support.harness import PRODLYTICS

Play = Callable[[httpx2.AsyncClient], Awaitable[Any]]


def played(play: Play) -> Any:
    """What a play with a fresh server in this process comes to."""

    async def run() -> Any:
        transport = httpx2.ASGITransport(app=create_app(Settings(), time_source=lambda: NOON))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await play(client)

    return asyncio.run(run())


async def fail(client: httpx2.AsyncClient, **fault: Any) -> None:
    assert (await client.post("/__admin/faults", json=fault)).status_code == 201


async def post(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post(PRODLYTICS.path, json=PRODLYTICS.body, headers=PRODLYTICS.headers("key"))


async def journal(client: httpx2.AsyncClient) -> list[tuple[int | None, bool, bool]]:
    listed = (await client.get("/__admin/requests", params={"account": "key"})).json()["requests"]
    return [(exchange["status"], exchange["stored"], exchange["acknowledged"]) for exchange in listed]


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        ("reset", ConnectionResetError),
        ("empty", ConnectionAbortedError),
        ("garbage", ConnectionAbortedError),
        ("truncate", ConnectionAbortedError),
    ],
)
@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_broken_connection_is_an_error_of_its_kind(wire: str, error: type[Exception], stage: str) -> None:
    async def play(client: httpx2.AsyncClient) -> list[tuple[int | None, bool, bool]]:
        await fail(client, wire=wire, stage=stage, times=1)
        with pytest.raises(error):
            await post(client)
        assert (await post(client)).status_code == 202
        return await journal(client)

    broken = (202 if wire == "truncate" else None, stage == "after", False)
    assert played(play) == [broken, (202, True, True)]


def test_a_hang_lasts_until_the_client_gives_up() -> None:
    async def play(client: httpx2.AsyncClient) -> list[tuple[int | None, bool, bool]]:
        await fail(client, wire="hang")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(post(client), 0.05)
        return await journal(client)

    assert played(play) == [(None, False, False)]


def test_what_spoils_only_the_body_does_so() -> None:
    async def play(client: httpx2.AsyncClient) -> list[bytes]:
        await fail(client, wire="malformed", times=1)
        await fail(client, wire={"dribble": {"chunks": 3, "seconds": 0}}, times=1)
        return [(await post(client)).content for _ in range(2)]

    assert played(play) == [b"{,", b"{}"]


def test_a_delay_waits_for_the_clock_that_the_test_moves() -> None:
    async def play(client: httpx2.AsyncClient) -> int:
        await fail(client, delay=30)
        await client.put("/__admin/clock", json={"frozen": True})
        answer = asyncio.create_task(post(client))
        while (await client.get("/__admin/faults")).json()["faults"][0]["fired"] == 0:
            await asyncio.sleep(0)  # lets the request go on: nothing here waits for a socket
        await client.post("/__admin/clock/advance", json={"seconds": 29})
        assert await journal(client) == []
        await client.post("/__admin/clock/advance", json={"seconds": 1})
        return (await answer).status_code

    assert played(play) == 202
