"""Random scripts against a small model of the schedule, written from its documentation and not from its code."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

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
