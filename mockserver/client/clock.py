"""The clock of an account, which a test can freeze, move and let run at any pace."""

from collections.abc import Callable
from typing import Any

from mockserver.client.awaiting import Awaited, OnTarget
from mockserver.client.control import without_none


class HandleClock:
    """An account's clock. Times are seconds since the epoch."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    @property
    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return float(self._call("GET", "/clock")["now"])

    @property
    def frozen(self) -> bool:
        """Whether time stands still until it is set, advanced or resumed."""
        return bool(self._call("GET", "/clock")["frozen"])

    @property
    def rate(self) -> float:
        """How many of its seconds pass in a real one while it is not frozen."""
        return float(self._call("GET", "/clock")["rate"])

    @rate.setter
    def rate(self, rate: float) -> None:
        self.set(rate=rate)

    def freeze(self, at: float | str | None = None) -> None:
        """Stops time, now or at a time (seconds since the epoch or ISO 8601)."""
        self._call("PUT", "/clock", {"now": at, "frozen": True})

    def set(self, now: float | str | None = None, *, rate: float | None = None) -> None:
        """Sets the time, in seconds since the epoch or ISO 8601, and how fast it runs, 0.001 to 1000 times as fast as
        real time; what is None stays as it is. It stays frozen or goes on running."""
        self._call("PUT", "/clock", without_none({"now": now, "rate": rate}))

    def advance(self, seconds: float) -> None:
        """Moves time on by so many seconds, 0 or more. Delays end when their time has passed."""
        self._call("POST", "/clock/advance", {"seconds": seconds})

    def resume(self) -> None:
        """Lets time run again, from where it stands."""
        self._call("PUT", "/clock", {"frozen": False})


class AwaitableClock(OnTarget[HandleClock]):
    """A HandleClock's calls to be awaited."""

    now: Awaited[[], float] = Awaited(lambda clock: clock.now)
    rate: Awaited[[], float] = Awaited(lambda clock: clock.rate)
    freeze = Awaited(HandleClock.freeze)
    set = Awaited(HandleClock.set)
    advance = Awaited(HandleClock.advance)
    resume = Awaited(HandleClock.resume)
