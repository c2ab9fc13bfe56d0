"""Counts an account's requests against the vendor's rate limits, in windows aligned to the account's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from mockserver.clock import TimeSource
from mockserver.model import Operation, Quota


@dataclass(frozen=True)
class RateLimit:
    """At most `limit` requests in `period` seconds, counted under `name`."""

    name: str
    limit: int
    period: int

    @cached_property
    def item(self) -> RateLimitItemPerSecond:
        """The limit as the `limits` library has it."""
        return RateLimitItemPerSecond(self.limit, self.period)

    @cached_property
    def key(self) -> str:
        """What it is counted under."""
        return self.item.key_for(self.name)


class ClockWindows(Storage):
    """Counters for `limits`, in windows that begin at multiples of their length on the account's clock."""

    STORAGE_SCHEME = None

    def __init__(self, now: TimeSource) -> None:
        super().__init__()
        self._now = now
        self._counts: dict[str, tuple[int, int, int]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return KeyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        window = int(self._now() // expiry)
        kept, count, _ = self._counts.get(key, (window, 0, expiry))
        count = amount if kept != window else count + amount
        self._counts[key] = (window, count, expiry)
        return count

    def get(self, key: str) -> int:
        window, count, expiry = self._counts.get(key, (0, 0, 1))
        return count if window == int(self._now() // expiry) else 0

    def get_expiry(self, key: str) -> float:
        expiry = self._counts.get(key, (0, 0, 1))[2]
        return float((self._now() // expiry + 1) * expiry)

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        count = len(self._counts)
        self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)


class Quotas:
    """The quotas of one account. Operations whose limits have one name share it."""

    def __init__(self, now: TimeSource) -> None:
        self._now = now
        self._windows = ClockWindows(now)
        self._limiter = FixedWindowRateLimiter(self._windows)

    def take(self, limit: RateLimit) -> Quota:
        """Counts one request; the quota says whether it was one too many."""
        return self._quota(limit, spent=not self._limiter.hit(limit.item, limit.name))

    def look(self, limit: RateLimit) -> Quota:
        """The quota as it stands, without counting."""
        return self._quota(limit, spent=self._windows.get(limit.key) >= limit.limit)

    def _quota(self, limit: RateLimit, *, spent: bool) -> Quota:
        remaining = max(0, limit.limit - self._windows.get(limit.key))
        reset_at = (self._now() // limit.period + 1) * limit.period
        return Quota(limit.name, limit.limit, limit.period, remaining, reset_at, spent)


def rate_limit_of(operation: Operation, overrides: Mapping[str, Mapping[str, int]]) -> RateLimit | None:
    """The rate limit of an operation: the settings' for the operation, else the settings' for its vendor, else the
    contract's `x-rate-limit`; None where there is none."""
    said = operation.extensions.get("x-rate-limit")
    override = overrides.get(operation.id) or overrides.get(operation.vendor)
    if override is not None:
        name = operation.id if operation.id in overrides else f"{operation.vendor}/all"
        return RateLimit(name, override["limit"], override["period"])
    if not said:
        return None
    return RateLimit(said.get("name", operation.id), said["limit"], said["period"])
