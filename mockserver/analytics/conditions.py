"""What a search term asks of a value or of any text: equality, wildcards, ranges, words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.analytics.facets import Scalar, text_of
from mockserver.support.budget import Budget

MAX_FIND = 100
"""Characters of a text that is sought, from which on a longer one is not found more slowly."""
TEXT_STEPS, PLACE_STEPS = 5, 10
"""What 100 characters of a text take at least in which a short text is sought, and to look at a text, or at a place in
it where the short one was found."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Piece(NamedTuple):
    """What stands between two stars of a glob: a text, or with a `?` a regular expression, and how long it is."""

    sought: str | re.Pattern[str]
    length: int

    @property
    def steps(self) -> int:
        """What it takes to seek it in 100 characters."""
        return TEXT_STEPS + 2 * (min(self.length, MAX_FIND) if isinstance(self.sought, str) else 3 * self.length)

    def find(self, text: str, start: int, end: int) -> int:
        """Where it first lies between two places of a text, or -1."""
        if isinstance(self.sought, str):
            return text.find(self.sought, start, end)
        found = self.sought.search(text, start, end)
        return found.start() if found else -1


@dataclass(frozen=True, slots=True)
class Glob:
    """A text in which `*` stands for any characters and `?` for one. Numbers are compared as text (assumed).

    Each of the pieces between the stars is taken at the first place where it fits, which is as good as any other.
    `steps` is what 100 characters take.
    """

    pieces: tuple[Piece, ...]
    steps: int
    ignore_case: bool

    def accepts(self, value: Scalar, budget: Budget) -> bool:
        text = text_of(value).casefold() if self.ignore_case else text_of(value)
        budget.spend(PLACE_STEPS + len(text) * self.steps // 100)
        *pieces, last = self.pieces
        at, end = 0, len(text) - last.length
        for number, piece in enumerate(pieces):
            budget.spend(PLACE_STEPS)
            at = piece.find(text, at, end if number else piece.length)
            if at < 0:
                return False
            at += piece.length
        return (at <= end if pieces else end == 0) and last.find(text, end, len(text)) == end


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
    """A text that holds these characters, in folded case, as whole words, whatever their case (assumed)."""

    folded: str

    def accepts(self, text: str, budget: Budget) -> bool:
        wanted, text = self.folded, text.casefold()
        budget.spend(PLACE_STEPS + len(text) * (TEXT_STEPS + 2 * min(len(wanted), MAX_FIND)) // 100)
        start = text.find(wanted)
        while start >= 0:
            budget.spend(PLACE_STEPS)
            if not _inside_a_word(text, start) and not _inside_a_word(text, start + len(wanted)):
                return True
            start = text.find(wanted, start + 1)
        return False


def glob(characters: Iterable[str], ignore_case: bool = False) -> Glob:
    """The glob of a text's characters, those with a backslash for themselves."""
    parts: list[list[str]] = [[]]
    for each in characters:
        if each == "*":
            parts.append([])
        else:
            parts[-1] += [""] if each == "?" else each[-1].casefold() if ignore_case else each[-1]
    kept = [piece for number, piece in enumerate(parts) if piece or number in (0, len(parts) - 1)]
    pieces = tuple(map(_piece, kept))
    return Glob(pieces, max(piece.steps for piece in pieces), ignore_case)


def _piece(characters: list[str]) -> Piece:
    """A piece of a glob; an empty text among its characters stands for any one."""
    if "" not in characters:
        return Piece("".join(characters), len(characters))
    expression = "".join(re.escape(each) or "." for each in characters)
    return Piece(re.compile(expression, re.DOTALL), len(characters))


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
