"""Clients back off: not at once, longer each time, each at another time, not for ever."""

import pytest

from mockserver.conduct.records import Limits
from tests.support.conduct_histories import LATENCY, attempt, chain, chain_of_delays, levels, result


@pytest.mark.parametrize(
    ("delays", "found"),
    [
        ([0.001, 1.0, 2.0], ["advisory"]),
        ([1.0, 0.001, 2.0], []),
        ([0.001, 0.001], ["violation"]),
        ([0.04, 0.04, 0.04, 0.04], []),
        ([0.04, 0.04, 0.04, 0.04, 0.04], ["violation"]),
        ([0.3, 0.6], []),
    ],
)
def test_retries_at_once(delays: list[float], found: list[str]) -> None:
    assert levels(result("hot", chain_of_delays("a", 0, delays))) == found


def test_one_resend_at_once_on_a_lost_connection_that_was_used_before_is_legal() -> None:
    reused, new = (attempt("a", 0, None, position=position) for position in (2, 1))
    again = attempt("b", LATENCY + 0.001, None, position=2)
    assert result("hot", chain(reused, again)).state == "not exercised"
    assert levels(result("hot", chain(new, again))) == ["advisory"]
    hammering = chain(reused, again, *(attempt(f"c{each}", 0.01 * (each + 1), None, position=2) for each in range(9)))
    assert levels(result("hot", hammering)) == ["violation"]


def test_a_client_that_was_told_to_come_at_once_may() -> None:
    now = chain(attempt("a", 0, 429, told=0), attempt("b", 0.002, 429, told=0), attempt("c", 0.004, 202))
    assert result("hot", now).state == "not exercised"


@pytest.mark.parametrize(("chains", "found"), [(3, []), (4, ["violation"] * 4)])
def test_retries_that_are_soon_in_every_chain_are_no_chance(chains: int, found: list[str]) -> None:
    slow_machine = [chain_of_delays(f"c{number}", 100 * number, [0.02, 0.02, 0.02]) for number in range(chains)]
    assert levels(result("hot", *slow_machine)) == found


def test_one_draw_of_many_that_comes_at_once_is_jitter() -> None:
    drawn = [chain_of_delays(f"c{number}", 100 * number, [0.001 if number == 3 else 0.03]) for number in range(5)]
    assert result("hot", *drawn).state == "kept"


@pytest.mark.parametrize(
    ("delays", "chains", "state"),
    [
        ([1.0, 2.0, 4.0], 1, "too few samples"),
        ([1.0, 1.0, 1.0], 1, "too few samples"),
        ([1.0, 1.1, 0.9, 1.0, 1.0], 1, "broken"),
        ([1.0, 1.1, 0.9], 3, "broken"),
        ([1.0, 2.0, 4.0], 3, "kept"),
        ([1.0, 2.0, 3.0], 3, "kept"),
        ([4.0, 4.0, 4.0, 8.0, 10.0], 1, "kept"),
        ([1.0, 2.0, 4.0, 4.0, 4.0, 4.0], 3, "kept"),
        ([0.001] * 6, 3, "not exercised"),
    ],
)
def test_growth(delays: list[float], chains: int, state: str) -> None:
    found = result("growth", *(chain_of_delays(f"c{number}", 100 * number, delays) for number in range(chains)))
    assert found.state == state
    assert set(levels(found)) <= {"advisory"}


@pytest.mark.parametrize(
    ("chains", "state"),
    [
        ([[2.0, 4.0]] * 2, "too few samples"),
        ([[2.0, 4.0]] * 3, "broken"),
        ([[2.0, 4.0], [2.01, 4.05], [2.0, 4.1]], "broken"),
        ([[2.0, 4.0], [2.2, 4.1], [1.9, 4.4]], "kept"),
        ([[1.3, 2.1, 4.0, 4.0], [1.0, 2.4, 4.0, 4.0], [1.1, 2.9, 4.0, 4.0]], "kept"),
        ([[0.001, 2.0, 4.0]] * 3, "broken"),
        ([[1.0, 2.0, 4.0, 8.0]], "broken"),
        ([[1.0, 2.0, 4.4, 8.0]], "kept"),
        ([[1.0, 2.0, 4.0]], "too few samples"),
    ],
)
def test_jitter(chains: list[list[float]], state: str) -> None:
    found = result("jitter", *(chain_of_delays(f"c{each}", 100 * each, delays) for each, delays in enumerate(chains)))
    assert found.state == state
    assert set(levels(found)) <= {"advisory"}


def test_delays_that_were_told_say_nothing_of_back_off() -> None:
    told = [chain(*(attempt(f"{n}-{i}", 100 * n + 10 * i, 429, told=5) for i in range(6))) for n in range(3)]
    assert {result(rule, *told).state for rule in ("growth", "jitter")} == {"not exercised"}


@pytest.mark.parametrize(("delay", "state"), [(300.5, "kept"), (320.0, "broken")])
def test_no_delay_is_longer_than_five_minutes(delay: float, state: str) -> None:
    assert result("cap", chain_of_delays("a", 0, [delay])).state == state


def test_a_wait_that_was_told_may_be_longer_than_the_cap() -> None:
    assert result("cap", chain(attempt("a", 0, 429, told=3600), attempt("b", 3605, 202))).state == "kept"


def test_a_client_gives_up() -> None:
    ten, eleven = (chain_of_delays("a", 0, [1.0] * count) for count in (9, 10))
    assert result("gives-up", ten).state == "kept"
    assert result("gives-up", ten, over=False).state == "not exercised"
    found = result("gives-up", eleven)
    assert (found.state, found.findings[0].seen_value, found.findings[0].due_value) == ("broken", 11, 10)
    assert result("gives-up", eleven, limits=Limits(max_attempts=None)).state == "not exercised"
    assert result("gives-up", eleven, limits=Limits(max_attempts=11)).state == "kept"


def test_attempts_that_are_forgotten_count() -> None:
    kept = chain_of_delays("a", 0, [1.0] * 5)._replace(total=506, forgotten=500, head=3)
    assert result("gives-up", kept).findings[0].seen_value == 506


def test_a_client_that_recovered_has_not_shown_that_it_gives_up() -> None:
    assert result("gives-up", chain(attempt("a", 0), attempt("b", 1, 202))).state == "not exercised"
