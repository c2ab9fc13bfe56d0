"""Real libraries get the verdict that is known of them, in the whole battery and in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from benchmarks.clients.python_clients import CLIENTS
from mockserver.battery.running import NOT_JUDGED
from mockserver.faults.scenario import battery
from mockserver.testing import CoupledClock, MockServer

pytestmark = pytest.mark.socket

AT_ONCE = {"hot"}
"""What depends on milliseconds, which a busy machine takes for something else."""


class Known(NamedTuple):
    """What is known of a client: the rules that it breaks, those that are advisories, and what may be seen or not."""

    broken: frozenset[str] = frozenset()
    advised: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset(AT_ONCE)


def known(broken: str = "", advised: str = "", maybe: str = "") -> Known:
    return Known(frozenset(broken.split()), frozenset(advised.split()), frozenset(maybe.split()) | AT_ONCE)


VERDICTS: dict[str, Known] = {
    "urllib3": known(advised="not-lost"),  # retries no POST
    "urllib3-post": known(advised="jitter"),  # factor · 2ⁿ without jitter
    "requests": known(advised="jitter"),
    "tenacity-bare": known("status wait hot", maybe="throttled not-lost"),  # retries for ever without waiting
    "tenacity-jitter": known("wait", maybe="throttled"),  # heeds no Retry-After
    "tenacity-told": known(),
    "stamina": known("status credentials wait", maybe="throttled"),  # told to retry every failure
    "stamina-told": known(),
    "httpx-loop": known(),
    "aws-like": known(maybe="not-lost"),  # three attempts do not outlast an outage
    "opentelemetry-like": known(advised="not-lost"),  # retries no 500 and no lost connection
    "agent-like": known("status credentials gives-up wait", maybe="throttled"),
    "satori-sdk-like": known("wait", "jitter not-lost"),  # never retries 429; jitter seeded alike
    "datadog-api-client": known(advised="jitter", maybe="wait throttled not-lost"),  # heeds X-RateLimit-Reset only
}
ENDLESS = {"tenacity-bare": {"401", "down", "outage"}, "datadog-api-client": {"hang"}}
"""The scenarios that a client never leaves: one without an end and a wait, and one without a time-out."""


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(log_level="error") as running:
        yield running


def test_every_client_is_looked_at() -> None:
    assert set(VERDICTS) == set(CLIENTS)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_real_client_gets_the_verdict_that_is_known_of_it(name: str, server: MockServer) -> None:
    found = {"violation": set[str](), "advisory": set[str]()}
    for scenario in battery().keys() - ENDLESS.get(name, set()):
        account = server.datadog(f"mock-dd-{name}-{scenario}")
        account.script(f"conduct/{scenario}")
        with CoupledClock(account):
            CLIENTS[name].send(account.url, account.api_key)
        for finding in account.conduct.findings:
            if finding.rule not in NOT_JUDGED.get(scenario, {}):
                found[finding.level].add(finding.rule)
    verdict = VERDICTS[name]
    assert verdict.broken - verdict.maybe <= found["violation"] <= verdict.broken | verdict.maybe
    assert verdict.advised <= found["advisory"] <= verdict.broken | verdict.advised | verdict.maybe


def test_a_client_that_never_gives_up_is_caught(server: MockServer) -> None:
    account = server.datadog("mock-dd-never-gives-up")
    account.fail(500, times=20)
    with CoupledClock(account):
        CLIENTS["tenacity-bare"].send(account.url, account.api_key)
    found = {finding.rule for finding in account.conduct.violations}
    assert {"gives-up"} <= found <= {"gives-up", "hot"}
