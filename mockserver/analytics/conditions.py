"""What a search term asks of a value or of any text: equality, wildcards, ranges, words."""

import re
from dataclasses import dataclass, field
from typing import Any

from mockserver.analytics.facets import Scalar, text_of
from mockserver.support.budget import Budget

MAX_FIND = 100
"""Characters of a text that is sought, from which on a longer one is not found more slowly."""
TEXT_STEPS, PLACE_STEPS = 5, 10
"""What 100 characters of a text take at least in which a short text is sought, and to look at a text, or at a place in
it where the short one was found."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Glob:
    """A text in which `*` stands for any characters and `?` for one.

    `characters` are the text's, those with a backslash for themselves. Between the stars are pieces of a fixed length;
    each is taken at the first place where it fits, which is as good as any other. Numbers are compared as text
    (assumed).
    """

    characters: tuple[str, ...]
    ignore_case: bool = False
    _pieces: list[str | re.Pattern[str]] = field(init=False, repr=False, compare=False)
    _lengths: list[int] = field(init=False, repr=False, compare=False)
    _steps: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces: list[list[str]] = [[]]
        for each in self.characters:
            if each == "*":
                pieces.append([])
            else:
                pieces[-1] += each if each == "?" else [f"\\{folded}" for folded in self._folded(each[-1])]
        pieces = [pieces[0], *filter(None, pieces[1:-1]), *pieces[1:][-1:]]
        found = [_piece(piece) for piece in pieces]
        object.__setattr__(self, "_pieces", found)
        object.__setattr__(self, "_lengths", list(map(len, pieces)))
        searched = (
            min(len(p), MAX_FIND) if isinstance(p, str) else 3 * len(piece)
            for p, piece in zip(found, pieces, strict=True)
        )
        object.__setattr__(self, "_steps", TEXT_STEPS + 2 * max(searched))

    def accepts(self, value: Scalar, budget: Budget) -> bool:
        text = self._folded(text_of(value))
        budget.spend(PLACE_STEPS + len(text) * self._steps // 100)
        at, end = 0, len(text) - self._lengths[-1]
        if len(self._pieces) == 1:
            return end == 0 and _find(self._pieces[0], text, 0, len(text)) == 0
        for number, piece in enumerate(self._pieces[:-1]):
            budget.spend(PLACE_STEPS)
            at = _find(piece, text, at, end if number else self._lengths[0])
            if at < 0:
                return False
            at += self._lengths[number]
        return at <= end and _find(self._pieces[-1], text, end, len(text)) == end

    def _folded(self, text: str) -> str:
        return text.casefold() if self.ignore_case else text


@dataclass(frozen=True, slots=True)
class Equals:
    """The same text, in the same case (documented), or the same number (5.0 finds 5; assumed)."""

    text: str
    number: int | float | None

    def accepts(self, value: Scalar, _budget: Budget) -> bool:
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

    def accepts(self, value: Any, _budget: Budget) -> bool:
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

    def accepts(self, text: str, budget: Budget) -> bool:
        wanted, text = self._folded, text.casefold()
        budget.spend(PLACE_STEPS + len(text) * (TEXT_STEPS + 2 * min(len(wanted), MAX_FIND)) // 100)
        start = text.find(wanted)
        while start >= 0:
            budget.spend(PLACE_STEPS)
            if not _inside_a_word(text, start) and not _inside_a_word(text, start + len(wanted)):
                return True
            start = text.find(wanted, start + 1)
        return False


def _piece(characters: list[str]) -> str | re.Pattern[str]:
    """What is sought in place of a piece of a glob: a text or, if it has a `?`, a regular expression."""
    if "?" not in characters:
        return "".join(character[-1] for character in characters)
    return re.compile("".join("." if each == "?" else re.escape(each[-1]) for each in characters), re.DOTALL)


def _find(piece: str | re.Pattern[str], text: str, start: int, end: int) -> int:
    """Where a piece first lies between two places of a text, or -1."""
    if isinstance(piece, str):
        return text.find(piece, start, end)
    found = piece.search(text, start, end)
    return found.start() if found else -1


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
