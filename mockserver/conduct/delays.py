"""The delays by which a client backs off where nobody told it how long to wait."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.records import Attempt

Scope = tuple[str, str]
"""A vendor and an operation."""


class Delays(NamedTuple):
    """The delays of one chain in seconds, by the number of the attempt that follows, from 2, with its attempts."""

    chain: str
    by_number: dict[int, float]
    attempts: tuple[Attempt, ...]

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(self.by_number.values())


def back_off(observation: Observation) -> dict[Scope, list[Delays]]:
    """The delays of every chain that has some, by vendor and operation. A chain that was split or sent in part has no
    one sequence of delays, and is left out."""
    scopes: dict[Scope, list[Delays]] = defaultdict(list)
    for chain, resends in observation.resends_by_chain():
        untold = {each.number: each.delay for each in resends if each.delay is not None and _chosen(each)}
        if untold and all(each.linear for each in resends):
            attempts = (resends[0].before, *(each.after for each in resends))
            scopes[chain.vendor, chain.operation].append(Delays(chain.id, untold, attempts))
    return scopes


def _chosen(resend: Resend) -> bool:
    """Whether the client chose the delay."""
    return resend.repeats_failure and resend.told_seconds is None and resend.before.retry != "must-not"
