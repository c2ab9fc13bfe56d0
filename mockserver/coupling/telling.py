"""The functions that tell the time, virtual where the call is about it."""

import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any

from mockserver.coupling.virtual_time import VirtualTime

NANOSECONDS = 1_000_000_000


class WallClock:
    """The wall clock of virtual time: `offset` seconds ahead of the real one, besides what was skipped."""

    def __init__(self, virtual: VirtualTime) -> None:
        self.offset = 0.0
        self._virtual = virtual
        self._real = time.time

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self._real() + self.ahead

    @property
    def ahead(self) -> float:
        return self._virtual.skipped + self.offset


def time_functions(virtual: VirtualTime, wall: WallClock) -> dict[str, Callable[..., Any]]:
    """Those of the module `time`, by their names. They are made while the real ones are in place."""
    functions: dict[str, Callable[..., Any]] = {}
    for name in ("time", "monotonic", "perf_counter"):
        ahead = (lambda: wall.ahead) if name == "time" else (lambda: virtual.skipped)
        functions[name] = _seconds(virtual, getattr(time, name), ahead)
        functions[f"{name}_ns"] = _nanoseconds(virtual, getattr(time, f"{name}_ns"), ahead)
    for name in ("gmtime", "localtime", "ctime"):
        functions[name] = _with_now(virtual, getattr(time, name), 0, wall)
    local_time = time.localtime
    for name, before in (("asctime", 0), ("strftime", 1)):
        functions[name] = _with_now(virtual, getattr(time, name), before, lambda: local_time(wall()))
    return functions


def datetime_methods(virtual: VirtualTime, wall: WallClock) -> dict[str, Callable[..., Any]]:
    """The class methods of `datetime.datetime`, by their names. `today` asks `time.time` by itself."""
    real = dt.datetime.__dict__["now"]

    def now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> dt.datetime:
        if virtual.is_for(sys._getframe(1)):
            return cls.fromtimestamp(wall(), tz)
        told: dt.datetime = real.__get__(None, cls)(tz)
        return told

    def utcnow(cls: type[dt.datetime]) -> dt.datetime:
        ahead = wall.ahead if virtual.is_for(sys._getframe(1)) else 0.0
        told: dt.datetime = real.__get__(None, cls)(dt.UTC)
        return told.replace(tzinfo=None) + dt.timedelta(seconds=ahead)

    return {"now": now, "utcnow": utcnow}


def _seconds(virtual: VirtualTime, real: Callable[[], float], ahead: Callable[[], float]) -> Callable[[], float]:
    def now() -> float:
        return real() + ahead() if virtual.is_for(sys._getframe(1)) else real()

    return now


def _nanoseconds(virtual: VirtualTime, real: Callable[[], int], ahead: Callable[[], float]) -> Callable[[], int]:
    def now() -> int:
        return real() + int(ahead() * NANOSECONDS) if virtual.is_for(sys._getframe(1)) else real()

    return now


def _with_now(
    virtual: VirtualTime, real: Callable[..., Any], before: int, now: Callable[[], Any]
) -> Callable[..., Any]:
    """A function whose last argument, behind so many others, is a time: that of now where it is absent or None."""

    def function(*arguments: Any) -> Any:
        absent = len(arguments) == before or arguments[before:] == (None,)
        return real(*arguments[:before], now()) if absent and virtual.is_for(sys._getframe(1)) else real(*arguments)

    return function
