"""A client that keeps all rules is not called wrong in random outages; one that breaks a rule is, for that only."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.conduct.judging import judge
from mockserver.conduct.records import Limits, RuleResult
from mockserver.conduct.rules import IDS, RULES
from tests.support.model_client import BREAKS, KEEPS_ALL, Event, Habits, ModelClient
from tests.support.model_vendor import OK, ModelVendor, Step

MAX_FAILURES = 8
"""In a row: a client that keeps all rules gives up after ten attempts, which loses the event."""

lost = st.tuples(st.sampled_from(["reset", "empty", "hang"]), st.booleans()).map(
    lambda drawn: Step(None, wire=drawn[0], taken=drawn[1])
)
retried = st.tuples(
    st.sampled_from([408, 429, 500, 502, 503, 504]), st.none() | st.floats(0, 400), st.sampled_from([0.0, 0.0, 3.0])
).map(lambda drawn: Step(drawn[0], told=drawn[1], seconds=drawn[2]))
final = st.sampled_from([400, 401, 403, 404, 409, 413, 422]).map(Step)
partial = st.sampled_from([(0,), (1, 2)]).map(lambda failed: Step(207, failed=failed))
outage = st.lists(st.one_of(lost, retried, retried, final, partial), min_size=1, max_size=MAX_FAILURES)
outages = st.lists(st.tuples(outage, st.integers(1, 30)).map(lambda both: [*both[0], *[OK] * both[1]]), max_size=6)


def events(count: int, every: float = 1.0) -> list[Event]:
    return [Event(f"e{each}", 5_000.0 + each, f"name {each}", 1_000.0 + every * each) for each in range(count)]


def judged(habits: Habits, script: list[Step], sent: list[Event], seed: int, rate: float = 50) -> dict[str, RuleResult]:
    vendor = ModelVendor(list(script))
    ModelClient(vendor.post, vendor, habits, Random(seed)).run(sent)
    return {result.rule: result for result in judge(vendor.history(), Limits(recovery_rate=rate))}


def broken(results: dict[str, RuleResult]) -> set[str]:
    return {name for name, result in results.items() if result.findings}


def test_the_results_stand_in_the_order_of_the_table() -> None:
    assert tuple(judged(KEEPS_ALL, [], events(1), 0)) == IDS == tuple(rule.id for rule in RULES)


def test_what_never_happened_is_not_called_kept() -> None:
    states = {name: result.state for name, result in judged(KEEPS_ALL, [], [], 0).items()}
    assert states == dict.fromkeys(IDS, "not exercised")


@settings(deadline=None, max_examples=100)
@given(outages, st.integers(1, 5), st.integers(1, 40), st.integers(0, 10**6))
def test_a_client_that_keeps_all_rules_is_never_called_wrong(
    found: list[list[Step]], batch: int, count: int, seed: int
) -> None:
    script = [step for each in found for step in each]
    results = judged(Habits(batch=batch), script, events(count, 0.2), seed)
    assert {name: result.findings for name, result in results.items() if result.findings} == {}


@pytest.mark.parametrize(("script", "count"), [([], 10_000), ([*[Step(503)] * 8, OK, OK] * 1_000, 2_000)])
def test_ten_thousand_attempts_are_judged_in_a_moment(script: list[Step], count: int) -> None:
    vendor = ModelVendor(list(script))
    ModelClient(vendor.post, vendor).run(events(count, 0.01))
    history = vendor.history()
    began = time.process_time()
    judge(history, Limits())
    assert len(history.attempts) >= 10_000
    assert time.process_time() - began < 2  # 0.3 s on one quiet core


FAILS = Step(503)
OCCASIONS: dict[str, list[Step]] = {
    "status": [Step(400)] * 2,
    "wait": [Step(429, told=5.0)],
    "throttled": [Step(429, told=20.0)],
    "hot": [FAILS] * 3,
    "growth": [FAILS] * 5,
    "jitter": [*[FAILS] * 5, OK, *[FAILS] * 5, OK, *[FAILS] * 5],
    "cap": [FAILS] * 3,
    "gives-up": [FAILS] * 12,
    "same-event": [FAILS],
    "not-doubled": [],
    "not-lost": [FAILS],
    "split": [Step(413)],
    "credentials": [Step(401)] * 4,
    "partial": [Step(207, failed=(0,))],
    "timeout": [Step(None, wire="hang")],
    "connections": [],
    "recovery": [*[OK] * 40, *[FAILS] * 8],
    "same-bytes": [FAILS],
    "secrets": [],
}


@pytest.mark.parametrize("name", BREAKS)
@settings(deadline=None, max_examples=8)
@given(calm=st.integers(0, 3), seed=st.integers(0, 10**6))
def test_a_client_that_breaks_one_rule_is_called_wrong_for_that_only(name: str, calm: int, seed: int) -> None:
    sent = events(80, every=0.0 if BREAKS[name].batch > 1 else 1.0)
    script = [*[OK] * calm, *OCCASIONS[name]]
    assert broken(judged(BREAKS[name], script, sent, seed, rate=5)) == {name}


@pytest.mark.parametrize("name", BREAKS)
def test_the_same_occasion_is_kept_by_a_client_that_keeps_all_rules(name: str) -> None:
    habits = Habits(batch=BREAKS[name].batch)
    results = judged(habits, OCCASIONS[name], events(80, every=0.0 if habits.batch > 1 else 1.0), 1, rate=5)
    assert broken(results) == ({"not-lost"} if name == "gives-up" else set())  # it gives up, as it should
    assert results[name].exercised
