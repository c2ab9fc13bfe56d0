"""Time as an account sees it: it runs with the real clock until a test sets, freezes or advances it."""

from __future__ import annotations

from collections.abc import Callable

TimeSource = Callable[[], float]


class Clock:
    """Seconds since the epoch. `source` is the real clock, passed in so that nothing here reads the system's."""

    def __init__(self, source: TimeSource) -> None:
        self._source = source
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """The account's time, in seconds since the epoch."""
        return self._frozen_at if self._frozen_at is not None else self._source() + self._offset
