"""What a misspelt name probably means is the same in every run."""

from __future__ import annotations

from itertools import product

import pytest

from mockserver.contracts.shapes import Shape

SPELLINGS = sorted("".join(letters) for letters in product("iI", "dD", ("", "_"), "eE", "nN"))


@pytest.mark.parametrize("name", ["ID_EN_", "i-d-e-n"])
def test_names_that_differ_in_case_and_separators_only_are_told_apart_by_their_order(name: str) -> None:
    shape = Shape()
    shape.known = set(SPELLINGS)
    assert shape.nearest(name) == SPELLINGS[-1]
