"""Calls of `aio` are coroutines like any other, and one that nobody awaits is told."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Coroutine
from typing import Any

import anyio
import pytest

from mockserver.client import ReceivedEvent
from mockserver.testing import Datadog, MockServer


@pytest.fixture
def datadog() -> Datadog:
    return MockServer().datadog()


def test_calls_are_awaited_in_every_way_of_asyncio(datadog: Datadog) -> None:
    async def main() -> None:
        assert await datadog.aio.events() == []
        assert await asyncio.create_task(datadog.aio.requests()) == []
        assert await asyncio.gather(datadog.aio.events(), datadog.aio.clear_faults()) == [[], None]
        await asyncio.wait_for(datadog.aio.clock.freeze(), 30)
        async with anyio.create_task_group() as group:
            group.start_soon(datadog.aio.clock.advance, 5)
        refused = datadog.aio.fail(599)
        assert isinstance(refused, Coroutine)
        refused.close()
        unstarted = asyncio.create_task(datadog.aio.clear_faults())
        unstarted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unstarted

    asyncio.run(main())
    assert len(datadog.forgotten_awaits()) == 0


def test_a_call_that_was_never_awaited_is_told_with_its_place(datadog: Datadog) -> None:
    async def main() -> Coroutine[Any, Any, list[ReceivedEvent]]:
        datadog.aio.fail(503, times=1)  # type: ignore[unused-coroutine]
        await datadog.aio.clear_faults()
        datadog.aio.clock.advance(5)  # type: ignore[unused-coroutine]
        return datadog.aio.wait_for(2)

    kept = asyncio.run(main())
    line = main.__code__.co_firstlineno
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = [("fail", line + 1), ("clock.advance", line + 3), ("wait_for", line + 4)]
        assert datadog.forgotten_awaits() == [
            f"datadog.aio.{name}() was never awaited, so it did nothing (tests/client/test_awaiting.py:{number})"
            for name, number in expected
        ]
        del kept
        gc.collect()
    assert len(datadog.forgotten_awaits()) == 3
