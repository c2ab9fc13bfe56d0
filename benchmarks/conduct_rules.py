"""Measures how often the rules of conduct err: simulated clients of known policies, judged by their delays.

`python -m benchmarks.conduct_rules [--clients N] [--output FILE]` prints a table in Markdown: per policy, chains and
delays, how many clients `growth`, `jitter` and `hot` call wrong, whether that is a false alarm or right, and how many
they leave open for want of samples.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from mockserver.conduct.judging import judge
from mockserver.conduct.records import Attempt, Chain, History, Limits
from mockserver.model import Evidence

CLIENTS = 2_000
BASE_SECONDS, CAP_SECONDS = 1.0, 60.0
NOISE_SECONDS = 0.002
"""What machine and network add to a delay, at most."""
SIZES = tuple((chains, delays) for chains in (1, 3, 5) for delays in (3, 4, 5))
RULES = ("growth", "jitter", "hot")

Growth = Callable[[int], float]
Jitter = Callable[[Random, float], float]

GROWTHS: dict[str, Growth] = {
    "exponential": lambda number: 2.0**number,
    "linear": lambda number: number + 1.0,
    "constant": lambda _: 1.0,
}
JITTERS: dict[str, Jitter] = {
    "full": lambda random, delay: random.uniform(0, delay),
    "equal": lambda random, delay: random.uniform(delay / 2, delay),
    "±20 %": lambda random, delay: random.uniform(0.8 * delay, 1.2 * delay),
    "none": lambda _, delay: delay,
}


class Policy(NamedTuple):
    """How a simulated client waits: `wrong` are the rules that it breaks, which are to be found."""

    name: str
    delays: Callable[[Random, int], list[float]]
    wrong: frozenset[str] = frozenset()


def policies() -> Iterator[Policy]:
    """Every growth with every jitter, with and without a cap at 4 s, and the policies that have a name."""
    for growth_name, growth in GROWTHS.items():
        for jitter_name, jitter in JITTERS.items():
            wrong = frozenset({"growth"} if growth_name == "constant" else set()) | (
                {"jitter"} if jitter_name == "none" else set()
            )
            for cap in (math.inf, 4.0) if growth_name == "exponential" else (math.inf,):
                capped = ", cap 4 s" if cap < math.inf else ""
                yield Policy(f"{growth_name}, {jitter_name}{capped}", _waiting(growth, jitter, cap), wrong)
    yield Policy("decorrelated (AWS)", decorrelated)
    yield Policy("AWS SDK, 50 ms full", _waiting(lambda number: 0.05 * 2.0**number, JITTERS["full"], 20.0))
    yield Policy("stamina", stamina)
    yield Policy("no wait at all", lambda _, delays: [0.0] * delays, frozenset({"hot"}))


def _waiting(growth: Growth, jitter: Jitter, cap: float) -> Callable[[Random, int], list[float]]:
    return lambda random, delays: [
        min(cap, jitter(random, min(cap, BASE_SECONDS * growth(number)))) for number in range(delays)
    ]


def decorrelated(random: Random, delays: int) -> list[float]:
    """AWS's decorrelated jitter: each delay between the base and three times the one before."""
    found = [random.uniform(BASE_SECONDS, 3 * BASE_SECONDS)]
    while len(found) < delays:
        found.append(min(CAP_SECONDS, random.uniform(BASE_SECONDS, 3 * found[-1])))
    return found


def stamina(random: Random, delays: int) -> list[float]:
    """stamina's defaults: 0.1 s, doubled, up to 5 s, with up to a second of jitter."""
    return [min(5.0, 0.1 * 2.0**number + random.uniform(0, 1)) for number in range(delays)]


class Row(NamedTuple):
    """What became of the clients of one policy: the states of each rule, counted."""

    policy: Policy
    chains: int
    delays: int
    states: dict[str, Counter[str]]


def simulated(clients: int, sizes: Sequence[tuple[int, int]] = SIZES, seed: int = 0) -> Iterator[Row]:
    """The verdicts on so many clients of every policy, for every number of chains and of delays in them."""
    for policy in policies():
        for chains, delays in sizes:
            random = Random(f"{seed} {policy.name} {chains} {delays}")
            states: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
            for _ in range(clients):
                for rule, state in _verdict(random, policy, chains, delays).items():
                    states[rule][state] += 1
            yield Row(policy, chains, delays, states)


def _verdict(random: Random, policy: Policy, chains: int, delays: int) -> dict[str, str]:
    waited = [
        [each + random.uniform(0, NOISE_SECONDS) for each in policy.delays(random, delays)] for _ in range(chains)
    ]
    results = judge(history(waited), Limits())
    return {result.rule: result.state for result in results if result.rule in RULES}


def history(waited: Sequence[Sequence[float]]) -> History:
    """What a server sees of a client that waits so, a list of delays for each chain, after 503s that told no wait."""
    chains: list[Chain] = []
    now = 1_000.0
    for number, delays in enumerate(waited):
        attempts = []
        for place, delay in enumerate([0.0, *delays]):
            now += delay
            attempts.append(_failed(f"r{number}-{place}", f"e{number}", now))
        chains.append(Chain(f"c{number}", "model", "send", "model", tuple(attempts), len(attempts)))
        now += 60
    return History(tuple(chains), tuple(each for chain in chains for each in chain.attempts), 0, over=True, now=now)


def _failed(name: str, event: str, now: float) -> Attempt:
    return Attempt(
        request_id=name, sequence=0, vendor="model", operation="send", account="model", method="POST", path="/",
        started_at=now, started_elapsed=now, request_ended_at=now, answered_at=now, answered_elapsed=now,
        finished_at=now, lost_at=None, lost_elapsed=None, connection=1, position=1, connection_closed=False,
        body_bytes=9, body_whole=True, wire_bytes=9, status=503, retry="should",
        retry_evidence=Evidence("documented", "simulated"), told=None, fault=None, fault_stage=None, wire=None,
        stored=False, acknowledged=False, received_whole=True, body_digest=b"", content_digest=b"",
        idempotency_key=None, event_keys=(event,), dedup_ids=(None,), event_times=(None,),
    )  # fmt: skip


def table(rows: Sequence[Row], clients: int) -> str:
    """The rows as Markdown: of the clients, how many are called wrong, and how many left open."""
    head = ["policy", "chains", "delays", *(f"{rule}: wrong / open" for rule in RULES)]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {row.policy.name} | {row.chains} | {row.delays} | {' | '.join(_cells(row))} |" for row in rows]
    note = (
        f"{clients} clients a row. **Bold**: the policy breaks the rule, and what is not called wrong is missed. Else"
    )
    return "\n".join([f"{note} what is called wrong is a false alarm.", "", *lines, ""])


def _cells(row: Row) -> Iterator[str]:
    for rule in RULES:
        states = row.states[rule]
        count = states.total()
        cell = f"{states['broken'] / count:.2%} / {states['too few samples'] / count:.0%}"
        yield f"**{cell}**" if rule in row.policy.wrong else cell


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.conduct_rules", description="Measure the rules' errors."
    )
    parser.add_argument("--clients", type=int, default=CLIENTS, metavar="N", help="clients of each policy")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the table here")
    given = parser.parse_args()
    page = table(list(simulated(given.clients)), given.clients)
    print(page)
    if given.output:
        given.output.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
