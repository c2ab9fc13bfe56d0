"""A misspelt name is answered with the one that was probably meant, or with all that there are."""

from __future__ import annotations

import pytest

from mockserver.support.suggestions import closest, hint, likeness, likenesses

KNOWN = ("vendor", "port", "profile")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("prot", "; did you mean 'port'?"),
        ("vendors", "; did you mean 'vendor'?"),
        ("x", "; expected one of port, profile, vendor"),
        (5, "; expected one of port, profile, vendor"),
        ("", "; expected one of port, profile, vendor"),
    ],
)
def test_a_hint_names_the_closest_or_all_in_order(name: object, expected: str) -> None:
    assert hint(name, KNOWN) == expected


def test_the_closest_name_is_at_least_as_alike_as_asked() -> None:
    assert closest("prot", KNOWN) == "port"
    assert closest("prot", KNOWN, 0.76) is None
    assert closest("prot", ()) is None
    assert likeness("prot", "port") == 0.75


def test_many_names_are_compared_in_their_first_characters() -> None:
    alike = likenesses("ab" * 5, ["abab", "ababcdef", "baab"], 4)
    assert alike == {"abab": 1, "ababcdef": 1, "baab": likeness("baab", "abab")} == {**alike, "baab": 0.75}
