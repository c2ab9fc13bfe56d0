"""Random scripts against a small model of the schedule, written from its documentation and not from its code."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from mockserver.faults.delays import Lognormal, Uniform
from mockserver.faults.fault import Fault
from mockserver.faults.schedule import drawn, fires
from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.harness import PRODLYTICS

NAMES = ("a", "b", "c")
STATUSES = (429, 500, 503)
KEYS = ("k1", "k2")


@dataclass
class ModelFault:
    """What the documentation says of one fault: "skip the first n matching requests; of those after them every n-th
    is one to fire on; it fires this often, and then counts no more"."""

    script: dict[str, Any]
    candidates: list[int] = field(default_factory=list)
    seen: int = 0

    def matches(self, name: str) -> bool:
        return self.script.get("match") in (None, {"event": {"name": name}})

    @property
    def spent(self) -> bool:
        return bool(len(self.candidates) == self.script.get("times", -1))

    def fires_on(self, name: str) -> bool:
        if self.spent or not self.matches(name):
            return False
        self.seen += 1
        later: int = self.seen - self.script.get("after", 0)
        fires = later >= 1 and later in range(0, 1000, self.script.get("every", 1))
        if fires:
            self.candidates.append(self.seen)
        return fires


def expected(scripts: list[tuple[str | None, dict[str, Any]]], requests: list[tuple[str, str]]) -> list[int]:
    """The first fault that fires wins, an account's before everybody's; what stands behind it does not count."""
    faults = [(owner, ModelFault(script)) for owner, script in scripts]
    answers = []
    for key, name in requests:
        mine = [fault for owner, fault in faults if owner == key]
        shared = [fault for owner, fault in faults if owner is None]
        winner = next((fault for fault in mine + shared if fault.fires_on(name)), None)
        answers.append(winner.script["status"] if winner else 202)
    return answers


def played(
    app: ASGIApp, scripts: list[tuple[str | None, dict[str, Any]]], requests: list[tuple[str, str]]
) -> list[int]:
    """What the server answers."""

    async def exchange() -> list[int]:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await client.post("/__admin/reset")
            for owner, script in scripts:
                query = {} if owner is None else {"account": owner}
                assert (await client.post("/__admin/faults", json=script, params=query)).status_code == 201
            answers = []
            for key, name in requests:
                body = {**PRODLYTICS.body, "event": {"name": name}}
                answer = await client.post(PRODLYTICS.path, json=body, headers=PRODLYTICS.headers(key))
                answers.append(answer.status_code)
            return answers

    return asyncio.run(exchange())


FAULTS = st.fixed_dictionaries(
    {"status": st.sampled_from(STATUSES)},
    optional={
        "after": st.integers(0, 4),
        "times": st.integers(1, 4),
        "every": st.integers(1, 4),
        "match": st.sampled_from(NAMES).map(lambda name: {"event": {"name": name}}),
    },
)
OWNED = st.tuples(st.sampled_from((None, *KEYS)), FAULTS)
REQUESTS = st.tuples(st.sampled_from(KEYS), st.sampled_from(NAMES))
APP = create_app(Settings())


@settings(max_examples=120, deadline=None)
@given(scripts=st.lists(OWNED, max_size=5), requests=st.lists(REQUESTS, min_size=1, max_size=25))
def test_random_scripts_fire_as_the_model_says(
    scripts: list[tuple[str | None, dict[str, Any]]], requests: list[tuple[str, str]]
) -> None:
    assert played(APP, scripts, requests) == expected(scripts, requests)


ORDINALS = range(1, 60)
SEEDS = st.text(max_size=5)


@given(after=st.integers(0, 20), every=st.integers(1, 20), seed=SEEDS)
def test_without_chance_the_schedule_is_arithmetic(after: int, every: int, seed: str) -> None:
    fault = Fault(after=after, every=every)
    assert [n for n in ORDINALS if fires(fault, n, seed)] == list(range(after + every, 60, every))


@given(probability=st.floats(0, 1), after=st.integers(0, 20), every=st.integers(1, 5), seed=SEEDS, data=st.data())
def test_chance_depends_on_the_seed_and_the_ordinal_alone(
    probability: float, after: int, every: int, seed: str, data: st.DataObject
) -> None:
    """In whatever order requests are decided, and whatever else the schedule says; a likelier fault fires at least
    where a less likely one does."""
    fault = Fault(after=after, every=every, probability=probability)
    shuffled = data.draw(st.permutations(ORDINALS))
    candidates = set(range(after + every, 60, every))
    hits = {n for n in shuffled if fires(fault, n, seed)}
    assert hits == {n for n in candidates if fires(Fault(probability=probability), n, seed)}
    assert {n for n in ORDINALS if fires(Fault(after=after, every=every, probability=probability / 2), n, seed)} <= hits


def test_a_probability_of_0_and_1_is_never_and_always() -> None:
    for ordinal in range(1, 5000):
        assert not fires(Fault(probability=0.0), ordinal, "seed")
        assert fires(Fault(probability=1.0), ordinal, "seed")


def test_drawn_numbers_fill_the_unit_interval_evenly_and_are_unrelated() -> None:
    """By seed, ordinal and name; of 3,000 numbers in ten equal parts, each part has 300, give or take 70 (4 sigma)."""
    for numbers in (
        [drawn("1/0", ordinal, "fires") for ordinal in range(3000)],
        [drawn(f"1/{position}", 1, "fires") for position in range(3000)],
        [drawn(f"{seed}/0", 1, "delay") for seed in range(3000)],
    ):
        assert all(0 <= number < 1 for number in numbers)
        assert all(abs(sum(int(number * 10) == part for number in numbers) - 300) < 70 for part in range(10))
    assert len({drawn("1/0", 1, name) for name in ("fires", "delay", "radius", "angle")}) == 4
    assert drawn("1/0", 11, "x") != drawn("1/01", 1, "x")


@given(low=st.floats(0, 3600), width=st.floats(0, 3600), draw=st.floats(0, 1, exclude_max=True))
def test_a_uniform_delay_is_as_far_between_its_bounds_as_the_number_drawn(
    low: float, width: float, draw: float
) -> None:
    assert Uniform(low, low + width).sample(lambda _name: draw) == low + (low + width - low) * draw


def test_a_lognormal_delay_is_half_the_time_under_its_median_and_scatters_by_sigma() -> None:
    """Of 4,000: the median, and the shares within one and two sigma, are those of a lognormal distribution."""
    delay = Lognormal(median=0.2, sigma=0.5)
    waits = [delay.sample(partial(drawn, "seed", ordinal)) for ordinal in range(4000)]
    steps = [math.log(wait / 0.2) / 0.5 for wait in waits]
    assert abs(sum(step < 0 for step in steps) / 4000 - 0.5) < 0.03
    assert abs(sum(abs(step) < 1 for step in steps) / 4000 - 0.683) < 0.03
    assert abs(sum(abs(step) < 2 for step in steps) / 4000 - 0.954) < 0.015


def test_a_lognormal_delay_is_never_over_an_hour_and_takes_every_number() -> None:
    highest = math.nextafter(1.0, 0.0)
    delays = [Lognormal(3600, 10).sample({"radius": radius, "angle": 0.0}.__getitem__) for radius in (0.0, highest)]
    assert delays == [3600, 3600]
    assert Lognormal(20, 0).sample({"radius": highest, "angle": 0.25}.__getitem__) == 20
