"""Virtual time: real time and what was skipped of it, because everybody who takes part was only waiting."""

import contextlib
import math
import os
import threading
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic as real_monotonic
from time import sleep as real_sleep
from types import FrameType
from typing import Protocol, TypeVar

from mockserver.coupling.threads import Threads

Ready = TypeVar("Ready")
POLL_SECONDS = 0.001
"""How often a thread that waits looks whether time can be skipped, in real time. What another thread does last before
it waits, it learns of at once."""
MAX_POLL_SECONDS = 0.02
FOREVER = 100 * 365 * 86400.0
"""A longer time-out stands for none: no time is skipped to its end."""
MAX_WAIT = 1_000_000.0
"""What a lock waits for at most at a time."""
SKIPPED_TOO = 1e-6
"""Skipped beyond the end of a wait, so that it is over however times are rounded."""
SERVER_THREADS = "mockserver "
"""How the names of the threads begin in which a server runs: in real time."""
REAL_TIME = frozenset({"execnet", "mockserver", "multiprocessing", "pytest_timeout", "subprocess", "uvicorn", "xdist"})
"""The packages that live in real time: the test runner, this package, and what waits for other processes."""
WAITING = frozenset({"threading", "queue", "concurrent.futures._base", "concurrent.futures.thread", __name__})
"""The modules that wait on behalf of their callers."""


class Servers(Protocol):
    """The servers whose clocks follow."""

    def are_quiet(self) -> bool:
        """Whether they have answered all that was sent, but for what they hold back or keep waiting."""

    def due_in(self) -> float:
        """Seconds until the first response that is held back is due; inf if none is."""

    def advance(self, seconds: float) -> None:
        """Moves their clocks on."""


@dataclass(eq=False)
class Wait:
    """One thread that waits until `deadline`, a virtual time. `is_blocked` says that what it waits for has not come;
    `lock` is what wakes it early. Where it may wait for `others`, time is not skipped before `since` is long past."""

    deadline: float
    is_blocked: Callable[[], bool]
    lock: LockType | None = None
    others: Callable[[], bool] = lambda: False
    since: float = 0.0
    expired: bool = False

    def still_waits(self, virtual: float, real: float, patience: float) -> bool:
        """Whether it will go on waiting if nothing happens."""
        if self.expired or self.deadline <= virtual:
            return False
        try:
            return self.is_blocked() and not (real - self.since < patience and self.others())
        except (OSError, ValueError, RuntimeError):  # closed or changed by another thread, just now
            return False

    def expire(self) -> None:
        """Wakes its thread, unless something else did already."""
        self.expired = True
        if self.lock is not None:
            with contextlib.suppress(RuntimeError):
                self.lock.release()


class VirtualTime:
    """Virtual time of this process, running with real time. It skips to the first deadline as soon as every thread that
    takes part waits, and the servers have answered what was sent to them. `skipped` is how much that was, in seconds.

    The threads that take part are those that were started by one that does, and every other from its first wait on;
    those of a server never do. Nor do calls from packages that live in real time.
    """

    def __init__(self, servers: Servers, patience: float) -> None:
        self.skipped = 0.0
        self.threads = Threads(patience)
        self._servers = servers
        self._closed = False
        self._process = os.getpid()
        self._waits: dict[int, Wait] = {}
        self._changes = 0
        self._mutex = allocate_lock()
        self._skipping = allocate_lock()
        self._skipper: int | None = None

    def now(self) -> float:
        """Virtual seconds of the monotonic clock."""
        return real_monotonic() + self.skipped

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Skips nothing any more. Who waits goes on in real time."""
        self._closed = True

    def is_for(self, caller: FrameType | None) -> bool:
        """Whether a call from a frame is about virtual time."""
        if self._closed or get_ident() == self._skipper or os.getpid() != self._process:
            return False
        if threading.current_thread().name.startswith(SERVER_THREADS):
            return False
        while caller is not None and caller.f_globals.get("__name__") in WAITING:
            caller = caller.f_back
        return caller is None or not _lives_in_real_time(str(caller.f_globals.get("__name__")))

    def be_patient(self, since: float) -> None:
        """Waits until the patience with others is over, counted from `since`, in real time."""
        real_sleep(max(0.0, since + self.threads.patience - real_monotonic()))

    def sleep(self, seconds: float) -> None:
        """Returns when so many virtual seconds have passed."""
        lock = allocate_lock()
        lock.acquire()
        self.acquire(lock, seconds, lambda: True)

    def acquire(self, lock: LockType, timeout: float | None, is_blocked: Callable[[], bool]) -> None:
        """Returns when `lock`, which its maker holds, was released, or after so many virtual seconds."""
        with self._waiting(self._wait(timeout, is_blocked, lock)) as wait:
            while True:
                self._skip()
                left = wait.deadline - self.now()
                if left <= 0 or lock.acquire(True, self._share_of(left)):
                    return

    def until(
        self, poll: Callable[[float], Ready], timeout: float | None, others: Callable[[], bool] = lambda: False
    ) -> Ready:
        """What `poll` returns, which it is asked for so many real seconds: as soon as it is true, else after `timeout`
        virtual seconds. Time is not skipped at once where it may wait for `others` than the servers."""
        ready = poll(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        with self._waiting(self._wait(timeout, lambda: not poll(0), others=others)) as wait:
            while not ready:
                self._skip()
                left = wait.deadline - self.now()
                if left <= 0:
                    return poll(0)
                ready = poll(self._share_of(left))
        return ready

    def _wait(
        self,
        timeout: float | None,
        is_blocked: Callable[[], bool],
        lock: LockType | None = None,
        others: Callable[[], bool] = lambda: False,
    ) -> Wait:
        deadline = math.inf if timeout is None or timeout > FOREVER else self.now() + timeout
        return Wait(deadline, is_blocked, lock, others, real_monotonic())

    @contextlib.contextmanager
    def _waiting(self, wait: Wait) -> Iterator[Wait]:
        """Keeps a wait of this thread while it lasts."""
        ident = get_ident()
        self.threads.add(threading.current_thread())
        with self._mutex:
            before = self._waits.get(ident)  # a signal handler or a finalizer waits within a wait
            self._waits[ident] = wait
            self._changes += 1
        try:
            yield wait
        finally:
            with self._mutex:
                self._changes += 1
                if before is None:
                    del self._waits[ident]
                else:
                    self._waits[ident] = before

    def _share_of(self, left: float) -> float:
        """How long to wait before the next look, in real seconds. The more wait, the less often each looks."""
        often = min(MAX_POLL_SECONDS, POLL_SECONDS * len(self._waits))
        return min(left, MAX_WAIT if self._closed else often)

    def _skip(self) -> None:
        """Skips to the first deadline if everybody waits. One thread at a time looks."""
        if self._closed or not self._skipping.acquire(False):
            return
        self._skipper = get_ident()
        try:
            changes = self._changes
            if self._all_wait() and self._servers.are_quiet():
                target = min(self._first_deadline(), self.now() + self._servers.due_in())
                if target < math.inf and self._all_wait() and changes == self._changes:
                    self._skip_to(target)
        finally:
            self._skipper = None
            self._skipping.release()

    def _all_wait(self) -> bool:
        with self._mutex:
            waits = dict(self._waits)
        virtual, real, patience = self.now(), real_monotonic(), self.threads.patience
        waiting = all(wait.still_waits(virtual, real, patience) for wait in waits.values())
        return waiting and self.threads.are_blocked(real, waits)

    def _first_deadline(self) -> float:
        with self._mutex:
            return min((wait.deadline for wait in self._waits.values()), default=math.inf)

    def _skip_to(self, target: float) -> None:
        """The servers' clocks go first: nobody who wakes is ahead of them."""
        seconds = max(0.0, target - self.now()) + SKIPPED_TOO
        self._servers.advance(seconds)
        with self._mutex:
            self.skipped += seconds
            now = self.now()
            for wait in self._waits.values():
                if wait.deadline <= now:
                    wait.expire()


def _lives_in_real_time(module: str) -> bool:
    """Whether a module's calls are about real time. The handles of this package are part of a test."""
    return module.partition(".")[0] in REAL_TIME and not module.startswith("mockserver.client")
