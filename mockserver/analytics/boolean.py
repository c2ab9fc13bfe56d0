"""Boolean expressions and their grammar, whatever the leaves: terms of a search query, names of an audience formula."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Generic, TypeAlias, TypeVar

from mockserver.analytics import QueryError
from mockserver.analytics.store import Mask

MAX_LENGTH = 4_096
MAX_DEPTH = 32

Leaf = TypeVar("Leaf")


@dataclass(frozen=True, slots=True)
class And(Generic[Leaf]):
    """All of the operands; without any, everything."""

    operands: tuple[Expression[Leaf], ...] = ()


@dataclass(frozen=True, slots=True)
class Or(Generic[Leaf]):
    operands: tuple[Expression[Leaf], ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[Leaf]):
    operand: Expression[Leaf]


Expression: TypeAlias = And[Leaf] | Or[Leaf] | Not[Leaf] | Leaf


def evaluate(expression: Expression[Leaf], leaf: Callable[[Leaf], Mask], everything: Mask) -> Mask:
    """The mask of an expression, given the mask of each leaf and that of everything there is."""
    if isinstance(expression, And):
        return reduce(and_, (evaluate(operand, leaf, everything) for operand in expression.operands), everything)
    if isinstance(expression, Or):
        return reduce(or_, (evaluate(operand, leaf, everything) for operand in expression.operands))
    if isinstance(expression, Not):
        return evaluate(expression.operand, leaf, everything) ^ everything
    return leaf(expression)


class BooleanParser(ABC, Generic[Leaf]):
    """Parses operands joined by OR, AND and NOT. NOT binds closest, then AND, then OR.

    A language has a name, says what an `operand` is, which may be a `group`, and may say that AND is implied somewhere.
    The parser stands `index` characters from the beginning of `text`; `pointer` is where that stands in the request.
    """

    language: str
    depth = 0

    def __init__(self, text: str, pointer: str) -> None:
        if len(text) > MAX_LENGTH:
            raise QueryError(f"the {self.language} is longer than {MAX_LENGTH} characters", pointer)
        self.text = text
        self.pointer = pointer
        self.index = 0

    @abstractmethod
    def operand(self) -> Expression[Leaf]:
        """The operand that begins here. Raises QueryError where none does."""

    @abstractmethod
    def surplus(self) -> str:
        """What is wrong with what follows a whole expression."""

    def and_is_implied(self) -> bool:
        """Whether a further operand follows, without an operator."""
        return False

    def take_not(self) -> bool:
        return self.take_operator("NOT")

    def whole(self, blank: Expression[Leaf]) -> Expression[Leaf]:
        """The expression of the whole text, `blank` for one of spaces only. Raises QueryError for a syntax error."""
        self.skip_spaces()
        if self.at_end():
            return blank
        expression = self.disjunction()
        if not self.at_end():
            raise self.error(self.surplus())
        return expression

    def disjunction(self) -> Expression[Leaf]:
        operands = [self._conjunction()]
        while self.take_operator("OR"):
            operands.append(self._conjunction())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def _conjunction(self) -> Expression[Leaf]:
        operands = [self._negation()]
        while self.take_operator("AND") or self.and_is_implied():
            operands.append(self._negation())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _negation(self) -> Expression[Leaf]:
        negated = False
        while self.take_not():
            negated = not negated
        expression = self.operand()
        self.skip_spaces()
        return Not(expression) if negated else expression

    def group(self) -> Expression[Leaf]:
        """The expression in the parentheses that open here. Raises QueryError beyond MAX_DEPTH of them."""
        opened = self.index
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"more than {MAX_DEPTH} parentheses in one another")
        self.index += 1
        self.skip_spaces()
        expression = self.disjunction()
        if not self.take(")"):
            raise self.error("'(' is never closed", opened)
        self.depth -= 1
        return expression

    def at_end(self) -> bool:
        return self.index >= len(self.text)

    def next_is(self, characters: str) -> bool:
        """Whether one of these characters follows."""
        return not self.at_end() and self.text[self.index] in characters

    def take(self, characters: str) -> str:
        """The next character if it is one of these, else ""."""
        taken = self.text[self.index] if self.next_is(characters) else ""
        self.index += len(taken)
        return taken

    def match(self, pattern: str) -> re.Match[str] | None:
        """What stands at this place, which stays the same."""
        return re.compile(pattern, re.DOTALL).match(self.text, self.index)

    def operator_ahead(self, name: str) -> re.Match[str] | None:
        """The operator `name`, a word of its own in capitals, if it stands at this place, and the spaces after it."""
        return self.match(rf'{name}(?=[\s()"]|\Z)\s*')

    def take_operator(self, name: str) -> bool:
        operator = self.operator_ahead(name)
        self.index = operator.end() if operator else self.index
        return operator is not None

    def skip_spaces(self) -> None:
        spaces = self.match(r"\s*")
        self.index = spaces.end() if spaces else self.index

    def next_word(self) -> str:
        found = self.match(r"\w+|.")
        return found[0] if found else ""

    def error(self, reason: str, index: int | None = None) -> QueryError:
        """A failure at this place, or at `index`; its message counts characters from 1."""
        character = (self.index if index is None else index) + 1
        return QueryError(f"syntax error in the {self.language} at character {character}: {reason}", self.pointer)
