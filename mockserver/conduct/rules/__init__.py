"""The rules of conduct, one module each, found by its name: each holds the rule of that name."""

from importlib import import_module

from mockserver.conduct.rule import Rule

IDS = (
    "status",
    "wait",
    "throttled",
    "hot",
    "growth",
    "jitter",
    "cap",
    "gives-up",
    "same-event",
    "not-doubled",
    "not-lost",
    "amplification",
    "split",
    "credentials",
    "partial",
    "timeout",
    "concurrency",
    "connections",
    "recovery",
    "same-bytes",
    "secrets",
)
"""In the order in which a verdict tells them."""


def _named(name: str) -> Rule:
    module = name.replace("-", "_")
    found: Rule = getattr(import_module(f"{__name__}.{module}"), module)
    return found


RULES: tuple[Rule, ...] = tuple(map(_named, IDS))
