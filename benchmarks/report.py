"""Collects the figures, compares them with the targets, and writes them as one table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """The promised figure and, if there is one, the aim; `least` says that more is better."""

    promised: float
    aim: float | None = None
    least: bool = True

    def verdict(self, value: float) -> str:
        def reached(bound: float) -> bool:
            return value >= bound if self.least else value <= bound

        if self.aim is not None and reached(self.aim):
            return "aim met"
        return "met" if reached(self.promised) else "NOT MET"

    def columns(self, shown: Callable[[float], str]) -> tuple[str, str]:
        sign = "≥" if self.least else "≤"
        return f"{sign} {shown(self.promised)}", f"{sign} {shown(self.aim)}" if self.aim is not None else ""


@dataclass(frozen=True)
class Row:
    """One line of the table; a median can have its extremes beside it, a figure its target."""

    what: str
    value: float
    unit: str = ""
    target: Target | None = None
    spread: Sequence[float] = ()

    def cells(self) -> tuple[str, ...]:
        extremes = (
            f"{self._number(min(self.spread))} to {self._number(max(self.spread))}" if len(self.spread) > 1 else ""
        )
        promised, aim = self.target.columns(self._shown) if self.target else ("", "")
        return self.what, self._shown(self.value), extremes, promised, aim, self.verdict

    @property
    def verdict(self) -> str:
        return self.target.verdict(self.value) if self.target else ""

    def _shown(self, value: float) -> str:
        return f"{self._number(value)}{'' if self.unit == '×' else ' '}{self.unit}"

    def _number(self, value: float) -> str:
        """Three significant digits, or all digits of a whole number."""
        return f"{value:,.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}"


HEAD = ("what", "median", "lowest to highest", "promised", "aim", "")


@dataclass
class Report:
    """The results of a run; a `judged` run compares its figures with the targets. `errors` are wrong responses, leaks
    and the like, never a figure."""

    judged: bool = True
    rows: list[Row | str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def section(self, title: str) -> None:
        self.rows.append(title)

    def figure(self, what: str, value: float, unit: str = "", target: Target | None = None) -> None:
        self.rows.append(Row(what, value, unit, target if self.judged else None))

    def median(self, what: str, values: Sequence[float], unit: str = "", target: Target | None = None) -> None:
        self.rows.append(Row(what, statistics.median(values), unit, target if self.judged else None, values))

    def skip(self, what: str, reason: object) -> None:
        self.skipped.append(f"{what}: {reason}")

    def error(self, text: object) -> None:
        self.errors.append(str(text))

    def missed(self) -> list[str]:
        return [row.what for row in self.rows if isinstance(row, Row) and row.verdict == "NOT MET"]

    def table(self) -> str:
        """The rows as a Markdown table that is also easy to read as plain text."""
        lines = [HEAD, *(row.cells() if isinstance(row, Row) else (f"**{row}**", *[""] * 5) for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
        rule = "|".join(
            ["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:5]), "-" * (widths[5] + 2)]
        )
        written = [_line(line, widths) for line in lines]
        return "\n".join([written[0], f"|{rule}|", *written[1:]])

    def markdown(self, versions: dict[str, str], notes: Sequence[str]) -> str:
        """The report as one Markdown page."""
        listed = ", ".join(f"{name} {number}" for name, number in versions.items())
        parts = ["# What the benchmarks measured", "", *notes, "", f"Versions: {listed}.", "", self.table()]
        told = (("Targets not met", self.missed()), ("Not measured", self.skipped), ("Errors", self.errors))
        for title, lines in told:
            if lines:
                parts += ["", f"{title}:", "", *(f"- {line}" for line in lines)]
        return "\n".join(parts) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [cell.rjust(width) for cell, width in zip(cells[1:5], widths[1:5], strict=True)]
    return f"| {' | '.join([cells[0].ljust(widths[0]), *aligned, cells[5].ljust(widths[5])])} |"
