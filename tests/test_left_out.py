"""A run of the tests says which it left out, and what would bring them in."""

from __future__ import annotations

from tests.support.left_out import line_of


def test_tests_are_counted_by_reason() -> None:
    reasons = [
        "node is missing: apt-get install nodejs",
        "libfaketime is missing",
        "node is missing: apt-get install nodejs",
    ]
    assert line_of(reasons) == (
        "left out 3 tests: 1 because libfaketime is missing; 2 because node is missing: apt-get install nodejs"
    )


def test_a_single_one() -> None:
    assert line_of(["it is dark"]) == "left out 1 test: 1 because it is dark"
