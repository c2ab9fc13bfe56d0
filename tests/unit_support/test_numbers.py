"""True and false are no numbers."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.support.numbers import is_integer, is_number


@pytest.mark.parametrize(
    ("value", "integer", "number"),
    [
        (0, True, True),
        (-(10**30), True, True),
        (1.0, False, True),
        (True, False, False),
        (False, False, False),
        ("1", False, False),
        (None, False, False),
        ([1], False, False),
    ],
)
def test_which_values_are_numbers(value: Any, integer: bool, number: bool) -> None:
    assert (is_integer(value), is_number(value)) == (integer, number)
