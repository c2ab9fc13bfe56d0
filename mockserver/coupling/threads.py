"""Tells of the threads that take part in virtual time whether they are at work or blocked, where no wait of ours shows
it: in a lock, in a socket, in C."""

import platform
import threading
from collections.abc import Container
from pathlib import Path
from weakref import WeakSet

FUTEX = {"x86_64": "202", "aarch64": "98"}.get(platform.machine())
"""The system call in which a thread waits for a lock, by its number."""
SETTLED_SECONDS = 0.0005
"""How long a thread must have been in the same wait for a lock to count as blocked: longer than a lock of C is held."""


class Threads:
    """The threads that take part. `patience` is how many real seconds one must have been in the same call of the
    system, such as a read from a socket of somebody else, to count as blocked."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._members: WeakSet[threading.Thread] = WeakSet()
        self._calls: dict[int, tuple[str, float]] = {}

    def add(self, thread: threading.Thread) -> None:
        self._members.add(thread)

    def discard(self, thread: threading.Thread) -> None:
        self._members.discard(thread)

    def are_blocked(self, now: float, but: Container[int | None]) -> bool:
        """Whether none is at work, at a time of the real monotonic clock; `but` are the idents that need no look."""
        running = [each for each in list(self._members) if each.ident is None or each.is_alive()]
        looked_at = [self._is_blocked(each, now) for each in running if each.ident not in but]
        return all(looked_at)

    def _is_blocked(self, thread: threading.Thread, now: float) -> bool:
        """Whether it is in the call of the system in which it was when last looked at."""
        if thread.ident is None or thread.native_id is None:
            return False  # it is about to start
        call = _system_call(thread.native_id)
        before, since = self._calls.get(thread.ident, ("", now))
        if call is None or call != before:
            self._calls[thread.ident] = (call or "", now)
            return False
        return now - since >= (SETTLED_SECONDS if _waits_for_a_lock(call) else self.patience)


def _system_call(native_id: int) -> str | None:
    """The call of the system in which a thread is, with its arguments; None where it runs, or nobody tells."""
    try:
        call = Path(f"/proc/self/task/{native_id}/syscall").read_text("ascii")
    except OSError:
        return None
    return None if call.startswith("running") else call


def _waits_for_a_lock(call: str) -> bool:
    """Whether a call waits for a lock without an end. One with an end may be the interpreter's own lock, and then the
    thread is at work."""
    number, _address, _operation, _value, timeout, *_ = [*call.split(), *[""] * 5]
    return number == FUTEX and timeout == "0x0"
