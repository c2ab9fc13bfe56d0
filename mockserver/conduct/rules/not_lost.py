"""The rule `not-lost`."""

from __future__ import annotations

from mockserver.conduct.fates import can_be_retried, given_up
from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt, Chain
from mockserver.conduct.rule import Breach, Outcome, counted, rule


@rule(
    "advisory",
    "No event is given up after a failure that passes.",
    "The vendor would have taken the event a little later; it is missing from every figure from now on.",
    "OpenTelemetry protocol, Failures (retryable responses); RFC 9110, section 15.6.4 (503)",
    "Told at the end of a test, or after the client had time enough: the last response was one that must or should be"
    " retried, or the connection was lost and the vendor did not take the event.",
)
def not_lost(observation: Observation) -> Outcome:
    chains = [chain for chain in observation.history.chains if _could_lose(chain)]
    if not observation.history.over:
        note = "events that are not delivered can still come" if chains else ""
        return Outcome(sum(not given_up(chain) for chain in chains), note=note)
    lost = [(chain, missing) for chain in chains if (missing := given_up(chain))]
    return Outcome(len(chains), tuple(_breach(chain, missing) for chain, missing in lost))


def _could_lose(chain: Chain) -> bool:
    return any(attempt.event_keys and can_be_retried(attempt) for attempt in chain.attempts)


def _breach(chain: Chain, missing: dict[str, Attempt]) -> Breach:
    attempts = tuple({each.request_id: each for each in missing.values()}.values())
    last = attempts[-1]
    end = "a lost connection" if last.status is None else f"{last.status}"
    return Breach(
        attempts,
        seen=f"{counted(len(missing), 'event')} given up after {counted(chain.total, 'attempt')}, the last with {end}",
        due="each event is sent again until the vendor takes it",
        fix=f"Send again after {end}, with growing delays, or keep the events on disk until the vendor is back.",
        level="advisory",
        seen_value=len(missing),
        due_value=0,
        chain=chain.id,
    )
