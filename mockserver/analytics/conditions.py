"""What a search term asks of a value or of any text: equality, wildcards, ranges, words."""

import re
from dataclasses import dataclass, field
from typing import Any

from mockserver.analytics.facets import Scalar, text_of

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Glob:
    """A text in which `*` stands for any characters and `?` for one, compiled so that it cannot backtrack.

    `characters` are the text's, those with a backslash for themselves. Between the stars are pieces of a fixed length.
    The atomic groups take the first place where a piece fits, which is as good as any other, so that the time is at
    most the product of the lengths. Numbers are compared as text (assumed).
    """

    characters: tuple[str, ...]
    ignore_case: bool = False
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = [""]
        for character in self.characters:
            if character == "*":
                pieces.append("")
            else:
                pieces[-1] += "." if character == "?" else re.escape(character[-1])
        first, *middle = pieces
        expression = first
        if middle:
            *middle, last = middle
            expression += "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}"
        flags = re.DOTALL | (re.IGNORECASE if self.ignore_case else 0)
        object.__setattr__(self, "_pattern", re.compile(expression, flags))

    def accepts(self, value: Scalar) -> bool:
        return self._pattern.fullmatch(text_of(value)) is not None


@dataclass(frozen=True, slots=True)
class Equals:
    """The same text, in the same case (documented), or the same number (5.0 finds 5; assumed)."""

    text: str
    number: int | float | None

    def accepts(self, value: Scalar) -> bool:
        return value == self.number or text_of(value) == self.text


@dataclass(frozen=True, slots=True)
class Between:
    """A range, a comparison or, with both bounds None, any value; a bound that is None is open.

    With numbers as bounds only numbers are in it; with texts, only texts, in the order of their characters (assumed).
    """

    low: Any
    high: Any
    includes_low: bool
    includes_high: bool

    def accepts(self, value: Any) -> bool:
        if any(
            isinstance(bound, str) != isinstance(value, str) for bound in (self.low, self.high) if bound is not None
        ):
            return False
        return (self.low is None or self.low < value or (self.includes_low and self.low == value)) and (
            self.high is None or value < self.high or (self.includes_high and self.high == value)
        )


Condition = Equals | Glob | Between


@dataclass(frozen=True, slots=True)
class Words:
    """A text that holds these characters as whole words, whatever their case (assumed)."""

    text: str
    _folded: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", self.text.casefold())

    def accepts(self, text: str) -> bool:
        wanted, text = self._folded, text.casefold()
        start = text.find(wanted)
        while start >= 0:
            if not _inside_a_word(text, start) and not _inside_a_word(text, start + len(wanted)):
                return True
            start = text.find(wanted, start + 1)
        return False


def equals(text: str) -> Equals:
    """The condition that a value is what is written."""
    return Equals(text, _number_in(text))


def between(low: str | None, high: str | None, includes_low: bool, includes_high: bool) -> Between:
    """The range between two bounds as written: numbers if both are, else texts."""
    bounds = [bound for bound in (low, high) if bound is not None]
    numbers = {bound: _number_in(bound) for bound in bounds}
    if None in numbers.values():
        return Between(low, high, includes_low, includes_high)
    return Between(numbers.get(low or ""), numbers.get(high or ""), includes_low, includes_high)


def _number_in(text: str) -> int | float | None:
    """The number a text is written as in JSON, or nearly so; None for anything else (`nan`, `1_000`, "")."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else None


def _inside_a_word(text: str, index: int) -> bool:
    return 0 < index < len(text) and all(each.isalnum() or each == "_" for each in text[index - 1 : index + 1])
