"""Subsets of JSON values: what each kind of expected value takes, and where and how a difference is told."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.support.matching import (
    MAX_PATTERNS,
    Difference,
    argument_problems,
    differences,
    is_subset,
    matcher_of,
    shown,
)
from tests.support.counted import Counted

NOW = 1_767_268_800.0
"""2026-01-01T12:00:00Z."""
A_UUID = "00000000-0000-0000-0000-00000000000a"


def containing(items: list[Any]) -> Any:
    return {"$containing": items}


def unordered(items: list[Any]) -> Any:
    return {"$unordered": items}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}),
        ([], []),
        ([1, 2], [1, 2]),
        ([{"a": 1}, {}], [{"a": 1, "b": 2}, {"c": 3}]),
        ([[1], [2, [3]]], [[1], [2, [3]]]),
        (containing([]), [1]),
        (containing([2, 1]), [1, 2, 3]),
        (containing([{"a": 1}]), [{"a": 2}, {"a": 1, "b": 2}]),
        (containing([containing([1])]), [[2], [3, 1]]),
        (containing([1, 1]), [1]),
        (containing(["ab", "bc"]), "abc"),
        (containing([]), ""),
        (unordered([]), []),
        (unordered([2, 1, 2]), [2, 2, 1]),
        (unordered([{"a": 1}, {}]), [{"b": 2}, {"a": 1}]),
        ({"a": {"$absent": True}}, {}),
        ({"a": {"$absent": True}, "b": 1}, {"b": 1}),
        ({"a": {"$one_of": [{"$absent": True}, 1]}}, {}),
        ({"a": {"$one_of": [{"$absent": True}, 1]}}, {"a": 1}),
        ({"$one_of": [1, {"$any": "string"}]}, "x"),
        ({"$one_of": [{"a": 1}]}, {"a": 1, "b": 2}),
        ({"$close_to": {"value": 1, "within": 0.5}}, 1.5),
        ({"$close_to": {"value": "2026-01-01T12:00:00Z", "within": 1}}, "2026-01-01T13:00:01+01:00"),
        ({"$close_to": {"value": "2026-01-01T12:00:00Z", "within": 1}}, 1767268799000),
        (1, 1.0),
        ([1], [1.0]),
        (None, None),
        ([None], [None]),
        (True, True),
        ([False], [False]),
        ("a", "a"),
        ([{"$any": "string"}, {"$any": "number"}], ["a", 1]),
        (containing([{"$any": "number"}]), ["a", 1]),
        ([{"$any": "value"}], [None]),
    ],
)
def test_a_subset(expected: Any, actual: Any) -> None:
    assert is_subset(expected, actual)
    assert list(differences(expected, actual)) == []


@pytest.mark.parametrize(
    ("expected", "actual", "pointer", "says"),
    [
        (1, 2, "", "1"),
        (1, True, "", "1"),
        (True, 1, "", "true"),
        (0, False, "", "0"),
        (False, 0, "", "false"),
        ([1], [True], "/0", "1"),
        ([True], [1], "/0", "true"),
        ([1], [1, 2], "/1", "nothing"),
        ([2, 1], [1, 1], "/0", "2"),
        (containing([1]), [True], "/0", "an item like 1"),
        (containing([True]), [1], "/0", "an item like true"),
        (containing(["a", 1]), "a", "", 'an array or a text that contains "a", 1'),
        (containing([1]), 1, "", "an array or a text that contains 1"),
        (unordered([1, 2]), [2, 2], "/0", "an item like 1"),
        (unordered([1]), [1, 1], "", "in any order, and nothing else: 1"),
        (unordered([1]), 1, "", "in any order, and nothing else: 1"),
        (unordered(["a"]), "a", "", 'in any order, and nothing else: "a"'),
        ({"a": {"$absent": True}}, {"a": None}, "/a", "nothing"),
        ({"$one_of": [1, "a"]}, 2, "", 'one of 1, "a"'),
        ({"$close_to": {"value": 1, "within": 0.5}}, 1.6, "", "1 ± 0.5"),
        ({"$close_to": {"value": 1, "within": 0.5}}, "1", "", "1 ± 0.5"),
        ({"$close_to": {"value": 1, "within": 0.5}}, True, "", "1 ± 0.5"),
        ({"$close_to": {"value": "2026-01-01", "within": 1}}, "x", "", "2026-01-01 ± 1 s"),
        ("1", 1, "", '"1"'),
        (None, 0, "", "null"),
        ({}, [], "", "{}"),
        ([], {}, "", "[]"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "/a/b", "1"),
        ({"a": [1, 2, 3]}, {"a": [1, 4, 3]}, "/a/1", "2"),
        ({"a": containing([1, 2, 3])}, {"a": [1, 3]}, "/a/1", "an item like 2"),
        ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}, "/a~1b/c~0d", "1"),
        ([{"a": 1}, {"a": 3}], [{"a": 1}, {"a": 2}], "/1/a", "3"),
        (containing([{"a": 1}, {"a": 3}]), [{"a": 1}, {"a": 2}], "/1", 'an item like {"a": 3}'),
        ({"é": 1}, 1, "", '{"é": 1}'),
        ([{"$any": "number"}], ["1"], "/0", "any number"),
        (containing([{"$any": "number"}]), ["1"], "/0", "an item like any number"),
    ],
)
def test_a_difference_tells_its_place_and_what_was_expected(
    expected: Any, actual: Any, pointer: str, says: str
) -> None:
    (difference,) = differences(expected, actual)
    assert (difference.pointer, difference.expected, difference.missing) == (pointer, says, False)
    assert not is_subset(expected, actual)


def test_without_a_time_now_is_the_epoch() -> None:
    assert [value for value in (-1, 0, 1) if not list(differences({"$now": 0}, value))] == [0]


def test_every_difference_is_told_in_the_order_of_the_expected_value() -> None:
    expected = {"a": 1, "b": {"c": 2, "d": 3}, "e": [4, 5], "g": {"$containing": [4, 5]}, "f": None}
    assert list(differences(expected, {"a": 0, "b": {"c": 2}, "e": [5], "g": [5]}, pointer="/at")) == [
        Difference("/at/a", "1", 0),
        Difference("/at/b/d", "3", missing=True),
        Difference("/at/e/0", "4", 5),
        Difference("/at/e/1", "5", missing=True),
        Difference("/at/g/0", "an item like 4", [5]),
        Difference("/at/f", "null", missing=True),
    ]


def test_long_arrays_of_plain_values_are_not_compared_each_with_each() -> None:
    Counted.compared = 0
    numbers = [Counted(number) for number in range(200)]
    assert is_subset({"$containing": numbers}, numbers[::-1])
    assert is_subset({"$unordered": numbers}, numbers[::-1])
    assert Counted.compared < 2000


TYPED: dict[str, list[Any]] = {
    "string": ["", "a"],
    "number": [0, 1.5, -1],
    "boolean": [True, False],
    "object": [{}, {"a": 1}],
    "array": [[], [1]],
    "null": [None],
}


@pytest.mark.parametrize("kind", TYPED)
def test_any_takes_the_values_of_its_type(kind: str) -> None:
    taken = [value for values in TYPED.values() for value in values if is_subset({"$any": kind}, value)]
    assert [repr(value) for value in taken] == [repr(value) for value in TYPED[kind]]
    (difference,) = differences({"a": {"$any": kind}}, {"a": TYPED["object" if kind != "object" else "array"][0]})
    assert (difference.pointer, difference.expected) == ("/a", f"any {kind}")


def test_any_value_takes_every_value_but_not_a_missing_one() -> None:
    assert all(is_subset({"$any": "value"}, value) for values in TYPED.values() for value in values)
    assert list(differences({"a": {"$any": "value"}}, {})) == [Difference("/a", "any value", missing=True)]


@pytest.mark.parametrize(
    ("matcher", "taken", "refused", "says"),
    [
        ({"$regex": "b.d$"}, ["bad", "a bed"], ["bads", "b\nd", 1, None, ["bad"]], "text that matches /b.d$/"),
        ({"$uuid": True}, [A_UUID, A_UUID.upper()], [A_UUID[:-1], "", 1, None], "a UUID"),
        (
            {"$now": 2},
            [NOW, NOW + 2, NOW - 2, int(NOW)],
            [NOW + 2.5, NOW - 2.5, None, True],
            "a time within 2 s of now",
        ),
        ({"$now": 0.5}, [NOW, NOW + 0.5], [NOW + 0.75, {}, [NOW]], "a time within 0.5 s of now"),
    ],
)
def test_a_matcher(matcher: Any, taken: list[Any], refused: list[Any], says: str) -> None:
    assert [value for value in taken if not is_subset(matcher, value, NOW)] == []
    for value in refused:
        assert list(differences(matcher, value, NOW)) == [Difference("", says, value)]


@pytest.mark.parametrize(
    "place", [{"a": {"$now": 1}}, [{"$now": 1}], [{"b": {"$now": 1}}], {"$containing": [{"$now": 1}]}]
)
def test_now_is_the_given_time_at_every_depth(place: Any) -> None:
    def filled(value: float) -> Any:
        if isinstance(place, dict):
            return {"a": value} if "a" in place else [50, value]
        return [value if "$now" in place[0] else {"b": value}]

    assert is_subset(place, filled(NOW), NOW)
    assert not is_subset(place, filled(NOW + 9), NOW)
    assert not is_subset(place, filled(NOW))
    assert is_subset(place, filled(1.0))
    assert not is_subset(place, filled(1.5))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-01-01T12:00:00Z", NOW),
        ("2026-01-01T13:00:00+01:00", NOW),
        (str(int(NOW)), NOW),
        (f"{NOW + 0.5}", NOW + 0.5),
        ("-1", -1.0),
        ("-1.5", -1.5),
        (NOW * 1000, NOW),
        (int(NOW * 1000), NOW),
        (f"{int(NOW * 1000)}", NOW),
        (-1e12, -1e9),
        (100_000_000_000, 1e11),
        (100_000_000_001, 100_000_000.001),
        (1 << 61, (1 << 61) / 1000),
        (1 << 62, 0.0),
        (-(1 << 70), 0.0),
    ],
)
def test_times_in_every_form(value: Any, seconds: float) -> None:
    """Numbers beyond 1e11 are milliseconds, those that no clock can show are none."""
    assert is_subset({"$now": 0.001}, value, seconds)
    assert not is_subset({"$now": 0.001}, value, seconds + 1)


@pytest.mark.parametrize(
    "value", ["", "now", "1.", ".5", "1e3", "1" * 16, "--1", "12:00", "2026-13-01T00:00:00Z", True, None]
)
def test_what_is_no_time_is_never_near(value: Any) -> None:
    assert not is_subset({"$now": 1e20}, value, NOW)


@pytest.mark.parametrize(
    "expected",
    [
        {"$any": "text"},
        {"$any": 1},
        {"$any": None},
        {"$regex": "("},
        {"$regex": 1},
        {"$uuid": False},
        {"$uuid": 1},
        {"$now": -1},
        {"$now": True},
        {"$now": "1"},
        {"$now": None},
        {"$absent": 1},
        {"$one_of": []},
        {"$one_of": "ab"},
        {"$containing": {}},
        {"$unordered": 1},
        {"$close_to": 1},
        {"$close_to": {"value": "soon", "within": 1}},
        {"$close_to": {"value": 1, "within": -1}},
        {"$close_to": {"value": 1, "within": 1, "more": 1}},
        {"$close_to": {"value": True, "within": 1}},
        {"$other": 1},
        {"$any": "string", "a": 1},
        {},
        [],
        "$any",
        None,
    ],
)
def test_what_is_no_matcher_is_plain_json(expected: Any) -> None:
    assert matcher_of(expected) is None
    assert is_subset(expected, expected)


@pytest.mark.parametrize(
    "expected", [{"$any": "string"}, {"$regex": "a"}, {"$uuid": True}, {"$now": 0}, {"$now": 0.5}, {"$now": 1}]
)
def test_a_matcher_is_an_object_with_one_member_and_a_right_argument(expected: Any) -> None:
    assert matcher_of(expected) == next(iter(expected.items()))
    assert not is_subset(expected, {"other": 1})
    assert list(argument_problems(expected)) == []


def test_each_wrong_argument_is_told_with_its_place() -> None:
    expected = {
        "a": {"$any": "text"},
        "b/c": [1, {"$regex": "("}, ({"$uuid": 1},)],
        "d": {"$now": {"$now": -1}},
        "e": {"$any": "text", "more": {"$uuid": None}},
        7: {"$now": "1"},
        "f": {"$any": "value"},
        "g": {},
    }
    regex = "a regular expression of RE2 (no lookaround, no backreferences) of at most 1000 characters"
    types = "one of string, number, boolean, object, array, null, value"
    assert [problem.pointer for problem in argument_problems([{"$uuid": 1}])] == ["/0"]
    assert list(argument_problems(expected, "/json")) == [
        Difference("/json/a", f"$any takes {types}", "text"),
        Difference("/json/b~1c/1", f"$regex takes {regex}: missing ): (", "("),
        Difference("/json/b~1c/2/0", "$uuid takes true", 1),
        Difference("/json/d", "$now takes seconds, 0 or more", {"$now": -1}),
        Difference("/json/d/$now", "$now takes seconds, 0 or more", -1),
        Difference("/json/e/more", "$uuid takes true", None),
        Difference("/json/7", "$now takes seconds, 0 or more", "1"),
    ]


def test_a_value_is_shown_in_one_short_line() -> None:
    assert shown("é") == '"é"'
    assert shown({"a": [1, None]}) == '{"a": [1, null]}'
    assert shown({"$now": 5}) == "a time within 5 s of now"
    assert shown("x" * 78) == f'"{"x" * 78}"'
    assert shown("x" * 79) == f'"{"x" * 78}…'
    assert shown("abcdef", 8) == '"abcdef"'
    assert shown("abcdef", 7) == '"abcde…'
    assert shown({1}) == '"{1}"'


CHOICES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)


@given(st.lists(CHOICES, max_size=5), st.lists(st.sampled_from("abcd"), max_size=5))
def test_items_in_any_order_are_paired_where_any_pairing_fits(expected: list[list[str]], actual: list[str]) -> None:
    """However many pairs must be exchanged for it."""
    fits = len(expected) == len(actual) and any(
        all(item in choice for choice, item in zip(expected, order, strict=True)) for order in permutations(actual)
    )
    assert is_subset(unordered([{"$one_of": choice} for choice in expected]), actual) == fits


@given(st.lists(CHOICES, max_size=3), st.lists(st.sampled_from("abcd"), max_size=3))
def test_as_few_items_are_missing_as_can_be(expected: list[list[str]], actual: list[str]) -> None:
    lacking = [*differences(unordered([{"$one_of": choice} for choice in expected]), actual)]
    padded = [*actual, *[None] * len(expected)]
    most = max(
        sum(item in choice for choice, item in zip(expected, order, strict=False))
        for order in set(permutations(padded, len(expected)))
    )
    assert len([each for each in lacking if each.pointer]) == len(expected) - most


def test_so_many_different_patterns_and_no_more() -> None:
    def patterns(count: int) -> list[Any]:
        return [{"$regex": f"a{number}"} for number in range(count)]

    assert [*argument_problems([*patterns(MAX_PATTERNS), {"$regex": "a0"}])] == []
    (problem,) = argument_problems([*patterns(MAX_PATTERNS + 1), {"$regex": "a0"}])
    assert problem.pointer == f"/{MAX_PATTERNS}"


def test_what_is_not_ascii_is_shown_as_it_is() -> None:
    assert shown("naïve ✓") == '"naïve ✓"'
