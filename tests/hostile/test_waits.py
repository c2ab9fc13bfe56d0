"""Calls that wait: many of them, on a server with many accounts, whose clients may leave."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.harness import PATIENCE, PRODLYTICS

ACCOUNTS, WAITS, REQUESTS = 2000, 20, 100
WAITING = {"/verify": {"within": 300, "times": 9}, "/settle": {"quiet": 60, "timeout": 60}}


class Client:
    """One call of the application, at once; its client leaves when it is told to."""

    def __init__(self, app: ASGIApp, path: str, body: Any, headers: Mapping[str, str], query: str = "") -> None:
        self.leaves = asyncio.Event()
        self._messages = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
        self._sent: list[Message] = []
        scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "query_string": query.encode()}
        lines = {"host": "localhost", "content-type": "application/json", **headers}
        scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in lines.items()]
        self.call = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if self._messages:
            return self._messages.pop()
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self._sent.append(message)

    async def response(self) -> tuple[int, Any]:
        """The status and the JSON body."""
        await asyncio.wait_for(self.call, PATIENCE)
        start, *rest = self._sent
        return start["status"], json.loads(b"".join(message["body"] for message in rest))


def waiting(app: ASGIApp, path: str, body: Any, query: str = "") -> Client:
    """A call that waits."""
    return Client(app, f"/__admin{path}", body, {}, query)


async def sent(app: ASGIApp, key: str, times: int = 1) -> None:
    for _ in range(times):
        status, _ = await Client(app, PRODLYTICS.path, PRODLYTICS.body, PRODLYTICS.headers(key)).response()
        assert status == PRODLYTICS.success


async def until_waiting() -> None:
    """Lets calls that were started run until they wait."""
    for _ in range(100):
        await asyncio.sleep(0)


@pytest.fixture
def app() -> ASGIApp:
    return create_app(Settings(quotas=False, journal_entries=2))


@pytest.mark.parametrize("path", WAITING)
def test_a_wait_ends_when_its_client_leaves(app: ASGIApp, path: str) -> None:
    async def leave() -> None:
        client = waiting(app, path, WAITING[path])
        await until_waiting()
        assert not client.call.done()
        client.leaves.set()
        await asyncio.wait_for(client.call, PATIENCE)
        await until_waiting()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(leave())


def test_waits_cost_the_requests_of_other_accounts_nothing(app: ASGIApp) -> None:
    async def seconds() -> float:
        started = time.perf_counter()
        await sent(app, "another", REQUESTS)
        return time.perf_counter() - started

    async def compare() -> tuple[float, float]:
        for number in range(ACCOUNTS):
            await sent(app, f"key{number}")
        without = await seconds()
        clients = [waiting(app, "/verify", WAITING["/verify"], f"account=key{number}") for number in range(WAITS)]
        await until_waiting()
        beside = await seconds()
        for client in clients:
            client.leaves.set()
        await asyncio.gather(*(client.call for client in clients))
        return without, beside

    without, beside = asyncio.run(compare())
    assert beside < 3 * without + 0.1


def test_a_wait_counts_what_is_new_however_much_of_it_was_evicted(app: ASGIApp) -> None:
    async def wait() -> tuple[int, Any]:
        await sent(app, "key")
        client = waiting(app, "/verify", {"at_least": 9, "within": PATIENCE}, "account=key")
        for _ in range(8):
            await until_waiting()
            await sent(app, "key")
        return await client.response()

    assert asyncio.run(wait()) == (200, {"ok": True, "count": 9, "evicted": 7})


@pytest.mark.parametrize("query", ["account=key", ""])
def test_a_reset_during_a_wait_starts_its_count_anew(app: ASGIApp, query: str) -> None:
    async def wait() -> tuple[int, Any]:
        await sent(app, "key", 2)
        client = waiting(app, "/verify", {"times": 3, "within": PATIENCE}, query)
        await until_waiting()
        await waiting(app, "/reset", None, query).response()
        for _ in range(3):
            await until_waiting()
            assert not client.call.done()
            await sent(app, "key")
        return await client.response()

    assert asyncio.run(wait()) == (200, {"ok": True, "count": 3, "evicted": 1})


def test_accounts_that_come_later_count_too(app: ASGIApp) -> None:
    async def wait() -> tuple[int, Any]:
        client = waiting(app, "/verify", {"times": 2, "within": PATIENCE}, "vendor=datadog")
        await until_waiting()
        for key in ("one", "two"):
            await sent(app, key)
        return await client.response()

    assert asyncio.run(wait())[0] == 200
