"""The rule `hot`."""

from __future__ import annotations

from typing import NamedTuple

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.rule import Breach, Outcome, in_seconds, rule

HOT_SECONDS = 0.05
"""No back-off that is published waits less on average."""
AT_ONCE_SECONDS = 0.005
"""What a client on this machine needs to send again without any wait. Between here and `HOT_SECONDS` lie draws of full
jitter: AWS's policy draws its first delay from 0–50 ms and its second from 0–100 ms."""
MAX_AT_ONCE, MAX_HOT = 1, 4
"""Resends of a chain that may come at once, and hot. AWS's policy exceeds the first in 0.5 % of chains, the second in
0.1 %."""
COMMON_SHARE = 0.5
"""Share of first retries at once from which they are no draws of full jitter."""


class Hot(NamedTuple):
    """The retries of one chain that were not due at once: all of them, and those that came hot."""

    first: Resend
    retries: int
    hot: tuple[Resend, ...]

    @property
    def at_once(self) -> tuple[Resend, ...]:
        return tuple(each for each in self.hot if (each.delay or 0.0) <= AT_ONCE_SECONDS)

    @property
    def loops(self) -> bool:
        return len(self.at_once) > MAX_AT_ONCE or len(self.hot) > MAX_HOT

    @property
    def first_at_once(self) -> bool:
        return self.first in self.at_once


@rule(
    ("violation", "advisory"),
    "No retry follows a failure at once.",
    "A vendor that fails is hit hardest by the clients that it could not serve, and recovers later.",
    "RFC 9112, section 9.3.1 (one resend on a lost connection); AWS Builders' Library, Timeouts, retries, and backoff"
    " with jitter; Google SRE book, chapter 22",
    f"A retry within {HOT_SECONDS * 1000:.0f} ms is hot, within {AT_ONCE_SECONDS * 1000:.0f} ms at once.",
    f"More than {MAX_AT_ONCE} at once, or more than {MAX_HOT} hot retries of a chain are a violation.",
    f"A first retry at once is an advisory, where at least {COMMON_SHARE:.0%} of the first retries are.",
    "One immediate resend after the loss of a reused connection is legal, and one that was told to come at once.",
)
def hot(observation: Observation) -> Outcome:
    chains = [found for _, resends in observation.resends_by_chain() if (found := _retries(resends))]
    common = sum(each.first_at_once for each in chains) >= COMMON_SHARE * len(chains)
    breaches = [breach for each in chains if (breach := _breach(each, common))]
    figures = {"hot_retries": sum(len(each.hot) for each in chains)} if chains else {}
    return Outcome(sum(each.retries for each in chains), tuple(breaches), figures=figures)


def _retries(resends: list[Resend]) -> Hot | None:
    due = [each for each in resends if each.repeats_failure and each.before.retry != "must-not" and not _told_now(each)]
    lost = next((each for each in due if _lost_when_reused(each)), None)
    due = [each for each in due if each is not lost or not _is_hot(each)]
    return Hot(due[0], len(due), tuple(filter(_is_hot, due))) if due else None


def _is_hot(resend: Resend) -> bool:
    return resend.delay is not None and resend.delay < HOT_SECONDS


def _told_now(resend: Resend) -> bool:
    return resend.told_seconds is not None and resend.told_seconds <= HOT_SECONDS


def _lost_when_reused(resend: Resend) -> bool:
    before = resend.before
    return before.status is None and before.lost_at is not None and (before.position or 1) > 1


def _breach(found: Hot, common: bool) -> Breach | None:
    if not found.loops and not (found.first_at_once and common):
        return None
    shown = found.hot if found.loops else (found.first,)
    delay = max(each.delay or 0.0 for each in shown)
    return Breach(
        (shown[0].before, *(each.after for each in shown)),
        seen=f"{len(shown)} of {found.retries} retries within {in_seconds(delay)}",
        due=f"at least {in_seconds(HOT_SECONDS)} before each",
        fix=f"Wait before {'each' if found.loops else 'the first'} retry, for example a random time of up to 0.5 s that"
        " doubles with every attempt.",
        level="violation" if found.loops else "advisory",
        seen_value=delay,
        due_value=HOT_SECONDS,
        chain=shown[0].chain.id,
    )
