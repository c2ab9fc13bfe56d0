"""Time as an account sees it: it runs with the real clock until a test sets, freezes or advances it, or lets it run
faster or slower."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

TimeSource = Callable[[], float]
LATEST = 253402300799.0
"""The last second of the year 9999: what an HTTP date can say. No clock goes beyond it."""
MIN_RATE, MAX_RATE = 0.001, 1000.0
"""The rates at which a clock can run, in its seconds per real second."""


class Cancellable(Protocol):
    """A timer that was started."""

    def cancel(self) -> None: ...


StartTimer = Callable[[float, Callable[[], None]], Cancellable]
"""Calls back after so many seconds of real time, as `start_timer` does."""


def start_timer(seconds: float, callback: Callable[[], None]) -> Cancellable:
    """Starts a timer of the running event loop, in real time."""
    return asyncio.get_running_loop().call_later(seconds, callback)


class Interrupt(Protocol):
    """What can end a sleep early: a connection that may be lost."""

    @property
    def lost(self) -> bool: ...

    def watch(self, callback: Callable[[], None]) -> None: ...

    def unwatch(self, callback: Callable[[], None]) -> None: ...


class Clock:
    """Seconds since the epoch, running or frozen.

    It follows `source`, a real clock or the `now` of another Clock, its `parent`: a change of the parent shows in it. A
    sleep ends once the clock is past its end, whether by itself or because it was set or advanced.
    """

    def __init__(self, source: TimeSource, start_timer: StartTimer, parent: Clock | None = None) -> None:
        self.source = source
        self._ticks = source  # what runs at this clock's own pace
        self._pace = 1.0
        self._start_timer = start_timer
        self._parent = parent
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._listeners: set[Callable[[], None]] = set()
        self._sleeps: set[_Sleep] = set()
        self._resets = 0

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        now = self._ticks() + self._offset if self._frozen_at is None else self._frozen_at
        return now if now < LATEST else LATEST

    def before(self, seconds: float, now: float | None = None) -> float:
        """The time that it showed so many real seconds before it showed `now` (by default its time), if nobody set it
        meanwhile; a frozen one stood still."""
        now = self.now() if now is None else now
        return now if self.frozen else now - seconds * self.rate

    @property
    def frozen(self) -> bool:
        """Whether this clock or its parent is frozen."""
        return self._frozen_at is not None or (self._parent is not None and self._parent.frozen)

    @property
    def rate(self) -> float:
        """How many of its seconds pass in a real one while it is not frozen. A change of its parent's rate shows in
        it."""
        return self._pace * (1.0 if self._parent is None else self._parent.rate)

    def set(self, now: float | None = None, *, frozen: bool | None = None, rate: float | None = None) -> None:
        """Sets the time, freezes it or lets it run, and sets its rate; what is None stays as it is."""
        now = self.now() if now is None else now
        frozen = self._frozen_at is not None if frozen is None else frozen
        if rate is not None:
            self._run_at(rate)
        self._frozen_at = now if frozen else None
        self._offset = 0.0 if frozen else now - self._ticks()
        self._wake()

    def _run_at(self, rate: float) -> None:
        """Sets the pace without a cost for clocks that keep the usual one."""
        self._pace = rate if self._parent is None else rate / self._parent.rate
        self._ticks = self.source if self._pace == 1 else _paced(self.source, self._pace)

    def advance(self, seconds: float) -> None:
        """Moves the time forward, and ends every sleep that it passes."""
        if self._frozen_at is not None:
            self._frozen_at += seconds
        else:
            self._offset += seconds
        self._wake()

    def reset(self) -> None:
        """Follows the source again, as at the start, and ends every sleep."""
        self._frozen_at, self._offset, self._pace, self._ticks = None, 0.0, 1.0, self.source
        self._resets += 1
        self._wake()

    async def sleep(self, seconds: float, interrupt: Interrupt | None = None) -> None:
        """Returns once `seconds` have passed on this clock, the connection was lost or the clock was reset. Setting the
        clock back does not shorten what is left to sleep."""
        sleep, resets, awake = _Sleep(seconds, self.now()), self._resets, asyncio.Event()
        with self._notified(awake.set, interrupt), _kept(sleep, self._sleeps):
            while not sleep.is_over and resets == self._resets and not (interrupt and interrupt.lost):
                awake.clear()
                timer = None if self.frozen else self._start_timer(sleep.left / self.rate, awake.set)
                try:
                    await awake.wait()
                finally:
                    if timer is not None:
                        timer.cancel()
                sleep.pass_until(self.now())

    @property
    def due_in(self) -> float | None:
        """Seconds on this clock until the first of its sleeps ends; None where nothing sleeps."""
        now = self.now()
        return min((max(0.0, sleep.left - max(0.0, now - sleep.seen)) for sleep in self._sleeps), default=None)

    @contextlib.contextmanager
    def _notified(self, callback: Callable[[], None], interrupt: Interrupt | None) -> Iterator[None]:
        clock: Clock | None = self
        while clock is not None:
            clock._listeners.add(callback)
            clock = clock._parent
        if interrupt is not None:
            interrupt.watch(callback)
        try:
            yield
        finally:
            clock = self
            while clock is not None:
                clock._listeners.discard(callback)
                clock = clock._parent
            if interrupt is not None:
                interrupt.unwatch(callback)

    def _wake(self) -> None:
        for listener in list(self._listeners):
            listener()


def _paced(source: TimeSource, pace: float) -> TimeSource:
    """A clock that runs so many times as fast as `source` from now on."""
    since = source()
    return lambda: since + (source() - since) * pace


@dataclass(eq=False, slots=True)
class _Sleep:
    """What is `left` to sleep, in seconds, since the clock was `seen` last."""

    left: float
    seen: float

    @property
    def is_over(self) -> bool:
        return self.left <= 0 or self.seen >= LATEST

    def pass_until(self, now: float) -> None:
        """Takes off what has passed; time that went back leaves as much to sleep."""
        self.left -= max(0.0, now - self.seen)
        self.seen = now


@contextlib.contextmanager
def _kept(sleep: _Sleep, among: set[_Sleep]) -> Iterator[None]:
    among.add(sleep)
    try:
        yield
    finally:
        among.discard(sleep)
