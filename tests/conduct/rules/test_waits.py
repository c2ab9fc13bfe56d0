"""A client waits as long as it was told, with everything that the limit is on."""

import pytest

from mockserver.conduct.records import Attempt, Told
from tests.support.conduct_histories import LATENCY, attempt, chain, levels, result


@pytest.mark.parametrize(
    ("told", "delay", "state"),
    [
        (1.0, 0.951, "kept"),
        (1.0, 0.94, "broken"),
        (100.0, 99.01, "kept"),
        (100.0, 98.9, "broken"),
        (1.0, 500.0, "kept"),
    ],
)
def test_a_wait_in_seconds(told: float, delay: float, state: str) -> None:
    found = result("wait", chain(attempt("a", 0, 503, told=told), attempt("b", LATENCY + delay, 202)))
    assert found.state == state
    assert [each.due_value for each in found.findings] == ([told] if state == "broken" else [])
    assert [each.seen_value for each in found.findings] == pytest.approx([delay] if state == "broken" else [])


@pytest.mark.parametrize(("delay", "state"), [(4.1, "kept"), (3.9, "broken")])
def test_a_date_is_exact_to_a_second(delay: float, state: str) -> None:
    first = attempt("a", 0, 429)._replace(told=Told(5.0, "Retry-After", date=True))
    assert result("wait", chain(first, attempt("b", LATENCY + delay, 202))).state == state


def test_giving_up_is_fine() -> None:
    assert result("wait", chain(attempt("a", 0, 429, told=60))).state == "not exercised"


def test_a_late_client_is_a_figure() -> None:
    found = result("wait", chain(attempt("a", 0, 429, told=2), attempt("b", 9, 202)))
    assert found.state == "kept"
    assert found.figures == {"late_waits": 1, "latest_wait_seconds": pytest.approx(9 - LATENCY)}


def test_a_wait_is_not_told_by_a_response_that_was_cut_off() -> None:
    cut = attempt("a", 0, 503, told=60, received_whole=False)
    assert result("wait", chain(cut, attempt("b", 1, 202))).state == "not exercised"


def test_other_events_wait_too() -> None:
    refused = chain(attempt("a", 0, 429, told=10))
    early = chain(attempt("b", 5, 429, event_keys=("f",)))
    found = result("throttled", refused, early)
    assert levels(found) == ["advisory"]
    assert found.findings[0].requests == ("a", "b")
    assert found.findings[0].seen_value == pytest.approx(5 - LATENCY)


@pytest.mark.parametrize(
    "other",
    [
        attempt("b", 0.04, event_keys=("f",)),  # in flight
        attempt("b", 9.96, event_keys=("f",)),  # as exact as a wait is
        attempt("b", 5, event_keys=("f",), credential="another"),
        attempt("b", 5, event_keys=("f",), operation="another"),
    ],
)
def test_what_does_not_break_into_a_block(other: Attempt) -> None:
    assert result("throttled", chain(attempt("a", 0, 429, told=10)), chain(other)).state == "kept"


def test_a_success_ends_a_block() -> None:
    early = chain(attempt("a", 0, 429, told=10), attempt("b", 2, 202))
    assert result("throttled", early, chain(attempt("c", 3, 202, event_keys=("f",)))).state == "kept"
