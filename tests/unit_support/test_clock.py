"""A clock runs as fast as it is told, from where it stands, and its sleeps are as much shorter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mockserver.support.clock import Clock


class RealTime:
    """A real clock and its timers, which a test moves by hand. `started` are the lengths of the timers."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.started: list[float] = []

    def __call__(self) -> float:
        return self.now

    def start_timer(self, seconds: float, callback: Callable[[], None]) -> asyncio.Handle:
        """A timer that is over at once: as much real time has passed."""
        self.started.append(seconds)
        self.now += seconds
        return asyncio.get_running_loop().call_soon(callback)


@pytest.fixture
def real() -> RealTime:
    return RealTime()


@pytest.fixture
def clock(real: RealTime) -> Clock:
    return Clock(real, real.start_timer)


@pytest.mark.parametrize("rate", [0.001, 0.5, 1.0, 20.0, 1000.0])
def test_a_rate_counts_from_where_the_clock_stands(clock: Clock, real: RealTime, rate: float) -> None:
    real.now += 10
    clock.set(rate=rate)
    assert (clock.now(), clock.rate) == (1010.0, rate)
    real.now += 10
    assert clock.now() == pytest.approx(1010 + 10 * rate)


def test_a_change_of_the_rate_moves_no_time(clock: Clock, real: RealTime) -> None:
    clock.set(rate=20)
    real.now += 1
    clock.set(rate=2)
    assert clock.now() == 1020
    real.now += 1
    clock.set(rate=1)
    clock.advance(5)
    real.now += 1
    assert clock.now() == 1028


def test_a_frozen_clock_keeps_its_rate_for_when_it_runs_again(clock: Clock, real: RealTime) -> None:
    clock.set(500, frozen=True, rate=20)
    real.now += 10
    assert (clock.now(), clock.rate) == (500, 20)
    clock.set(frozen=False)
    real.now += 10
    assert clock.now() == 700


def test_a_reset_ends_the_rate(clock: Clock, real: RealTime) -> None:
    clock.set(rate=20)
    real.now += 10
    clock.reset()
    assert (clock.now(), clock.rate) == (1010, 1)


def test_the_rate_of_an_account_is_that_against_real_time(clock: Clock, real: RealTime) -> None:
    account = Clock(clock.now, real.start_timer, clock)
    clock.set(rate=10)
    assert account.rate == 10
    account.set(rate=20)
    assert account.rate == 20
    real.now += 1
    assert (clock.now(), account.now()) == (1010, 1020)
    clock.set(rate=5)
    assert account.rate == 10


@pytest.mark.parametrize(("rate", "length"), [(20.0, 1.5), (1.0, 30.0), (0.5, 60.0)])
def test_a_sleep_takes_as_much_less_real_time(clock: Clock, real: RealTime, rate: float, length: float) -> None:
    clock.set(rate=rate)
    asyncio.run(clock.sleep(30))
    assert real.started == [length]


def test_a_clock_tells_when_the_first_of_its_sleeps_ends(real: RealTime) -> None:
    clock = Clock(real, lambda seconds, callback: NeverEnding(real.started, seconds))
    none: float | None = None  # compared with ==, which narrows no type

    async def slept() -> None:
        assert clock.due_in == none
        sleeps = [asyncio.create_task(clock.sleep(seconds)) for seconds in (30, 20)]
        await asyncio.sleep(0)
        assert clock.due_in == 20
        real.now += 5
        assert clock.due_in == 15
        clock.advance(15)
        await sleeps[1]
        assert clock.due_in == 10
        clock.advance(10)
        await sleeps[0]
        assert clock.due_in == none

    asyncio.run(slept())


def test_a_sleep_goes_on_at_a_rate_that_is_set_meanwhile(real: RealTime) -> None:
    clock = Clock(real, lambda seconds, callback: NeverEnding(real.started, seconds))

    async def slept() -> None:
        sleep = asyncio.create_task(clock.sleep(30))
        await asyncio.sleep(0)
        real.now += 10
        clock.set(rate=20)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        real.now += 1
        clock.advance(0)
        await sleep

    asyncio.run(slept())
    assert real.started == [30.0, 1.0]


class NeverEnding:
    """A timer that notes its length and calls nobody back."""

    def __init__(self, started: list[float], seconds: float) -> None:
        started.append(seconds)

    def cancel(self) -> None:
        """There is nothing to cancel."""
