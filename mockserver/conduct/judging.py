"""Judges a history of requests by every rule of conduct."""

from mockserver.conduct.observation import observe
from mockserver.conduct.records import History, Limits, RuleResult
from mockserver.conduct.rules import RULES


def judge(history: History, limits: Limits) -> tuple[RuleResult, ...]:
    """A result for every rule, in the order of `IDS`. Takes time in proportion to the attempts."""
    observation = observe(history, limits)
    return tuple(rule.apply(observation) for rule in RULES)
