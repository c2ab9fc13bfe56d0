"""Threads wake in the order of their ends, none before another has done its work, and nothing real is cut short."""

from __future__ import annotations

import concurrent.futures
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from mockserver.testing import CoupledClock, Datadog
from tests.coupling.coupled import SLACK, in_turn, send, threads, within

pytestmark = [pytest.mark.socket, pytest.mark.usefixtures("coupled")]
HOUR = 3600.0
QUICK = 20.0
"""Real seconds that no test here comes near, though it waits for hours."""


def compute(seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Is at work for so many real seconds."""
    end = clock() + seconds
    while clock() < end:
        pass


def test_many_threads_wake_in_the_order_of_their_ends() -> None:
    woken: list[int] = []

    def sleeper(seconds: int) -> Callable[[], None]:
        def sleep() -> None:
            time.sleep(seconds)
            woken.append(seconds)

        return sleep

    with within(QUICK), threads(*(sleeper(seconds) for seconds in (500, 20, 3000, 100, 1, 7000, 60))):
        pass
    assert woken == [1, 20, 60, 100, 500, 3000, 7000]


def test_time_is_told_alike_in_all_threads() -> None:
    began, told = time.monotonic(), list[tuple[str, float]]()

    def tick(name: str, seconds: float) -> Callable[[], None]:
        def ticks() -> None:
            for _ in range(5):
                time.sleep(seconds)
                told.append((name, round((time.monotonic() - began) / 100)))

        return ticks

    with within(QUICK), threads(tick("fast", 400), tick("slow", 1000)):
        pass
    assert [time for name, time in told if name == "fast"] == [4, 8, 12, 16, 20]
    assert [time for name, time in told if name == "slow"] == [10, 20, 30, 40, 50]
    assert told == sorted(told, key=lambda tick: tick[1])


def test_no_time_is_skipped_while_a_thread_is_at_work() -> None:
    order: list[str] = []
    with threads(in_turn(lambda: compute(0.1), lambda: order.append("work"))):
        time.sleep(HOUR)
        order.append("sleep")
    assert order == ["work", "sleep"]


def test_a_thread_that_was_woken_goes_first(account: Datadog) -> None:
    """The one that wakes it sleeps at once: what it put is taken all the same before its sleep is over."""
    work, taken = queue.Queue[float](), list[float]()

    def worker() -> None:
        for _ in range(20):
            put = work.get()
            send(account)
            taken.append(time.monotonic() - put)

    with within(QUICK), threads(worker):
        for _ in range(20):
            work.put(time.monotonic())
            time.sleep(HOUR)
    assert max(taken) < HOUR / 10


def test_a_sleep_with_a_lock_in_the_hand_is_skipped() -> None:
    """As in a client that spaces its requests: others wait for the lock, which has no end to skip to."""
    lock, passed = threading.Lock(), list[float]()

    def spaced() -> None:
        with lock:
            time.sleep(HOUR)
            passed.append(time.monotonic())

    began = time.monotonic()
    with within(QUICK), threads(spaced, spaced, spaced):
        pass
    assert [round((each - began) / HOUR) for each in passed] == [1, 2, 3]


def test_everything_that_waits_with_a_time_out() -> None:
    future = concurrent.futures.Future[int]()
    waits: dict[str, Callable[[], object]] = {
        "event": lambda: threading.Event().wait(HOUR),
        "queue": lambda: queue.Queue[int]().get(timeout=HOUR),
        "condition": lambda: wait_for(threading.Condition()),
        "semaphore": lambda: threading.Semaphore(0).acquire(timeout=HOUR),
        "barrier": lambda: threading.Barrier(2).wait(HOUR),
        "future": lambda: future.result(HOUR),
        "futures": lambda: concurrent.futures.wait([future], HOUR),
    }
    for name, wait in waits.items():
        began = time.monotonic()
        with within(QUICK), suppress(queue.Empty, threading.BrokenBarrierError, TimeoutError):
            wait()
        assert time.monotonic() - began == pytest.approx(HOUR, abs=SLACK), name


def slept(hours: int) -> int:
    time.sleep(hours * HOUR)
    return hours


def wait_for(condition: threading.Condition) -> None:
    with condition:
        assert not condition.wait_for(lambda: False, HOUR)


def test_what_is_waited_for_comes_before_the_time_out() -> None:
    event, answers = threading.Event(), queue.Queue[str]()
    timers = [threading.Timer(HOUR, event.set), threading.Timer(2 * HOUR, answers.put, ["late"])]
    began = time.monotonic()
    with within(QUICK):
        for timer in timers:
            timer.start()
        assert event.wait(1.5 * HOUR)
        assert time.monotonic() - began == pytest.approx(HOUR, abs=SLACK)
        with pytest.raises(queue.Empty):
            answers.get(timeout=HOUR / 2)
        assert answers.get(timeout=HOUR) == "late"
        assert time.monotonic() - began == pytest.approx(2 * HOUR, abs=SLACK)


def test_a_join_waits_as_long_as_it_says() -> None:
    thread = threading.Thread(target=time.sleep, args=(HOUR,))
    began = time.monotonic()
    with within(QUICK):
        thread.start()
        thread.join(HOUR / 2)
        assert thread.is_alive()
        assert time.monotonic() - began == pytest.approx(HOUR / 2, abs=SLACK)
        thread.join(HOUR)
        assert not thread.is_alive()
        assert time.monotonic() - began == pytest.approx(HOUR, abs=SLACK)


def test_a_pool_of_threads_and_its_idle_ones() -> None:
    with within(QUICK), concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert list(pool.map(slept, [2, 1, 3], timeout=4 * HOUR)) == [2, 1, 3]
            slow = pool.submit(time.sleep, HOUR)
            with pytest.raises(TimeoutError):
                slow.result(timeout=HOUR / 2)
            slow.result(timeout=HOUR)


def test_very_many_threads() -> None:
    with within(QUICK), concurrent.futures.ThreadPoolExecutor(50) as pool:
        began = time.monotonic()
        list(pool.map(time.sleep, [HOUR] * 50))
        assert time.monotonic() - began < HOUR + QUICK


def test_another_process_has_its_real_time() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(0.2)"]
    with within(QUICK), threads(lambda: time.sleep(HOUR)):
        subprocess.run(command, timeout=10, check=True)


def test_a_thread_that_waits_when_the_block_ends_goes_on_in_real_time(account: Datadog, coupled: CoupledClock) -> None:
    woken = threading.Event()
    thread = threading.Thread(target=in_turn(lambda: time.sleep(0.3), woken.set))
    thread.start()
    coupled.__exit__(None, None, None)
    assert woken.wait(10)
    thread.join()


def test_what_one_thread_raises_is_not_lost() -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        failing = pool.submit(in_turn(lambda: time.sleep(HOUR), lambda: int("none")))
        with pytest.raises(ValueError, match="none"):
            failing.result()


def test_a_time_out_that_stands_for_none_is_not_skipped_to() -> None:
    event = threading.Event()
    timer = threading.Timer(HOUR, event.set)
    timer.start()
    began = time.monotonic()
    assert event.wait(threading.TIMEOUT_MAX)
    assert time.monotonic() - began == pytest.approx(HOUR, abs=SLACK)


def test_a_condition_that_is_not_held_is_refused() -> None:
    with pytest.raises(RuntimeError, match="un-acquired"):
        threading.Condition().wait(1)
