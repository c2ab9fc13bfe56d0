"""The functions that wait, in virtual time where the call is about it."""

import asyncio
import contextlib
import select
import selectors
import socket
import sys
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable, Container, Mapping
from typing import Any
from weakref import WeakSet

from mockserver.coupling.virtual_time import VirtualTime

Methods = Mapping[str, Callable[..., Any]]
SELECTORS: tuple[type[selectors.BaseSelector], ...] = tuple(
    getattr(selectors, name)
    for name in ("EpollSelector", "PollSelector", "SelectSelector", "KqueueSelector", "DevpollSelector")
    if hasattr(selectors, name)
)


def sleep_function(virtual: VirtualTime) -> Callable[[float], None]:
    """`time.sleep`."""
    real = time.sleep

    def sleep(seconds: float, /) -> None:
        if seconds > 0 and virtual.is_for(sys._getframe(1)):
            virtual.sleep(seconds)
        else:
            real(seconds)

    return sleep


def condition_methods(virtual: VirtualTime) -> Methods:
    """Those of `threading.Condition`, with which events, queues, semaphores, barriers, timers and futures wait too."""
    real = threading.Condition.wait

    def wait(self: Any, timeout: float | None = None) -> bool:
        if (timeout is not None and timeout <= 0) or not virtual.is_for(sys._getframe(1)):
            return real(self, timeout)
        if not self._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = allocate_lock()
        waiter.acquire()
        self._waiters.append(waiter)
        state = self._release_save()
        try:
            virtual.acquire(waiter, timeout, lambda: waiter in self._waiters)
        finally:
            self._acquire_restore(state)
            timed_out = waiter in self._waiters
            if timed_out:
                self._waiters.remove(waiter)
        return not timed_out

    return {"wait": wait}


def thread_methods(virtual: VirtualTime) -> Methods:
    """Those of `threading.Thread`: what a thread that takes part starts takes part too."""
    real_start, real_join = threading.Thread.start, threading.Thread.join

    def start(self: threading.Thread) -> None:
        if not virtual.is_for(sys._getframe(1)):
            real_start(self)
            return
        virtual.threads.add(self)
        try:
            real_start(self)
        except BaseException:
            virtual.threads.discard(self)
            raise

    def join(self: threading.Thread, timeout: float | None = None) -> None:
        if timeout is None or timeout <= 0 or not virtual.is_for(sys._getframe(1)):
            real_join(self, timeout)
        else:
            virtual.until(lambda seconds: _ended(self, seconds), timeout)

    def _ended(thread: threading.Thread, seconds: float) -> bool:
        real_join(thread, seconds)
        return not thread.is_alive()

    return {"start": start, "join": join}


def socket_methods(virtual: VirtualTime, ports: Container[int]) -> Methods:
    """Those of `socket.socket` that read: the time-outs of connections to the servers are virtual, those of all others
    real."""

    def reading(name: str) -> Callable[..., Any]:
        real = getattr(socket.socket, name)

        def read(self: socket.socket, *arguments: Any, **keywords: Any) -> Any:
            timeout = self.gettimeout()
            if timeout != 0 and _peer(self) in ports and virtual.is_for(sys._getframe(1)):
                number = self.fileno()
                if not virtual.until(lambda seconds: _is_readable(number, seconds), timeout):
                    raise TimeoutError("timed out")
            return real(self, *arguments, **keywords)

        return read

    return {name: reading(name) for name in ("recv", "recv_into")}


def selector_methods(virtual: VirtualTime, kind: type[Any], ports: Container[int], loops: WeakSet[Any]) -> Methods:
    """`select` of a class of selectors: that of an event loop waits in virtual time, every other in real time. The
    loops are noted."""
    real = kind.select

    def wait(self: selectors.BaseSelector, timeout: float | None = None) -> Any:
        loop = asyncio._get_running_loop()
        if loop is None or getattr(loop, "_selector", None) is not self or not virtual.is_for(sys._getframe(1)):
            return real(self, timeout)
        loops.add(loop)
        return virtual.until(lambda seconds: real(self, seconds), timeout, lambda: _waits_for_others(self, ports))

    return {"select": wait}


def _waits_for_others(selector: selectors.BaseSelector, ports: Container[int]) -> bool:
    """Whether an event loop has connections to others than the servers, beside that by which it wakes itself."""
    registered = list((selector.get_map() or {}).values())
    return any(_is_anothers(each.fd, ports) for each in registered)


def _is_anothers(number: int, ports: Container[int]) -> bool:
    try:
        connection = socket.socket(fileno=number)
    except OSError:
        return True  # a pipe of a subprocess
    try:
        internal = connection.family not in (socket.AF_INET, socket.AF_INET6)
        peer = None if internal else _peer(connection)
        return peer is not None and peer not in ports
    finally:
        connection.detach()


def _peer(connection: socket.socket) -> int | None:
    """The port at the other end of a connection; None where there is none."""
    with contextlib.suppress(OSError):
        address = connection.getpeername()
        if isinstance(address, tuple):
            return int(address[1])
    return None


def _is_readable(number: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
