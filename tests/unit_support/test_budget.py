"""A budget suffices for exactly as many steps as it has."""

from __future__ import annotations

import pytest

from mockserver.support.budget import Budget, TooMuchWork


def test_a_budget_is_spent_to_the_last_step() -> None:
    budget = Budget(3, "too long")
    budget.spend(2)
    budget.spend(1)
    assert budget.left == 0
    with pytest.raises(TooMuchWork, match=r"^too long$"):
        budget.spend(1)
