"""CoupledClock: the time of this process and the clocks of accounts are one, and waits are skipped."""

import asyncio
import contextlib
import math
import socket
import threading
from collections.abc import Mapping
from time import time as real_time
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable
from weakref import WeakSet

from mockserver.client.control import Control, accepted
from mockserver.client.handle import Handle
from mockserver.coupling.patches import patched_datetime, patched_methods, patched_time
from mockserver.coupling.telling import WallClock, datetime_methods, time_functions
from mockserver.coupling.virtual_time import VirtualTime
from mockserver.coupling.waiting import (
    SELECTORS,
    condition_methods,
    selector_methods,
    sleep_function,
    socket_methods,
    thread_methods,
)
from mockserver.coupling.within import VirtualWaits

PATIENCE = 0.05
NEAR = 0.5
"""Clocks that are so near each other, in seconds, are one."""
_one_at_a_time = threading.Lock()


@runtime_checkable
class Quiet(Protocol):
    """A control of a server in this process, which knows when the server has nothing left to do."""

    def is_quiet(self) -> bool: ...


class CoupledClock:
    """Couples the time of this process with the clocks of accounts, for the length of a `with`:

        with CoupledClock(datadog):
            client.send(event)  # retries for half an hour, in milliseconds

    Everything in the block that sleeps, waits or asks for the time is in virtual time. As soon as every thread waits,
    and the server has answered what was sent, time skips to the first end of a wait, here and at the accounts. A clock
    that is frozen, or has a rate, runs like any other meanwhile.

    `patience` is how many real seconds a thread, or an event loop, must have waited for something else, such as another
    server, before time is skipped all the same. Raises RuntimeError where time is coupled already, or in an event loop
    that is not asyncio's own, such as uvloop.
    """

    def __init__(self, *handles: Handle, patience: float = PATIENCE) -> None:
        self._servers = _Servers()
        self._virtual = VirtualTime(self._servers, patience)
        self._wall = WallClock(self._virtual)
        self._handles = handles
        self._loops: WeakSet[Any] = WeakSet()
        self._stack = contextlib.ExitStack()

    @property
    def skipped(self) -> float:
        """Seconds that nobody had to wait until now."""
        return self._virtual.skipped

    def couple(self, handle: Handle) -> None:
        """Couples one more account; its clock is set to the time of this process."""
        clock = {"frozen": False, "rate": 1}
        control, query = handle.control, handle.query
        now = float(accepted(control.call("PUT", "/clock", query, clock))["now"])
        if not self._servers.accounts and abs(now - real_time()) > NEAR:
            self._wall.offset = now - real_time()
        elif abs(now - self._wall()) > NEAR:
            accepted(control.call("PUT", "/clock", query, {"now": self._wall()}))
        self._servers.add(control, query, handle.port)
        self._stack.enter_context(handle.through(VirtualWaits(control, self._virtual)))

    def __enter__(self) -> Self:
        _check_loop()
        if self._virtual.closed:
            raise RuntimeError("this clock was used before: make a new one")
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("time is coupled already: one clock couples any number of accounts")
        self._stack.callback(_one_at_a_time.release)
        with contextlib.ExitStack() as undone:
            undone.callback(self._stack.close)
            for handle in self._handles:
                self.couple(handle)
            self._patch()
            undone.pop_all()
        return self

    def _patch(self) -> None:
        virtual, ports, stack = self._virtual, self._servers.ports, self._stack
        functions = {**time_functions(virtual, self._wall), "sleep": sleep_function(virtual)}
        classes = [
            (threading.Condition, condition_methods(virtual)),
            (threading.Thread, thread_methods(virtual)),
            (socket.socket, socket_methods(virtual, ports)),
            *((kind, selector_methods(virtual, kind, ports, self._loops)) for kind in SELECTORS),
        ]
        methods = datetime_methods(virtual, self._wall)
        virtual.threads.add(threading.current_thread())
        stack.callback(self._leave)
        for kind, replaced in classes:
            stack.enter_context(patched_methods(kind, replaced))
        stack.enter_context(patched_datetime(methods))
        stack.enter_context(patched_time(functions))
        stack.callback(virtual.close)

    def _leave(self) -> None:
        """The event loops that live on count real time again: what was to come in a while still is."""
        for loop in self._loops:
            for timer in loop._scheduled:
                timer._when -= self._virtual.skipped

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class _Servers:
    """The accounts whose clocks follow, as pairs of control and query, and the ports of their servers that are in this
    process."""

    def __init__(self) -> None:
        self.accounts: list[tuple[Control, Mapping[str, str]]] = []
        self.ports: set[int] = set()

    def add(self, control: Control, query: Mapping[str, str], port: int) -> None:
        self.accounts.append((control, query))
        if isinstance(control, Quiet):  # else nobody tells whether it has answered, so it is one of the others
            self.ports.add(port)

    def are_quiet(self) -> bool:
        controls = {id(control): control for control, _ in self.accounts}.values()
        return all(control.is_quiet() for control in controls if isinstance(control, Quiet))

    def due_in(self) -> float:
        dues = [accepted(control.call("GET", "/clock", query))["due_in"] for control, query in self.accounts]
        return min((due for due in dues if due is not None), default=math.inf)

    def advance(self, seconds: float) -> None:
        for control, query in self.accounts:
            accepted(control.call("POST", "/clock/advance", query, {"seconds": seconds}))


def _check_loop() -> None:
    """Refuses a running event loop whose timers cannot be skipped."""
    loop = asyncio._get_running_loop()
    if loop is not None and not isinstance(loop, asyncio.BaseEventLoop):
        raise RuntimeError(f"the timers of {type(loop).__module__} are its own: run this test on asyncio's event loop")
