"""Lets conditions, and so events and queues, time out under libfaketime: Python imports this at its start if the folder
is on its path. It waits in sleeps, which libfaketime shortens; locks with a time-out it does not know."""

import importlib.machinery
import importlib.util
import sys
import threading
import time
from pathlib import Path

SLEEPS = (0.0005, 0.05)
"""How long it sleeps before it looks again, at first and at most, in seconds of the faked clock."""
_wait = threading.Condition.wait


def wait(self, timeout=None):  # type: ignore[no-untyped-def]
    """`threading.Condition.wait`."""
    if timeout is None or timeout <= 0:
        return _wait(self, timeout)
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    waiter = threading.Lock()
    waiter.acquire()
    self._waiters.append(waiter)
    state = self._release_save()
    ends, pause, notified = time.monotonic() + timeout, SLEEPS[0], False
    try:
        while not (notified := waiter.acquire(blocking=False)) and (left := ends - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(2 * pause, SLEEPS[1])
    finally:
        self._acquire_restore(state)
        if not notified and waiter in self._waiters:
            self._waiters.remove(waiter)
    return notified


def import_hidden() -> None:
    """Imports the module of this name that would have been imported without this folder."""
    others = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]
    found = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if found is not None and found.loader is not None:
        found.loader.exec_module(importlib.util.module_from_spec(found))


threading.Condition.wait = wait  # type: ignore[method-assign]
import_hidden()
