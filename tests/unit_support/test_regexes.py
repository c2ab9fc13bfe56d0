"""Patterns of RE2: found anywhere in a text, charged by their size and the text's, refused with a reason."""

from __future__ import annotations

import pytest

from mockserver.support.budget import Budget, TooMuchWork
from mockserver.support.regexes import CALL_STEPS, MAX_PATTERN, found, pattern_problem


def test_a_pattern_is_found_anywhere() -> None:
    budget = Budget(10_000, "")
    assert [found("b.d$", text, budget) for text in ("bad", "a bed", "bads", "b\nd", "é bäd")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_a_larger_pattern_and_a_longer_text_cost_more() -> None:
    def cost(pattern: str, text: str) -> int:
        budget = Budget(1_000_000, "")
        found(pattern, text, budget)
        return 1_000_000 - budget.left

    assert CALL_STEPS < cost("ab", "x" * 100) < cost("ab", "x" * 1_000)
    assert cost("ab", "x" * 1_000) < cost("(ab){50}", "x" * 1_000)
    with pytest.raises(TooMuchWork):
        found("a", "", Budget(CALL_STEPS - 1, ""))


@pytest.mark.parametrize("pattern", ["", "a" * MAX_PATTERN, r"^\d{4}-\d\d$", "(?i)é", r"\pL+", "[[:alpha:]]"])
def test_a_right_pattern(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize("pattern", [None, 1, ["a"], "a" * (MAX_PATTERN + 1), "(?=a)", r"\1", "*", r"(\pL{90}){10}"])
def test_a_wrong_pattern(pattern: object) -> None:
    assert "no lookaround, no backreferences" in str(pattern_problem(pattern))
