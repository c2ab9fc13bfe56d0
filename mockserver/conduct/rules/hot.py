"""The rule `hot`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

from mockserver.conduct.observation import Observation, Resend
from mockserver.conduct.rule import Breach, Outcome, counted, in_percent, in_seconds, rule

HOT_SECONDS = 0.05
"""No back-off that is published waits less on average."""
AT_ONCE_SECONDS = 0.005
"""What a client on this machine needs to send again without any wait. Between here and `HOT_SECONDS` lie draws of full
jitter: AWS's policy draws its first delay from 0–50 ms and its second from 0–100 ms."""
MAX_AT_ONCE = 1
"""Retries of a chain that may come at once. AWS's policy exceeds it in 0.5 % of chains."""
CERTAIN = 10
"""How often chance has to be halved: under AWS's policy the n-th retry is hot in one of 2ⁿ⁻¹ chains. Five hot
retries of one chain are this certain, or three in each of four chains."""
USUAL_SHARE = 0.9
"""Of the chains whose same retry, after the same status, came so soon: fewer are draws of full jitter."""


class Retries(NamedTuple):
    """The retries of one chain that were not due at once, with those that came hot, and those that came at once, where
    other chains show that this is usual. `certain` says that all chains together leave next to nothing to chance."""

    all: list[Resend]
    hot: list[Resend]
    at_once: list[Resend]
    certain: bool

    @property
    def loop(self) -> bool:
        return len(self.at_once) > MAX_AT_ONCE or (self.certain and len(self.hot) > MAX_AT_ONCE)

    @property
    def first_at_once(self) -> bool:
        return self.all[0] in self.at_once[:1]


@rule(
    ("violation", "advisory"),
    "No retry follows a failure at once.",
    "A vendor that fails is hit hardest by the clients that it could not serve, and recovers later.",
    "RFC 9112, section 9.3.1 (one resend on a lost connection); AWS Builders' Library, Timeouts, retries, and backoff"
    " with jitter; Google SRE book, chapter 22",
    f"A retry within {HOT_SECONDS * 1000:.0f} ms is hot, within {AT_ONCE_SECONDS * 1000:.0f} ms at once.",
    f"More than {MAX_AT_ONCE} retry of a chain at once is a violation. So is more than {MAX_AT_ONCE} hot one, where"
    f" chance would have to be halved {CERTAIN} times: for example five of one chain, or three in each of four chains.",
    "A first retry at once is an advisory.",
    f"Only where the same retry comes so soon in at least {in_percent(USUAL_SHARE)} of the chains that show it.",
    "One immediate resend after the loss of a reused connection is legal, and one that was told to come at once.",
)
def hot(observation: Observation) -> Outcome:
    found = [_due_later(resends) for _, resends in observation.resends_by_chain()]
    chains = [retries for retries in found if retries]
    hot_usual, at_once_usual = _usual(chains, HOT_SECONDS), _usual(chains, AT_ONCE_SECONDS)
    certain = sum(each.number - 2 for each in filter(hot_usual, chain(*chains))) >= CERTAIN
    judged = [
        Retries(retries, list(filter(hot_usual, retries)), list(filter(at_once_usual, retries)), certain)
        for retries in chains
    ]
    figures = {"hot_retries": sum(_sooner(each, HOT_SECONDS) for each in chain(*chains))} if chains else {}
    breaches = tuple(breach for each in judged if (breach := _breach(each)))
    return Outcome(sum(map(len, chains)), breaches, figures=figures)


def _due_later(resends: list[Resend]) -> list[Resend]:
    """The retries of a chain that are to wait: not one at once on a lost connection that was used before."""
    due = [each for each in resends if each.repeats_failure and each.before.retry != "must-not" and not _told_now(each)]
    lost = next((each for each in due if _lost_when_reused(each)), None)
    return [each for each in due if each is not lost or not _sooner(each, HOT_SECONDS)]


def _usual(chains: list[list[Resend]], seconds: float) -> Callable[[Resend], bool]:
    """Tells whether a retry came sooner, and the same retry of most chains with it."""
    every = Counter(_kind(each) for each in chain(*chains))
    sooner = Counter(_kind(each) for each in chain(*chains) if _sooner(each, seconds))
    return lambda each: _sooner(each, seconds) and sooner[_kind(each)] >= USUAL_SHARE * every[_kind(each)]


def _kind(resend: Resend) -> tuple[int | None, int]:
    return resend.before.status, resend.number


def _sooner(resend: Resend, seconds: float) -> bool:
    return resend.delay is not None and resend.delay < seconds


def _told_now(resend: Resend) -> bool:
    return resend.told_seconds is not None and resend.told_seconds <= HOT_SECONDS


def _lost_when_reused(resend: Resend) -> bool:
    before = resend.before
    return before.status is None and before.lost_at is not None and (before.position or 1) > 1


def _breach(retries: Retries) -> Breach | None:
    if not retries.loop and not retries.first_at_once:
        return None
    shown = (retries.hot or retries.at_once) if retries.loop else retries.at_once[:1]
    delay = max(each.delay or 0.0 for each in shown)
    return Breach(
        (shown[0].before, *(each.after for each in shown)),
        seen=f"{len(shown)} of {counted(len(retries.all), 'retry', 'retries')} within {in_seconds(delay)}",
        due=f"at least {in_seconds(HOT_SECONDS)} before each",
        fix=f"Wait before {'each' if retries.loop else 'the first'} retry, for example a random time of up to 0.5 s"
        " that doubles with every attempt.",
        level="violation" if retries.loop else "advisory",
        seen_value=delay,
        due_value=HOT_SECONDS,
        chain=shown[0].chain.id,
    )
