"""The rule `growth`."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from mockserver.conduct.delays import Delays, back_off
from mockserver.conduct.observation import Observation
from mockserver.conduct.rule import Breach, Outcome, counted, in_seconds, rule
from mockserver.conduct.rules.hot import HOT_SECONDS

NARROW, WIDE = 1.5, 2.1
"""Longest ÷ shortest delay of constant waits with ±20 % of jitter, and of waits between half and whole."""
GROWN = 1.5
"""Median of the last ÷ median of the first delays of chains that certainly grow."""
LEAST_GROWTH = 1.25
"""Last two ÷ first two delays, added up over chains. Constant waits come to 1, the slowest published growth to 2."""


def _within(ratio: float) -> Callable[[list[Delays]], bool]:
    return lambda chains: max(max(each.values) for each in chains) <= ratio * min(min(each.values) for each in chains)


def _ends_as_it_began(chains: list[Delays]) -> bool:
    first, last = (sum(sum(each.values[part]) for each in chains) for part in (slice(2), slice(-2, None)))
    return last < LEAST_GROWTH * first


class Sample(NamedTuple):
    """A test for constant delays, and how many chains with how many delays it needs. `benchmarks.conduct_rules` prints
    how often each errs."""

    chains: int
    delays: int
    is_flat: Callable[[list[Delays]], bool]


SAMPLES = (
    Sample(5, 5, _ends_as_it_began),
    Sample(3, 4, _within(WIDE)),
    Sample(3, 3, _within(NARROW)),
    Sample(1, 5, _within(NARROW)),
)


@rule(
    "advisory",
    "Delays grow from attempt to attempt where no wait was told.",
    "Constant delays keep the load of an outage up, so that the vendor cannot recover under it.",
    "AWS Builders' Library, Timeouts, retries, and backoff with jitter; Google SRE book, chapter 22",
    f"Flat: all delays within a factor of {NARROW} in 3 chains of 3 delays or 1 of 5, of {WIDE} in 3 chains of 4; or"
    f" over 5 chains of 5 the last two delays less than {LEAST_GROWTH} × the first two.",
    f"Kept: the median of the last delays is at least {GROWN} × that of the first. Otherwise they are too few samples:"
    " three delays of one chain with full jitter look flat in 20 % of runs.",
)
def growth(observation: Observation) -> Outcome:
    scopes = [_backing_off(chains) for chains in back_off(observation).values()]
    judged = [(chains, _fitting(chains)) for chains in scopes if chains]
    breaches = [
        _breach(chains) for chains, samples in judged if any(each.is_flat(_of(each, chains)) for each in samples)
    ]
    enough = any(_grow(chains, samples) for chains, samples in judged)
    return Outcome(sum(len(chains) for chains in scopes), tuple(breaches), enough)


def _backing_off(chains: list[Delays]) -> list[Delays]:
    """Those that wait at all: the others are judged by `hot`."""
    return [each for each in chains if max(each.values) >= HOT_SECONDS]


def _of(sample: Sample, chains: list[Delays]) -> list[Delays]:
    return [each for each in chains if len(each.by_number) >= sample.delays]


def _fitting(chains: list[Delays]) -> list[Sample]:
    return [sample for sample in SAMPLES if len(_of(sample, chains)) >= sample.chains]


def _grow(chains: list[Delays], samples: list[Sample]) -> bool:
    """Whether delays that are not flat are seen to grow: there were many, or their medians say so."""
    last, first = (median(each.values[place] for each in chains) for place in (-1, 0))
    return SAMPLES[0] in samples or (bool(samples) and last >= GROWN * first)


def _breach(chains: list[Delays]) -> Breach:
    longest = max(chains, key=lambda each: len(each.by_number))
    first, last = longest.values[0], longest.values[-1]
    return Breach(
        longest.attempts,
        seen=", ".join(map(in_seconds, longest.values[:10])) + f" in one of {counted(len(chains), 'chain')}",
        due="delays that grow, for example double",
        fix=f"Multiply the delay after each failure, for example from {in_seconds(first)} by 2, up to a cap.",
        level="advisory",
        seen_value=last / first if first else None,
        due_value=LEAST_GROWTH,
        chain=longest.chain,
    )
