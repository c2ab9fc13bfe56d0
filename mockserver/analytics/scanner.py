"""Reads the characters of a search query: words with escapes and wildcards, quoted texts, operators."""

import re
from dataclasses import dataclass

from mockserver.analytics.errors import QueryError


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written: `literal` without its escapes and wildcards; `pieces` the regular expressions between its
    stars, each of a fixed length."""

    literal: str
    pieces: tuple[str, ...]
    has_wildcards: bool

    @property
    def is_star(self) -> bool:
        return self.pieces == ("", "")


class Scanner:
    """A place in a text, `index` characters from its beginning; `pointer` is where the text stands in the request, and
    `language` what it is written in."""

    language: str

    def __init__(self, text: str, pointer: str) -> None:
        self.text = text
        self.pointer = pointer
        self.index = 0

    def word(self, stops: str = "", closing: str = "") -> Word:
        """The characters up to a space, a `)` or one of `stops` and `closing`."""
        pieces, literal, has_wildcards = [""], "", False
        while not self.at_end() and not (self.peek().isspace() or self.peek() in ")" + stops + closing):
            character = self.peek()
            if character in '([{]}"':
                raise self.error(f"'{character}' in a word: escape it or quote the value")
            if character == "*":
                pieces.append("")
            elif character == "?":
                pieces[-1] += "."
            else:
                literal += self.character()
                pieces[-1] += re.escape(literal[-1])
            has_wildcards = has_wildcards or character in "*?"
            self.index += 1
        return Word(literal, tuple(pieces), has_wildcards)

    def quoted(self) -> str:
        opened = self.index
        self.index += 1
        literal = ""
        while not self.at_end() and self.peek() != '"':
            literal += self.character()
            self.index += 1
        if not self.take('"'):
            raise self.error("'\"' is never closed", opened)
        return literal

    def character(self) -> str:
        """The character at this place, or the one its backslash escapes."""
        if self.peek() == "\\":
            self.index += 1
            if self.at_end():
                raise self.error("'\\' escapes nothing", self.index - 1)
        return self.peek()

    def at_end(self) -> bool:
        return self.index >= len(self.text)

    def peek(self) -> str:
        return self.text[self.index]

    def take(self, character: str) -> bool:
        taken = not self.at_end() and self.peek() == character
        self.index += taken
        return taken

    def operator_ahead(self, name: str) -> bool:
        """Whether the word at this place is the operator `name`: in capitals, and a word of its own."""
        after = self.text[self.index + len(name) : self.index + len(name) + 1]
        return self.text.startswith(name, self.index) and (not after or after.isspace() or after in '()"')

    def take_operator(self, name: str) -> bool:
        taken = self.operator_ahead(name)
        if taken:
            self.index += len(name)
            self.skip_spaces()
        return taken

    def skip_spaces(self) -> None:
        while not self.at_end() and self.peek().isspace():
            self.index += 1

    def next_word(self) -> str:
        found = re.compile(r"\w+|.").match(self.text, self.index)
        return found.group() if found else ""

    def error(self, reason: str, index: int | None = None) -> QueryError:
        """A failure at this place, or at `index`; its message counts characters from 1."""
        character = (self.index if index is None else index) + 1
        return QueryError(f"syntax error in the {self.language} at character {character}: {reason}", self.pointer)
