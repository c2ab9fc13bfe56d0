"""The rule `recovery`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mockserver.conduct.fates import delivered
from mockserver.conduct.observation import Observation
from mockserver.conduct.outages import Outage, outages
from mockserver.conduct.records import Attempt, Chain
from mockserver.conduct.rule import MAX_REQUESTS, Breach, Outcome, counted, in_seconds, rule
from mockserver.model import Json

MIN_USUAL = 10
"""First attempts before the outage that tell the usual rate."""
MIN_WINDOW_SECONDS, MIN_EXPECTED = 1.0, 5
"""The window over which a rate is taken: at least a second, and long enough for five requests at the usual rate."""
MIN_WATCHED_SECONDS = 10.0


class Recovery(NamedTuple):
    """How things went after an outage. `attempts` are the first after it, `backlog` those that took the failed events
    through, in so many seconds and in order or not; `rate` is the peak in multiples of the usual rate, None where that
    is not known."""

    attempts: tuple[Attempt, ...]
    backlog: tuple[Attempt, ...]
    seconds: float
    ordered: bool
    rate: float | None


@rule(
    ("violation", "figure"),
    "After an outage the backlog drains, not faster than the vendor can take it.",
    "A vendor that has just come back fails again under everything that was held back.",
    "AWS Builders' Library, Avoiding insurmountable queue backlogs; Google SRE book, chapter 22",
    f"The figures `recovery_seconds`, `recovery_ordered` and `recovery_rate`, the peak in multiples of the usual rate,"
    f" for which {MIN_USUAL} first attempts before the outage are needed.",
    "A violation only where a test bounds the rate or asks for order.",
)
def recovery(observation: Observation) -> Outcome:
    attempts, limits = observation.history.attempts, observation.limits
    ended = [each for each in outages(attempts) if each.end < len(attempts)]
    found = [_recovery(observation, outage) for outage in ended]
    if not found:
        return Outcome(0)
    breaches = [_too_fast(each, limits.recovery_rate) for each in found if _exceeds(each, limits.recovery_rate)]
    breaches += [_out_of_order(each) for each in found if limits.ordered and not each.ordered]
    return Outcome(len(found), tuple(breaches), note=_note(found), figures=_figures(found))


def _recovery(observation: Observation, outage: Outage) -> Recovery:
    attempts = observation.history.attempts
    back_at = attempts[outage.end].started_at
    backlog = [each for chain in observation.history.chains if (each := _delivery(chain, outage, attempts, back_at))]
    began = [started for started, _ in backlog]
    last = [attempt for _, attempt in backlog]
    by_delivery = sorted(zip((each.started_at for each in last), began, strict=True))
    return Recovery(
        attempts=tuple(attempts[outage.end : outage.end + MAX_REQUESTS]),
        backlog=tuple(last),
        seconds=max((each.finished_at or each.started_at for each in last), default=back_at) - back_at,
        ordered=all(one <= following for (_, one), (_, following) in pairwise(by_delivery)),
        rate=_rate(observation, outage),
    )


def _delivery(
    chain: Chain, outage: Outage, attempts: Sequence[Attempt], back_at: float
) -> tuple[float, Attempt] | None:
    """When a chain of the backlog began, with its first attempt that was taken after the outage."""
    began = chain.attempts[0].started_at
    if not attempts[outage.first].started_at <= began < back_at:
        return None
    taken = next((each for each in chain.attempts if delivered(each)), None)
    return (began, taken) if taken is not None and taken.started_at >= back_at else None


def _rate(observation: Observation, outage: Outage) -> float | None:
    """The peak rate of requests for as long after an outage as it took, in multiples of the usual rate."""
    attempts = observation.history.attempts
    firsts = {chain.attempts[0].request_id for chain in observation.history.chains}
    usual = [each.started_at for each in attempts[: outage.first] if each.request_id in firsts]
    began, back_at = attempts[outage.first].started_at, attempts[outage.end].started_at
    if len(usual) < MIN_USUAL or began <= usual[0]:
        return None
    rate = len(usual) / (began - usual[0])
    window = max(MIN_WINDOW_SECONDS, MIN_EXPECTED / rate)
    watched_until = back_at + max(back_at - began, MIN_WATCHED_SECONDS)
    return (
        _peak([each.started_at for each in attempts[outage.end :] if each.started_at <= watched_until], window) / rate
    )


def _peak(times: Sequence[float], window: float) -> float:
    """The most of some sorted times within a window, per second."""
    oldest = most = 0
    for place, time in enumerate(times):
        while times[oldest] <= time - window:
            oldest += 1
        most = max(most, place + 1 - oldest)
    return most / window


def _exceeds(found: Recovery, most: float | None) -> bool:
    return most is not None and found.rate is not None and found.rate > most


def _figures(found: list[Recovery]) -> dict[str, Json]:
    rates = [each.rate for each in found if each.rate is not None]
    figures: dict[str, Json] = {
        "recovery_seconds": round(max(each.seconds for each in found), 3),
        "recovery_ordered": all(each.ordered for each in found),
    }
    return figures | ({"recovery_rate": round(max(rates), 2)} if rates else {})


def _note(found: list[Recovery]) -> str:
    longest = max(found, key=lambda each: each.seconds)
    rate = f", at up to {longest.rate:.1f} × the usual rate" if longest.rate is not None else ""
    return f"the backlog of {counted(len(longest.backlog), 'request')} drained in {in_seconds(longest.seconds)}{rate}"


def _too_fast(found: Recovery, most: float | None) -> Breach:
    return Breach(
        found.attempts,
        seen=f"{found.rate or 0.0:.1f} × the usual rate",
        due=f"at most {most or 0.0:g} ×",
        fix=f"Send the backlog at no more than {most or 0.0:g} × the usual rate, for example through a token bucket.",
        seen_value=found.rate,
        due_value=most,
    )


def _out_of_order(found: Recovery) -> Breach:
    return Breach(
        found.backlog,
        seen="the backlog in another order",
        due="the order in which its events were first sent",
        fix="Drain the backlog from one queue, oldest first, and one request at a time.",
    )
