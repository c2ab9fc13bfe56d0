"""Builds histories of conduct, attempt by attempt, for tests of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.conduct.judging import judge
from mockserver.conduct.records import Attempt, Chain, History, Limits, RuleResult, Told
from tests.support.model_vendor import EVIDENCE, retry_of

LATENCY = 0.001


def attempt(name: str, at: float, status: int | None = 503, *, told: float | None = None, **facts: Any) -> Attempt:
    """An attempt that starts `at` a time and ends a millisecond later: with a status, or else a lost connection. It
    sends the one event `e`, unless `event_keys` say otherwise."""
    over = at + LATENCY
    success = status is not None and status < 300
    keys: tuple[str, ...] = facts.get("event_keys", ("e",))
    plain: dict[str, Any] = {
        "request_id": name,
        "sequence": 0,
        "vendor": "model",
        "operation": "send",
        "account": "model",
        "method": "POST",
        "path": "/events",
        "started_at": at,
        "started_elapsed": at,
        "request_ended_at": at,
        "answered_at": None if status is None else over,
        "answered_elapsed": None if status is None else over,
        "finished_at": None if status is None else over,
        "lost_at": over if status is None else None,
        "lost_elapsed": over if status is None else None,
        "connection": 1,
        "position": 1,
        "connection_closed": False,
        "body_bytes": 100,
        "body_whole": True,
        "wire_bytes": 100,
        "status": status,
        "retry": retry_of(status),
        "retry_evidence": EVIDENCE,
        "told": None if told is None else Told(told, "Retry-After"),
        "fault": None,
        "fault_stage": None,
        "wire": None,
        "stored": success,
        "acknowledged": success,
        "received_whole": status is not None,
        "body_digest": repr(keys).encode(),
        "content_digest": repr(keys).encode(),
        "idempotency_key": None,
        "event_keys": keys,
        "dedup_ids": (None,) * len(keys),
        "event_times": (None,) * len(keys),
    }
    return Attempt(**{**plain, **facts})


def chain(*attempts: Attempt, **facts: Any) -> Chain:
    first = attempts[0]
    plain = {"id": first.request_id, "vendor": "model", "operation": "send", "account": "model"}
    return Chain(**{**plain, "attempts": attempts, "total": len(attempts), **facts})


def chain_of_delays(name: str, start: float, delays: Sequence[float]) -> Chain:
    """A chain that fails with 503 throughout, and waits so."""
    times = [start]
    for delay in delays:
        times.append(times[-1] + LATENCY + delay)
    return chain(*(attempt(f"{name}-{place}", at, event_keys=(name,)) for place, at in enumerate(times)))


def history(*chains: Chain, over: bool = True, now: float = 10_000.0) -> History:
    attempts = sorted((each for one in chains for each in one.attempts), key=lambda each: each.started_at)
    return History(chains, tuple(attempts), 0, over, now)


def result(rule: str, *chains: Chain, limits: Limits | None = None, **facts: Any) -> RuleResult:
    """What becomes of one rule."""
    results = judge(history(*chains, **facts), limits or Limits())
    return next(each for each in results if each.rule == rule)


def levels(found: RuleResult) -> list[str]:
    return [finding.level for finding in found.findings]
