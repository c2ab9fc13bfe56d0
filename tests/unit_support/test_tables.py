"""Tables are aligned, and no line ends in spaces."""

from __future__ import annotations

from mockserver.support.tables import table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("A", "LONG", ""), ("bcd", "e", "f"), ("", "", "")]
    assert list(table(rows)) == ["A    LONG", "bcd  e     f", ""]
    assert list(table(rows[:2], "  ")) == ["  A    LONG", "  bcd  e     f"]
    assert list(table([])) == []
