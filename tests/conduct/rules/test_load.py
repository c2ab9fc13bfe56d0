"""What a client does to a vendor that is slow, down or coming back, and to its connections."""

from typing import Any

import pytest

from mockserver.conduct.records import Attempt, Chain, Limits
from tests.support.conduct_histories import attempt, chain, levels, result


def hanging(lost_at: float | None) -> Chain:
    return chain(attempt("a", 0, None, wire="hang", fault="f1", lost_at=lost_at, event_keys=()))


@pytest.mark.parametrize(
    ("lost_at", "now", "state"),
    [(10.0, 20.0, "kept"), (61.0, 70.0, "broken"), (None, 61.0, "broken"), (None, 30.0, "not exercised")],
)
def test_a_client_lets_go_of_a_request_that_hangs(lost_at: float | None, now: float, state: str) -> None:
    assert result("timeout", hanging(lost_at), now=now).state == state


def test_the_timeout_is_a_figure() -> None:
    assert result("timeout", hanging(10.0)).figures == {"timeout": 10.0}


@pytest.mark.parametrize(("lost_at", "state"), [(0.5, "broken"), (1.5, "kept")])
def test_a_client_waits_for_a_response_that_is_slow(lost_at: float, state: str) -> None:
    found = result("timeout", chain(attempt("a", 0, None, slowed=True, lost_at=lost_at)))
    assert (found.state, levels(found)) == (state, ["advisory"] if state == "broken" else [])


def outage(first_attempts: int, retries: int, status: int | None = 503) -> list[Chain]:
    """Chains of an outage, one a second, each with so many retries."""
    return [
        chain(*(attempt(f"{n}-{i}", n + 0.1 * i, status, event_keys=(f"e{n}",)) for i in range(retries + 1)))
        for n in range(first_attempts)
    ]


@pytest.mark.parametrize(
    ("retries", "value", "grade"),
    [(0, 1.0, "within a retry budget of 10 %"), (2, 3.0, "up to three attempts"), (4, 5.0, "a retry storm")],
)
def test_amplification(retries: int, value: float, grade: str) -> None:
    found = result("amplification", *outage(60, retries))
    assert (found.state, found.figures) == ("kept", {"amplification": value, "amplification_grade": grade})


def test_amplification_needs_an_outage_with_fifty_first_attempts() -> None:
    assert result("amplification", *outage(49, 2)).state == "too few samples"
    assert result("amplification", *outage(100, 0, 202)).state == "not exercised"


def test_concurrency_before_and_after_a_429() -> None:
    starts = [0.0, 0.1, 0.2, 5.0, 6.0]
    attempts = [
        attempt(f"r{n}", at, 429 if n == 0 else 202, answered_at=at + 0.9, finished_at=at + 0.9)
        for n, at in enumerate(starts)
    ]
    found = result("concurrency", *map(chain, attempts))
    assert found.figures == {"concurrency": 3, "concurrency_after_429": 1}


def sequence(count: int, every: float = 1.0, **facts: Any) -> list[Chain]:
    return [chain(attempt(f"r{n}", n * every, 202, event_keys=(f"e{n}",), **facts)) for n in range(count)]


@pytest.mark.parametrize(
    ("chains", "state"),
    [
        (sequence(22, position=1), "broken"),
        (sequence(22, position=2), "kept"),
        (sequence(20, position=1), "too few samples"),
        (sequence(22, position=1, connection_closed=True), "not exercised"),
        (sequence(22, position=1, every=6.0), "not exercised"),
        (sequence(22, position=1, every=0.0005), "not exercised"),  # not one after the other
    ],
)
def test_connections_are_used_again(chains: list[Chain], state: str) -> None:
    assert result("connections", *chains).state == state


def backlog(rate: float, order: int = 1) -> list[Chain]:
    """20 events, one a second, then an outage with ten that are sent again at a rate, in order (1) or not (-1)."""
    usual = sequence(20)
    failed = [attempt(f"f{n}", 20.0 + n, 503, event_keys=(f"f{n}",)) for n in range(10)]
    again = [attempt(f"g{n}", 40 + n / rate, 202, event_keys=(f"f{n}",)) for n in range(10)]
    if order < 0:
        again = [each._replace(started_at=80 - each.started_at) for each in again]
    return [*usual, *map(chain, failed, again)]


def test_a_backlog_drains() -> None:
    found = result("recovery", *backlog(2.0))
    assert found.state == "kept"
    assert found.figures == {
        "recovery_seconds": 4.501,
        "recovery_ordered": True,
        "recovery_rate": pytest.approx(2, abs=0.01),
    }


@pytest.mark.parametrize(("most", "state"), [(None, "kept"), (1.5, "broken"), (3.0, "kept")])
def test_the_rate_of_recovery_is_bounded_where_a_test_says_so(most: float | None, state: str) -> None:
    assert result("recovery", *backlog(10.0), limits=Limits(recovery_rate=most)).state == state


def test_order_is_kept_where_a_test_asks_for_it() -> None:
    assert result("recovery", *backlog(1.0), limits=Limits(ordered=True)).state == "kept"
    assert result("recovery", *backlog(1.0, order=-1)).state == "kept"
    assert levels(result("recovery", *backlog(1.0, order=-1), limits=Limits(ordered=True))) == ["violation"]


def test_figures_are_always_measured() -> None:
    lone: Attempt = attempt("a", 0, 202)
    assert result("concurrency", chain(lone)).figures == {"concurrency": 1}
