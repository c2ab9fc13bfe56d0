"""Finds the outages in a history: the times in which requests failed in ways that pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mockserver.conduct.fates import can_be_retried
from mockserver.conduct.records import Attempt

QUIET = 20
"""So many requests in a row without a failure end an outage: in a brown-out fewer succeed between failures."""


class Outage(NamedTuple):
    """The requests from `first` to before `end`, by their place among all; the last of them failed."""

    first: int
    end: int

    def of(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        return attempts[self.first : self.end]


def outages(attempts: Sequence[Attempt]) -> list[Outage]:
    """The outages of requests that are in the order of their starts."""
    found: list[Outage] = []
    for place, attempt in enumerate(attempts):
        if can_be_retried(attempt):
            if found and place - found[-1].end < QUIET:
                found[-1] = Outage(found[-1].first, place + 1)
            else:
                found.append(Outage(place, place + 1))
    return found
