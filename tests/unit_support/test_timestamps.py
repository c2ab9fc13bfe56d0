"""Times are read in every form of ISO 8601 that clients write, and in no other."""

from __future__ import annotations

import pytest

from mockserver.support.timestamps import is_time, moment

NOON = 1_752_580_800
"""2025-07-15T12:00:00Z in seconds since the epoch."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2025-07-15T12:00:00Z", 0),
        ("2025-07-15T12:00:00", 0),
        ("2025-07-15T14:00:00+02:00", 0),
        ("2025-07-15T14:00:00+0200", 0),
        ("2025-07-15T14:00:00+02", 0),
        ("2025-07-15T07:30:00-04:30", 0),
        ("2025-07-15T12:00Z", 0),
        ("2025-07-15T12Z", 0),
        ("2025-07-15T12", 0),
        ("20250715T120000Z", 0),
        ("20250715T1200+0000", 0),
        ("2025-W29-2T12:00:00Z", 0),
        ("2025W292T12Z", 0),
        ("2025-07-15T12:00:00.5Z", 0.5),
        ("2025-07-15T12:00:00,25Z", 0.25),
        ("2025-07-15T12:00:00.123456789012Z", 0.123456),
        ("2025-07-15t12:00:00z", 0),
        ("2025-07-15T11:59:60Z", 0),
        ("20250715T115960Z", 0),
        ("0001-01-01T00:00:00+23:59", -62135683140 - NOON),
        ("9999-12-31T23:59:59-23:59", 253402387139 - NOON),
    ],
)
def test_a_time_in_iso_8601(text: str, seconds: float) -> None:
    assert is_time(text)
    assert moment(text) == pytest.approx(NOON + seconds, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        *("", "T", "now", "2025-07-15T", "2025-07-15T12:00:00 Z", "2025-07-15T12:00:00.Z", "2025-07-15x12:00:00Z"),
        *("2025-02-30T12:00:00Z", "2025-07-15T25:00:00Z", "2025-07-15T12:60:00Z", "2025-07-15T12:00:61Z"),
        *("0000-01-01T00:00:00Z", "2025-W54-1T12:00Z", "2025-07-15T12:00:00+24:00", "2025-07-15T12:00:00+02:00:30"),
        *("10000-01-01T00:00:00Z", "２025-07-15T12:00:00Z", "2025-07-15T12:00:00Z\n", "2025-07-15T12:00:00ſ"),
        *("1752580800", "P1D", "2025-07-15T12:00:00.5.5Z"),
    ],
)
def test_no_time(text: str) -> None:
    assert not is_time(text)
    assert moment(text) is None


@pytest.mark.parametrize(("text", "seconds"), [("2025-07-15", -43200), ("2025-07-15 12:00:00", 0)])
def test_a_date_and_a_space_are_read_but_are_no_time_in_iso_8601(text: str, seconds: float) -> None:
    assert moment(text) == NOON + seconds
    assert not is_time(text)
