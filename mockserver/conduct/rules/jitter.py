"""The rule `jitter`."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median

from mockserver.conduct.delays import Delays, back_off
from mockserver.conduct.observation import Observation
from mockserver.conduct.rule import Breach, Outcome, in_percent, in_seconds, rule
from mockserver.conduct.rules.hot import HOT_SECONDS

MIN_CHAINS, MIN_NUMBERS = 3, 2
SPREAD_SHARE, SPREAD_SECONDS, MAX_SPREAD_SHARE = 0.03, 0.02, 0.04
"""Spread over chains of delays without jitter: timers and machines add some. Three draws of ±20 % lie within 3 % twice
in 0.04 % of runs; 20 ms would be too much of a short delay."""
OUTLIERS = 0.1
"""Share of many replicates that is left out at either end: a pause of the machine is no jitter."""
PLATEAU = 1.1
"""From one delay to the next: less is a plateau at the cap."""
MIN_SINGLE = 4
FIT_OF_FOUR, FIT_OF_MORE = 0.005, 0.01
"""How exactly delays of one chain fit b·mⁱ. ±20 % of jitter does in 0.16 % of runs with four, 0.03 % with five."""


@rule(
    "advisory",
    "Delays differ between chains.",
    "Clients that failed together come back together: without jitter an outage ends in a wave of retries.",
    "AWS Architecture Blog, Exponential Backoff And Jitter; Google SRE book, chapter 22",
    f"No jitter: over {MIN_CHAINS} chains the same {MIN_NUMBERS} retries or more have a spread of at most"
    f" {SPREAD_SECONDS * 1000:.0f} ms or {in_percent(SPREAD_SHARE)}, the greater, but no more than"
    f" {in_percent(MAX_SPREAD_SHARE)}.",
    f"One chain: {MIN_SINGLE} delays fit b·mⁱ within {in_percent(FIT_OF_FOUR)}, or more within"
    f" {in_percent(FIT_OF_MORE)}.",
    f"Delays under {HOT_SECONDS * 1000:.0f} ms and a plateau at the cap are left out. Fewer are too few samples.",
)
def jitter(observation: Observation) -> Outcome:
    judged = [(chains, _unjittered(chains)) for chains in back_off(observation).values()]
    exercised = sum(len(chains) for chains, _ in judged)
    enough = any(verdict is not None for _, verdict in judged)
    return Outcome(exercised, tuple(_breach(chains) for chains, verdict in judged if verdict), enough)


def _unjittered(chains: list[Delays]) -> bool | None:
    """Whether delays lack jitter; None where there are too few to say so."""
    spreads = _replicates(chains)
    if len(spreads) >= MIN_NUMBERS:
        return all(_is_narrow(values) for values in spreads)
    fits = [_fits(delays) for each in chains if len(delays := _before_plateau(_waited(each))) >= MIN_SINGLE]
    return all(fits) if fits else None


def _waited(delays: Delays) -> list[float]:
    return [each for each in delays.values if each >= HOT_SECONDS]


def _replicates(chains: list[Delays]) -> list[list[float]]:
    """The delays before the same retry of several chains, retry by retry, up to the cap."""
    by_number: dict[int, list[float]] = defaultdict(list)
    for each in chains:
        for number, delay in each.by_number.items():
            by_number[number].append(delay)
    groups = [values for _, values in sorted(by_number.items()) if len(values) >= MIN_CHAINS]
    groups = [values for values in groups if median(values) >= HOT_SECONDS]
    return groups[: len(_before_plateau([median(values) for values in groups]))]


def _before_plateau(delays: list[float]) -> list[float]:
    """The delays below a cap at which they end: a cap cuts jitter off. Constant delays have no cap."""
    longest = max(delays, default=0.0)
    grow = len(delays) > 1 and longest > PLATEAU * delays[0]
    if not grow or delays[-1] > PLATEAU * delays[-2]:
        return delays
    return [each for each in delays if each * PLATEAU < longest]


def _is_narrow(values: list[float]) -> bool:
    values = sorted(values)
    left_out = int(len(values) * OUTLIERS)
    kept = values[left_out : len(values) - left_out]
    middle = median(kept)
    return kept[-1] - kept[0] <= max(SPREAD_SHARE * middle, min(SPREAD_SECONDS, MAX_SPREAD_SHARE * middle))


def _fits(delays: list[float]) -> bool:
    """Whether delays are b·mⁱ: a line through their logarithms leaves next to nothing over."""
    count, logarithms = len(delays), [math.log(each) for each in delays]
    centre, mean = (count - 1) / 2, math.fsum(logarithms) / count
    slope = math.fsum((i - centre) * each for i, each in enumerate(logarithms)) / (count * (count**2 - 1) / 12)
    worst = max(abs(each - mean - slope * (i - centre)) for i, each in enumerate(logarithms))
    return worst <= (FIT_OF_FOUR if count == MIN_SINGLE else FIT_OF_MORE)


def _breach(chains: list[Delays]) -> Breach:
    longest = max(chains, key=lambda each: len(each.by_number))
    spreads = [values for values in _replicates(chains) if _is_narrow(values)]
    spread = max((max(values) - min(values) for values in spreads), default=0.0)
    times = ", ".join(map(in_seconds, longest.values[:10]))
    seen = f"{times} with a spread of {in_seconds(spread)} over {len(chains)} chains" if spreads else f"{times}: b·mⁱ"
    return Breach(
        longest.attempts,
        seen=seen,
        due="a random part in each delay",
        fix="Draw each delay at random between 0 and its present value (full jitter), from a source that is not seeded"
        " alike in every client.",
        level="advisory",
        seen_value=spread,
        chain=longest.chain,
    )
