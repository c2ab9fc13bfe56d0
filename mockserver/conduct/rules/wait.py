"""The rule `wait`."""

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.records import Told
from mockserver.conduct.rule import Breach, Outcome, counted, in_percent, in_seconds, rule

EARLY_SECONDS = 0.05
EARLY_SHARE = 0.01
"""How much sooner than told a client may come: clocks differ, and timers are rounded."""
DATE_SECONDS = 1.0
"""A date is exact to a second."""
LATE_FACTOR, LATE_SECONDS = 1.5, 5.0
"""Beyond this a client is late: vendors' reference clients add at most half of jitter to what they were told."""


def earliest(told: Told) -> float:
    """Seconds after the start of a response before which no request is due."""
    return told.seconds - (DATE_SECONDS if told.date else max(EARLY_SECONDS, EARLY_SHARE * told.seconds))


@rule(
    ("violation", "figure"),
    "The client waits as long as it was told.",
    "The vendor says when it can take requests again; a request before that is refused and can prolong the block.",
    "RFC 9110, section 10.2.3 (Retry-After); the reset header that the vendor's page names",
    f"A resend comes no sooner than told, less the greater of {EARLY_SECONDS * 1000:.0f} ms and"
    f" {in_percent(EARLY_SHARE)}; less {DATE_SECONDS:.0f} s where the header is a date.",
    f"Later than {LATE_FACTOR} × told + {LATE_SECONDS:.0f} s counts into the figure `late_waits`.",
    "Giving up instead is fine.",
    "The `Retry-After: 1` of a scripted failure that names no `retry_after` is judged on a 429 only: on any other"
    " status it is mockserver's own, and not what the test is about.",
)
def wait(observation: Observation) -> Outcome:
    told = [(each, each.delay) for each in observation.resends if each.delay is not None and _was_told(each)]
    breaches = [_breach(resend, delay) for resend, delay in told if resend.before.told and delay < _due(resend)]
    late = [delay for each, delay in told if delay > LATE_FACTOR * (each.told_seconds or 0.0) + LATE_SECONDS]
    figures = {"late_waits": len(late), "latest_wait_seconds": max(late)} if late else {}
    note = f"{counted(len(late), 'wait')} took longer than {LATE_FACTOR} × told + {LATE_SECONDS:.0f} s" if late else ""
    return Outcome(len(told), tuple(breaches), note=note, figures=figures)


def _was_told(resend: Resend) -> bool:
    """Whether there was something to wait for, beyond what the tolerance forgives."""
    return resend.told_seconds is not None and _due(resend) > 0


def _due(resend: Resend) -> float:
    return earliest(resend.before.told) if resend.before.told is not None else 0.0


def _breach(resend: Resend, delay: float) -> Breach:
    told = resend.before.told or Told(0.0, "Retry-After")
    return Breach(
        (resend.before, resend.after),
        seen=f"sent again after {in_seconds(delay)}",
        due=f"{in_seconds(told.seconds)}, told by {told.header}",
        fix=f"Wait until the {in_seconds(told.seconds)} of {told.header} have passed before the request is sent again.",
        seen_value=delay,
        due_value=told.seconds,
        chain=resend.chain.id,
    )
