"""What a search term asks of a facet's values or of any text: equality, wildcards, ranges, presence, words."""

import re
from dataclasses import dataclass, field

from mockserver.analytics.facets import Cell, Scalar, text_of, values_of

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Glob:
    """A text in which `*` stands for any characters and `?` for one, compiled so that it cannot backtrack.

    `pieces` are the regular expressions between the stars, each of a fixed length. The atomic groups take the first
    place where a piece fits, which is as good as any other, so that the time is at most the product of the lengths.
    """

    pieces: tuple[str, ...]
    ignore_case: bool = False
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first, *middle = self.pieces
        expression = first
        if middle:
            *middle, last = middle
            expression += "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}"
        flags = re.DOTALL | (re.IGNORECASE if self.ignore_case else 0)
        object.__setattr__(self, "_pattern", re.compile(expression, flags))

    def matches(self, text: str) -> bool:
        return self._pattern.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Present:
    """`:*`: any value."""

    def holds(self, cell: Cell) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Equals:
    """The same text, in the same case (documented), or the same number (5.0 finds 5; assumed)."""

    text: str
    _number: int | float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_number", number_in(self.text))

    def holds(self, cell: Cell) -> bool:
        if isinstance(cell, str):
            return cell == self.text
        return any(self._equals(value) for value in values_of(cell))

    def _equals(self, value: Scalar) -> bool:
        return value == self.text if isinstance(value, str) else value == self._number or str(value) == self.text


@dataclass(frozen=True, slots=True)
class Resembles:
    """A value with wildcards; numbers are compared as text (assumed)."""

    glob: Glob

    def holds(self, cell: Cell) -> bool:
        if isinstance(cell, str):
            return self.glob.matches(cell)
        return any(self.glob.matches(text_of(value)) for value in values_of(cell))


@dataclass(frozen=True, slots=True)
class Between:
    """A range or a comparison; a bound that is None is open.

    With numbers as bounds only numbers are in it; with texts, only texts, in the order of their characters (assumed).
    """

    low: Scalar | None
    high: Scalar | None
    includes_low: bool = True
    includes_high: bool = True

    def holds(self, cell: Cell) -> bool:
        if self.low is None and self.high is None:
            return True
        return any(map(self._contains, values_of(cell)))

    def _contains(self, value: Scalar) -> bool:
        if isinstance(value, str) != isinstance(self.high if self.low is None else self.low, str):
            return False
        return (self.low is None or _in_order(self.low, value, self.includes_low)) and (
            self.high is None or _in_order(value, self.high, self.includes_high)
        )


Condition = Present | Equals | Resembles | Between


@dataclass(frozen=True, slots=True)
class Words:
    """A text that holds these characters as whole words, whatever their case (assumed)."""

    text: str
    _folded: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", self.text.casefold())

    def matches(self, text: str) -> bool:
        wanted, text = self._folded, text.casefold()
        start = text.find(wanted)
        while start >= 0:
            if not _inside_a_word(text, start) and not _inside_a_word(text, start + len(wanted)):
                return True
            start = text.find(wanted, start + 1)
        return False


def number_in(text: str) -> int | float | None:
    """The number a text is written as in JSON, or nearly so; None for anything else (`nan`, `1_000`, "")."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else None


def between(low: str | None, high: str | None, includes_low: bool, includes_high: bool) -> Between:
    """The range between two bounds as written: numbers if both are, else texts."""
    numbers = [number_in(bound) for bound in (low, high) if bound is not None]
    if None in numbers:
        return Between(low, high, includes_low, includes_high)
    return Between(
        None if low is None else number_in(low), None if high is None else number_in(high), includes_low, includes_high
    )


def _in_order(first: Scalar, second: Scalar, may_be_equal: bool) -> bool:
    if isinstance(first, str) or isinstance(second, str):
        first, second = str(first), str(second)
        return first <= second if may_be_equal else first < second
    return first <= second if may_be_equal else first < second


def _inside_a_word(text: str, index: int) -> bool:
    return 0 < index < len(text) and _in_word(text[index - 1]) and _in_word(text[index])


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"
