"""A misspelt name is answered with the one that was probably meant, or with all that there are."""

from __future__ import annotations

import pytest

from mockserver.support.suggestions import Likeness, closest, hint, likeness

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


def test_of_many_names_the_first_are_compared_exactly_and_the_others_from_above() -> None:
    alike = Likeness("ab" * 5, characters=4, names=1)
    assert alike.of("abab") == alike.of("ababcdef") == 1
    assert alike.of("baab") == likeness("baab", "abab") == 0.75
    assert alike.of("bbaa") == 1 > likeness("bbaa", "abab")
