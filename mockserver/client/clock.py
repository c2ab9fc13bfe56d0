"""The clock of an account, which a test can freeze, move and let run."""

from collections.abc import Callable
from typing import Any

from mockserver.client.awaiting import Awaited, OnTarget


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

    def freeze(self, at: float | str | None = None) -> None:
        """Stops time, now or at a time (seconds since the epoch or ISO 8601)."""
        self._call("PUT", "/clock", {"now": at, "frozen": True})

    def set(self, now: float | str) -> None:
        """Sets the time, in seconds since the epoch or ISO 8601; it stays frozen or goes on running."""
        self._call("PUT", "/clock", {"now": now})

    def advance(self, seconds: float) -> None:
        """Moves time on by so many seconds, 0 or more. Delays end when their time has passed."""
        self._call("POST", "/clock/advance", {"seconds": seconds})

    def resume(self) -> None:
        """Lets time run again, from where it stands."""
        self._call("PUT", "/clock", {"frozen": False})


class AwaitableClock(OnTarget[HandleClock]):
    """A HandleClock's calls to be awaited."""

    now: Awaited[[], float] = Awaited(lambda clock: clock.now)
    freeze = Awaited(HandleClock.freeze)
    set = Awaited(HandleClock.set)
    advance = Awaited(HandleClock.advance)
    resume = Awaited(HandleClock.resume)
