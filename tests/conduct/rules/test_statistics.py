"""Simulated clients of known policies are called wrong as often as the design allows, and not more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.conduct_rules import Row, policies, simulated, table

CLIENTS = 40
DETECTED = {
    ("jitter", "exponential, none"),
    ("jitter", "exponential, none, cap 4 s"),
    ("jitter", "linear, none"),
    ("jitter", "constant, none"),
    ("growth", "constant, none"),
    ("growth", "constant, ±20 %"),
    ("growth", "constant, equal"),
    ("hot", "no wait at all"),
}
"""What is found in three chains of four delays."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(simulated(CLIENTS, sizes=[(3, 4)], seed=1))


def cells(rows: list[Row]) -> Iterator[tuple[str, str, bool, float]]:
    for row in rows:
        for rule, states in row.states.items():
            yield rule, row.policy.name, rule in row.policy.wrong, states["broken"] / CLIENTS


def test_no_policy_that_is_right_is_called_wrong(rows: list[Row]) -> None:
    assert [cell for cell in cells(rows) if not cell[2] and cell[3]] == []


def test_what_is_wrong_is_found(rows: list[Row]) -> None:
    found = {(rule, policy): share for rule, policy, wrong, share in cells(rows) if wrong}
    assert {each for each, share in found.items() if share == 1} == DETECTED


def test_one_chain_of_three_delays_is_too_little_to_tell() -> None:
    states = [row.states for row in simulated(CLIENTS, sizes=[(1, 3)], seed=1)]
    assert all(not each["growth"]["broken"] and not each["jitter"]["broken"] for each in states)


def test_the_table_has_a_line_for_every_policy(rows: list[Row]) -> None:
    page = table(rows, CLIENTS)
    assert all(f"| {policy.name} | 3 | 4 |" in page for policy in policies())
    assert "| constant, ±20 % | 3 | 4 | **100.00% / 0%** |" in page
