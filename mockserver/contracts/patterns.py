"""Writes texts that match a regular expression of ECMA 262, the dialect of JSON Schema's `pattern`.

Python's own parser of regular expressions is private and reads another dialect, as do the libraries that build on it.
The texts are proposals, the validator has the last word, as it has on what a class of characters holds: anchors and
lookarounds are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import zip_longest
from string import ascii_lowercase, ascii_uppercase, digits, punctuation

import jsonschema_rs

MAX_VARIANTS = 64
MAX_TEXT = 100_000
UNBOUNDED = 1 << 31
_GROUPS = zip_longest(ascii_lowercase, digits, ascii_uppercase, "_-." + punctuation, fillvalue="")
ALPHABET = "".join(dict.fromkeys("".join(map("".join, _GROUPS)) + " \n\té中я😀"))
"""The characters to write where a class lets several stand, letters, digits, capitals and marks by turns."""
_CLASS = r"\[(?:\\.|[^\\\]])*\]"
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]+\}|[pP]\{[^}]*\}|.)"
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


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
        shortest, longer = (part(_Writer(variant, mixed, extra)) for extra in (0, 1))
        unit = max(1, len(longer) - len(shortest))
        extra = max(0, -((len(shortest) - fewest) // unit))
        writers = [_Writer(variant, mixed, extra + more) for more in range(3)]
        around = "x" * (fewest - len(shortest))
        texts += [*(part(writer) for writer in writers), shortest + around, around + shortest]
    return texts, writers[-1].variant == 0


class _Writer:
    """Writes one text. `variant` is a number whose digits, of a base for each choice, say what is taken; `mixed` takes
    another character at each place; `extra` is how many repetitions there are besides the fewest."""

    def __init__(self, variant: int, mixed: bool, extra: int) -> None:
        self.variant, self._mixed, self._extra = variant, mixed, extra
        self.groups: dict[int, str] = {}
        self._characters = 0

    def pick(self, size: int) -> int:
        self.variant, index = divmod(self.variant, size)
        return index

    def character(self, options: str) -> str:
        self._characters += 1
        return options[(self.pick(len(options)) + (self._characters if self._mixed else 0)) % len(options)]

    def repeat(self, part: Part, fewest: int, most: int) -> str:
        more = min(most - fewest, self._extra)
        self._extra -= more
        return "".join(part(self) for _ in range(fewest + more))


Part = Callable[[_Writer], str]
"""Writes what stands for a part of a pattern."""


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
        while self._matched(r"\|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else lambda writer: options[writer.pick(len(options))](writer)

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return lambda writer: "".join(part(writer) for part in parts)

    def _repeated(self, part: Part) -> Part:
        counts = self._matched(r"(?:\{(\d+)(,?)(\d*)\}|([*+?]))\??")
        if counts is None:
            return part
        if counts[4]:
            fewest, most = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}[counts[4]]
        else:
            fewest = int(counts[1])
            most = int(counts[3]) if counts[3] else UNBOUNDED if counts[2] else fewest
        if fewest > MAX_TEXT:
            raise ValueError("more repetitions than a text may have")
        return lambda writer: writer.repeat(part, fewest, most)

    def _atom(self) -> Part:
        if self._matched(r"\("):
            return self._group()
        if self._matched(r"\^|\$|\\[bB]"):
            return lambda _: ""
        reference = self._matched(r"\\([1-9]\d*)")
        if reference is not None:
            return lambda writer: writer.groups.get(int(reference[1]), "")
        several = self._matched(rf"\.|{_CLASS}|{_ESCAPE}")
        if several is not None:
            options = _characters_of(several[0])
        else:
            options = self._text[self._at]
            self._at += 1
            if options in "[\\":
                raise ValueError(f"a {options} without its end")
        return lambda writer: writer.character(options)

    def _group(self) -> Part:
        around = self._matched(r"\?<?[=!]")
        number = 0
        if around is None and not self._matched(r"\?:"):
            number = self._groups = self._groups + 1
            self._matched(r"\?<[^>]+>")
        part = self._alternatives()
        if not self._matched(r"\)"):
            raise ValueError("a group without its end")

        def captured(writer: _Writer) -> str:
            writer.groups[number] = text = "" if around else part(writer)
            return text

        return captured

    def _matched(self, pattern: str) -> re.Match[str] | None:
        match = re.compile(pattern, re.DOTALL).match(self._text, self._at)
        self._at = self._at if match is None else match.end()
        return match


@lru_cache(maxsize=1024)
def _characters_of(several: str) -> str:
    """The usual characters that a class or an escape sequence matches; of one that matches none of them, those that it
    names. Raises ValueError for what is no part of a pattern, or of no known character."""
    fits = jsonschema_rs.validator_for({"pattern": f"^{several}$"}).is_valid
    options = "".join(filter(fits, ALPHABET)) or "".join(filter(fits, re.sub(_ESCAPE, _named, several)))
    if not options:
        raise ValueError("a class of no character that is known")
    return options


def _named(escape: re.Match[str]) -> str:
    """The character that an escape sequence names; none for a class."""
    text = escape[0][1:]
    code = re.fullmatch(r"[xu]\{?([0-9a-fA-F]{2,})\}?", text)
    if code is not None:
        return chr(int(code[1], 16))
    return "" if len(text) > 1 else _CONTROLS.get(text, text)
