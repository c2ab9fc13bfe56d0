"""An event loop of asyncio skips to its next timer once nothing is left to read, and its requests are answered."""

from __future__ import annotations

import asyncio
import threading
import time

import anyio
import httpx2
import pytest
import uvloop

from mockserver.testing import CoupledClock, Datadog, MockServer
from tests.coupling.coupled import PATH, SLACK, in_turn, pauses, send, within
from tests.support.harness import PRODLYTICS

pytestmark = pytest.mark.socket
HOUR = 3600.0
QUICK = 20.0


async def post(http: httpx2.AsyncClient, datadog: Datadog) -> int:
    response = await http.post(datadog.url + PATH, json=PRODLYTICS.body, headers=datadog.headers)
    return response.status_code


def test_sleeps_and_timers_come_in_their_order(coupled: CoupledClock) -> None:
    async def main() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_later(2 * HOUR, order.append, "call_later")
        loop.call_at(loop.time() + HOUR, order.append, "call_at")

        async def sleep(hours: float, name: str) -> None:
            await asyncio.sleep(hours * HOUR)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(sleep(3, "three"))
            group.create_task(sleep(1.5, "one and a half"))
        with anyio.move_on_after(HOUR):
            await asyncio.Event().wait()
        order.append("moved on")
        return order

    began = time.monotonic()
    with within(QUICK):
        order = asyncio.run(main())
    assert order == ["call_at", "one and a half", "call_later", "three", "moved on"]
    assert time.monotonic() - began == pytest.approx(4 * HOUR, abs=SLACK)


def test_many_timers_take_little_time(coupled: CoupledClock) -> None:
    async def main() -> None:
        for _ in range(100):
            await asyncio.sleep(HOUR)

    with within(QUICK):
        asyncio.run(main())
    assert coupled.skipped == pytest.approx(100 * HOUR, abs=QUICK)


@pytest.mark.parametrize("timeout", [2.0, None], ids=["short", "none"])
def test_a_request_is_answered_before_a_timer(account: Datadog, coupled: CoupledClock, timeout: float | None) -> None:
    async def main() -> None:
        async with httpx2.AsyncClient(timeout=timeout) as http:
            for _ in range(50):
                assert await asyncio.wait_for(post(http, account), timeout) == 202

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < QUICK
    assert coupled.skipped < 2


@pytest.mark.parametrize("fault", ["slow", "hang"])
def test_a_time_out_comes_before_a_later_response(account: Datadog, coupled: CoupledClock, fault: str) -> None:
    account.drop("hang", times=1) if fault == "hang" else account.slow(300, times=1)

    async def main() -> None:
        async with httpx2.AsyncClient(timeout=60) as http:
            with pytest.raises(httpx2.ReadTimeout):
                await post(http, account)

    began = time.monotonic()
    with within(QUICK):
        asyncio.run(main())
    assert time.monotonic() - began == pytest.approx(60, abs=SLACK)


def test_a_late_response_comes_before_a_later_time_out(account: Datadog, coupled: CoupledClock) -> None:
    account.slow(300, times=2)

    async def main() -> None:
        async with httpx2.AsyncClient(timeout=600) as http:
            assert await asyncio.wait_for(post(http, account), 400) == 202
            assert await post(http, account) == 202

    with within(QUICK):
        asyncio.run(main())
    assert pauses(account) == pytest.approx([300], abs=SLACK)


def test_tasks_threads_and_the_loop_share_their_time(account: Datadog, coupled: CoupledClock) -> None:
    began, told = time.monotonic(), list[tuple[str, int]]()

    def note(name: str) -> None:
        told.append((name, round((time.monotonic() - began) / HOUR)))

    def in_a_thread() -> None:
        time.sleep(2 * HOUR)
        send(account)
        note("thread")

    async def main() -> None:
        thread = asyncio.create_task(asyncio.to_thread(in_a_thread))
        await asyncio.sleep(HOUR)
        note("task")
        await asyncio.sleep(2 * HOUR)
        note("task")
        await thread

    outer = threading.Thread(target=in_turn(lambda: time.sleep(4 * HOUR), lambda: note("outer")))
    outer.start()
    with within(QUICK):
        asyncio.run(main())
        outer.join()
    assert told == [("task", 1), ("thread", 2), ("task", 3), ("outer", 4)]


def test_a_loop_in_another_thread(account: Datadog, coupled: CoupledClock) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with within(QUICK):
        slept = asyncio.run_coroutine_threadsafe(asyncio.sleep(HOUR, "slept"), loop)
        assert slept.result(2 * HOUR) == "slept"
        too_long = asyncio.run_coroutine_threadsafe(asyncio.sleep(HOUR), loop)
        with pytest.raises(TimeoutError):
            too_long.result(HOUR / 2)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_handle_waits_by_aio(account: Datadog, coupled: CoupledClock) -> None:
    async def main() -> None:
        async def flush() -> None:
            await asyncio.sleep(60)
            async with httpx2.AsyncClient() as http:
                await post(http, account)

        flushing = asyncio.create_task(flush())
        await account.aio.assert_nothing_received(within=50)
        await account.aio.wait_for(1, timeout=20)
        await flushing

    with within(QUICK):
        asyncio.run(main())


def test_in_process_without_a_socket() -> None:
    server = MockServer(log_level="error")
    datadog = server.datadog()
    datadog.fail(503, until_waited=True, retry_after=1800)

    async def main() -> None:
        transport = httpx2.ASGITransport(server.app)
        async with httpx2.AsyncClient(transport=transport) as http:
            assert await post(http, datadog) == 503
            await asyncio.sleep(1800)
            datadog.slow(300, times=1)
            assert await post(http, datadog) == 202

    with within(QUICK), CoupledClock(datadog):
        asyncio.run(main())
    assert pauses(datadog) == pytest.approx([2100], abs=SLACK)


def test_the_timers_of_a_loop_that_lives_on_are_in_real_time_again(account: Datadog) -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        called: list[float] = []

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(seconds)

        with CoupledClock(account):
            runner.run(sleep(HOUR))
            loop.call_later(0.2, called.append, 1)
        with within(QUICK):
            runner.run(sleep(0.3))
        assert called == [1]


async def sleep_coupled(account: Datadog) -> None:
    with CoupledClock(account):
        await asyncio.sleep(HOUR)


def test_it_may_be_entered_in_a_running_loop(account: Datadog) -> None:
    with within(QUICK):
        asyncio.run(sleep_coupled(account))


def test_uvloop_is_refused_with_the_reason(account: Datadog) -> None:
    with pytest.raises(RuntimeError, match="run this test on asyncio's event loop"):
        uvloop.run(sleep_coupled(account))
