"""A quota counts in windows that begin at multiples of their length, each to its last request and its last moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.accounts.quotas import Quotas, RateLimit, rate_limit_of
from mockserver.model import Quota
from mockserver.operations import Operation
from mockserver.vendors.contracts import load_contracts

LIMIT = RateLimit("events", 3, 60)
DATADOG = load_contracts(None, ("datadog",), "documented").operations
OPERATION = next(each for each in DATADOG if each.id == "CreateEventV1")


class Times:
    """A clock that a test sets by hand."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_each_request_up_to_the_limit_is_let_through_and_no_more() -> None:
    quotas = Quotas(Times(600.0))
    taken = [quotas.take(LIMIT) for _ in range(5)]
    assert [(quota.remaining, quota.spent) for quota in taken] == [
        (2, False),
        (1, False),
        (0, False),
        (0, True),
        (0, True),
    ]


def test_looking_counts_nothing_and_says_whether_the_next_request_is_too_many() -> None:
    quotas = Quotas(Times(600.0))
    looked = []
    for _ in range(4):
        looked += [quotas.look(LIMIT), quotas.look(LIMIT)]
        quotas.take(LIMIT)
    assert [(quota.remaining, quota.spent) for quota in looked[::2]] == [(3, False), (2, False), (1, False), (0, True)]
    assert looked[::2] == looked[1::2]


@pytest.mark.parametrize(("now", "resets_in"), [(600.0, 60.0), (600.5, 59.5), (659.0, 1.0), (659.75, 0.25)])
def test_a_quota_tells_its_limit_and_the_end_of_its_window(now: float, resets_in: float) -> None:
    expected = Quota("events", 3, 60, 2, 660.0, resets_in, spent=False)
    assert Quotas(Times(now)).take(LIMIT) == expected
    assert Quotas(Times(now)).look(LIMIT) == expected._replace(remaining=3)


@pytest.mark.parametrize(("now", "reset_at"), [(0.0, 60.0), (0.5, 60.0), (-0.5, 0.0), (-60.0, 0.0), (-60.5, -60.0)])
def test_windows_around_the_epoch_are_like_any_other(now: float, reset_at: float) -> None:
    quota = Quotas(Times(now)).take(LIMIT)
    assert (quota.remaining, quota.reset_at) == (2, reset_at)


@pytest.mark.parametrize(
    ("later", "remaining", "reset_at"),
    [(659.999, 1, 660.0), (660.0, 2, 720.0), (600.0, 1, 660.0), (599.999, 2, 600.0), (1200.0, 2, 1260.0)],
)
def test_a_window_holds_from_its_first_moment_to_before_its_end(later: float, remaining: int, reset_at: float) -> None:
    """Also on a clock that is set back."""
    times = Times(630.0)
    quotas = Quotas(times)
    quotas.take(LIMIT)
    times.now = later
    quota = quotas.take(LIMIT)
    assert (quota.remaining, quota.reset_at) == (remaining, reset_at)


def test_limits_of_one_name_share_a_count_and_others_do_not() -> None:
    quotas = Quotas(Times(600.0))
    limits = [LIMIT, LIMIT, LIMIT._replace(name="other"), LIMIT]
    assert [quotas.take(limit).remaining for limit in limits] == [2, 1, 2, 0]


def operation(rate_limit: dict[str, Any] | None) -> Operation:
    """An operation of Datadog with this `x-rate-limit`."""
    return replace(OPERATION, extensions={} if rate_limit is None else {"x-rate-limit": rate_limit})


SAID = {"limit": 7, "period": 8}
SETTINGS = {"limit": 5, "period": 6}
OTHERS = {"limit": 1, "period": 2}


@pytest.mark.parametrize(
    ("said", "overrides", "expected"),
    [
        (None, {}, None),
        (SAID, {}, ("CreateEventV1", 7, 8)),
        ({**SAID, "name": "shared"}, {}, ("shared", 7, 8)),
        (SAID, {"satori": OTHERS, "CreateEventV2": OTHERS}, ("CreateEventV1", 7, 8)),
        (None, {"CreateEventV1": SETTINGS}, ("CreateEventV1", 5, 6)),
        ({**SAID, "name": "shared"}, {"CreateEventV1": SETTINGS, "datadog": OTHERS}, ("CreateEventV1", 5, 6)),
        (SAID, {"datadog": SETTINGS}, ("datadog/all", 5, 6)),
        (None, {"datadog": SETTINGS}, ("datadog/all", 5, 6)),
    ],
)
def test_a_limit_is_the_settings_or_else_the_contracts(
    said: dict[str, Any] | None, overrides: dict[str, dict[str, int]], expected: tuple[str, int, int] | None
) -> None:
    assert rate_limit_of(operation(said), overrides) == expected
