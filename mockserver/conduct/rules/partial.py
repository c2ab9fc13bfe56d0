"""The rule `partial`."""

from __future__ import annotations

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.rule import Breach, Outcome, counted, rule


@rule(
    "violation",
    "Only what failed of a batch is sent again.",
    "The vendor took the others: sent again they are counted twice.",
    "OpenTelemetry protocol, Partial Success; the vendor's page on batches",
    "No event of a batch that its partial response took is in the next attempt.",
)
def partial(observation: Observation) -> Outcome:
    partial_responses = sum(1 for each in observation.history.attempts if each.failed_events and each.received_whole)
    breaches = [_breach(each, taken) for each in observation.resends if (taken := _taken(each))]
    return Outcome(partial_responses, tuple(breaches))


def _taken(resend: Resend) -> set[str]:
    """The events of a resend that the vendor took before."""
    before = resend.before
    if not before.failed_events or not before.received_whole or resend.delay is None:
        return set()
    return set(before.event_keys).difference(before.failed_events).intersection(resend.after.event_keys)


def _breach(resend: Resend, taken: set[str]) -> Breach:
    failed = len(resend.before.failed_events)
    return Breach(
        (resend.before, resend.after),
        seen=f"{counted(len(taken), 'event')} sent again that the vendor took",
        due=f"the {counted(failed, 'event')} that failed",
        fix=f"Read the partial response, and send only the {counted(failed, 'event')} again that it names as failed.",
        seen_value=len(resend.after.event_keys),
        due_value=failed,
        chain=resend.chain.id,
    )
