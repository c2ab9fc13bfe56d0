"""The rule `cap`."""

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.rule import Breach, Outcome, in_percent, in_seconds, rule
from mockserver.conduct.rules.wait import LATE_FACTOR, LATE_SECONDS
from mockserver.model import Evidence

MAX_DELAY_SECONDS = 300.0
"""Past it events arrive too late to be of use, and buffers overflow; the caps of known clients lie at 5 to 120 s."""
TOLERANCE = 1.05


@rule(
    "advisory",
    "No delay is longer than five minutes.",
    "After a long outage the client stays silent although the vendor is back, and its buffer overflows meanwhile.",
    Evidence("inferred", "gRPC connection backoff protocol (120 s); OpenTelemetry's exporters (30 s); AWS SDKs (20 s)"),
    f"{MAX_DELAY_SECONDS:.0f} s, plus {in_percent(TOLERANCE - 1)} for jitter. A wait that was told may be longer.",
)
def cap(observation: Observation) -> Outcome:
    waited = [(each, each.delay) for each in observation.resends if each.repeats_failure and each.delay is not None]
    return Outcome(len(waited), tuple(_breach(each, delay) for each, delay in waited if delay > _longest(each)))


def _longest(resend: Resend) -> float:
    told = resend.told_seconds or 0.0
    return max(MAX_DELAY_SECONDS * TOLERANCE, LATE_FACTOR * told + LATE_SECONDS)


def _breach(resend: Resend, delay: float) -> Breach:
    return Breach(
        (resend.before, resend.after),
        seen=f"{in_seconds(delay)} before attempt {resend.number}",
        due=f"at most {in_seconds(MAX_DELAY_SECONDS)}",
        fix=f"Cap the delay, for example at 60 s and never above {in_seconds(MAX_DELAY_SECONDS)}.",
        level="advisory",
        seen_value=delay,
        due_value=MAX_DELAY_SECONDS,
        chain=resend.chain.id,
    )
