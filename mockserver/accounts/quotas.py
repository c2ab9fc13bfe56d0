"""Counts an account's requests against the vendor's rate limits, in windows aligned to the account's clock."""

from collections.abc import Mapping
from typing import NamedTuple

from mockserver.model import Quota
from mockserver.operations import Operation
from mockserver.support.clock import TimeSource


class RateLimit(NamedTuple):
    """At most `limit` requests in `period` seconds, counted under `name`."""

    name: str
    limit: int
    period: int


class Quotas:
    """The quotas of one account: fixed windows that begin at multiples of their length on its clock (`now`, seconds
    since the epoch). Operations whose limits have one name share it."""

    def __init__(self, now: TimeSource) -> None:
        self._now = now
        self._counts: dict[str, tuple[float, int]] = {}

    def take(self, limit: RateLimit) -> Quota:
        """Counts one request. The quota is `spent` if the request was one too many."""
        return self._after(limit, 1)

    def look(self, limit: RateLimit) -> Quota:
        """The quota as it stands, without counting."""
        return self._after(limit, 0)

    def _after(self, limit: RateLimit, taken: int) -> Quota:
        now = self._now()
        ends, before = self._counts.get(limit.name, (0.0, 0))
        if not ends - limit.period <= now < ends:
            ends, before = (now // limit.period + 1) * limit.period, 0
        if taken:
            self._counts[limit.name] = (ends, before + taken)
        remaining = max(limit.limit - before - taken, 0)
        return Quota(limit.name, limit.limit, limit.period, remaining, ends, ends - now, before >= limit.limit)


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
