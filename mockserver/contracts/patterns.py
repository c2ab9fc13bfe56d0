"""Writes texts that match a regular expression of ECMA 262, the dialect of JSON Schema's `pattern`.

Python's own parser of regular expressions is private and reads another dialect, as do the libraries that build on it.
The texts are proposals, the validator has the last word: anchors and lookarounds are passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import zip_longest
from string import ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import NamedTuple

MAX_VARIANTS = 64
MAX_TEXT = 100_000
UNBOUNDED = 1 << 31
_GROUPS = zip_longest(ascii_lowercase, digits, ascii_uppercase, "_-." + punctuation, fillvalue="")
ALPHABET = "".join(dict.fromkeys("".join(map("".join, _GROUPS)) + " \n\té中я😀"))
"""The characters to write where a class lets several stand, letters, digits, capitals and marks by turns."""


class Chars(NamedTuple):
    """One of these characters."""

    options: str


class Sequence(NamedTuple):
    """All of the parts, one after the other. `number` is that of the capturing group that it stands for."""

    parts: tuple[Part, ...] = ()
    number: int | None = None


class Choice(NamedTuple):
    """One of the parts."""

    options: tuple[Part, ...]


class Repeat(NamedTuple):
    """A part, from `fewest` to `most` times."""

    part: Part
    fewest: int
    most: int


class Again(NamedTuple):
    """What the capturing group matched."""

    number: int


Part = Chars | Sequence | Choice | Repeat | Again
Test = Callable[[str], bool]


def texts_for(pattern: str, fewest: int = 0, most: int = UNBOUNDED) -> Iterator[str]:
    """Distinct texts of `fewest` to `most` characters that probably match a pattern, the plainest first; none for a
    pattern that is not understood."""
    try:
        part = _Reader(pattern).read()
    except (IndexError, ValueError):
        return
    seen: set[str] = set()
    for variant in range(MAX_VARIANTS):
        texts, further = _variant(part, variant, fewest)
        for text in texts:
            if fewest <= len(text) <= most and text not in seen:
                seen.add(text)
                yield text
        if not further:
            return


def _variant(part: Part, variant: int, fewest: int) -> tuple[list[str], bool]:
    """The texts of a variant, as short as they can be and longer, by repetition and by what stands around them; and
    whether there may be further variants."""
    texts: list[str] = []
    for mixed in (False, True):
        shortest, longer = (_Writer(variant, mixed, extra).write(part) for extra in (0, 1))
        unit = max(1, len(longer) - len(shortest))
        extra = max(0, -((len(shortest) - fewest) // unit))
        writers = [_Writer(variant, mixed, extra + more) for more in range(3)]
        around = "x" * (fewest - len(shortest))
        texts += [*(writer.write(part) for writer in writers), shortest + around, around + shortest]
    return texts, writers[-1].variant == 0


class _Writer:
    """Writes one text. `variant` is a number whose digits, of a base for each choice, say what is taken; `mixed` takes
    another character at each place; `extra` is how many repetitions there are besides the fewest."""

    def __init__(self, variant: int, mixed: bool, extra: int) -> None:
        self.variant, self._mixed, self._extra = variant, mixed, extra
        self._groups: dict[int, str] = {}
        self._picks = 0

    def write(self, part: Part) -> str:
        match part:
            case Chars(options):
                self._picks += 1
                return options[(self._pick(len(options)) + (self._picks if self._mixed else 0)) % len(options)]
            case Choice(options):
                return self.write(options[self._pick(len(options))])
            case Repeat(inner, fewest, most):
                more = min(most - fewest, self._extra)
                self._extra -= more
                return "".join(self.write(inner) for _ in range(fewest + more))
            case Again(number):
                return self._groups.get(number, "")
            case Sequence(parts, number):
                text = "".join(map(self.write, parts))
                if number is not None:
                    self._groups[number] = text
                return text

    def _pick(self, size: int) -> int:
        self.variant, index = divmod(self.variant, size)
        return index


class _Reader:
    """Reads a pattern. Raises ValueError or IndexError for what is no pattern, or none that is understood."""

    def __init__(self, pattern: str) -> None:
        self._text, self._at, self._groups = pattern, 0, 0

    def read(self) -> Part:
        part = self._alternatives()
        if self._at < len(self._text):
            raise ValueError(f"unbalanced ) at {self._at}")
        return part

    def _alternatives(self) -> Part:
        options = [self._sequence()]
        while self._took("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Sequence:
        parts: list[Part] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, part: Part) -> Part:
        counts = self._matched(r"\{(\d+)(,?)(\d*)\}")
        if counts is not None:
            fewest = int(counts[1])
            most = int(counts[3]) if counts[3] else UNBOUNDED if counts[2] else fewest
        else:
            sign = self._matched(r"[*+?]")
            if sign is None:
                return part
            fewest, most = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}[sign[0]]
        self._took("?")
        if fewest > MAX_TEXT:
            raise ValueError("more repetitions than a text may have")
        return Repeat(part, fewest, most)

    def _atom(self) -> Part:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        if char in "^$":
            return Sequence()
        return _chars(lambda other: other not in "\n\r\u2028\u2029") if char == "." else Chars(char)

    def _group(self) -> Part:
        number = None
        around = self._matched(r"\?(<?[=!])")
        if around is None and not self._took("?:"):
            number = self._groups = self._groups + 1
            self._matched(r"\?<[^>]+>")
        part = self._alternatives()
        if not self._took(")"):
            raise ValueError("a group without its end")
        return Sequence() if around else Sequence((part,), number)

    def _escape(self) -> Part:
        number = self._matched(r"[1-9]\d*")
        if number is not None:
            return Again(int(number[0]))
        if self._matched(r"[bB]"):
            return Sequence()
        escaped = self._escaped()
        return Chars(escaped) if isinstance(escaped, str) else _chars(escaped)

    def _escaped(self) -> str | Test:
        """The character of an escape sequence, or the test of a class of them."""
        code = self._matched(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}")
        if code is not None:
            return chr(int(code[code.lastindex or 0], 16))
        category = self._matched(r"([pP])\{(?:\w+=)?(\w+)\}")
        if category is not None:
            return _negated(_in_category(category[2]), category[1] == "P")
        char = self._next()
        if char.lower() in _CLASSES:
            return _negated(_CLASSES[char.lower()], char.isupper())
        return _CONTROLS.get(char, char)

    def _set(self) -> Chars:
        negated, tests, known = self._took("^"), list[Test](), ""
        while not self._took("]"):
            first = self._set_member()
            if isinstance(first, str) and self._matched(r"-(?!\])"):
                last = self._set_member()
                if not isinstance(last, str):
                    raise ValueError("a range that ends in a class")
                tests.append(_between(first, last))
                known += first + last
            elif isinstance(first, str):
                tests.append(_between(first, first))
                known += first
            else:
                tests.append(first)
        return _chars(_negated(lambda char: any(test(char) for test in tests), negated), known)

    def _set_member(self) -> str | Test:
        char = self._next()
        if char != "\\":
            return char
        return "\b" if self._took("b") else self._escaped()

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _took(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _matched(self, pattern: str) -> re.Match[str] | None:
        match = re.compile(pattern).match(self._text, self._at)
        self._at = self._at if match is None else match.end()
        return match


_CLASSES: dict[str, Test] = {
    "d": lambda char: char in digits,
    "w": lambda char: char.isascii() and (char.isalnum() or char == "_"),
    "s": str.isspace,
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}


def _chars(test: Test, known: str = "") -> Chars:
    """The characters of a class that are written; of one that has none of the usual ones, those that it names."""
    options = "".join(filter(test, ALPHABET)) or "".join(filter(test, known))
    if not options:
        raise ValueError("a class of no character that is known")
    return Chars(options)


def _between(first: str, last: str) -> Test:
    return lambda char: first <= char <= last


def _negated(test: Test, negated: bool) -> Test:
    return (lambda char: not test(char)) if negated else test


def _in_category(name: str) -> Test:
    """The test of a Unicode property: a general category by its short or long name; other properties by letters."""
    begin = name if len(name) <= 2 else name[0]
    return lambda char: unicodedata.category(char).startswith(begin if begin in "LMNPSZC" or len(begin) == 2 else "L")
