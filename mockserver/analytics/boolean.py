"""Boolean expressions and their grammar, whatever the leaves: terms of a search query, names of an audience formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Generic, TypeVar

from mockserver.analytics.scanner import Scanner
from mockserver.analytics.store import Mask

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


@dataclass(frozen=True, slots=True)
class Is(Generic[Leaf]):
    leaf: Leaf


Expression = And[Leaf] | Or[Leaf] | Not[Leaf] | Is[Leaf]


def evaluate(expression: Expression[Leaf], leaf: Callable[[Leaf], Mask], everything: Mask) -> Mask:
    """The mask of an expression, given the mask of each leaf and that of everything there is."""
    if isinstance(expression, And):
        return reduce(and_, (evaluate(operand, leaf, everything) for operand in expression.operands), everything)
    if isinstance(expression, Or):
        return reduce(or_, (evaluate(operand, leaf, everything) for operand in expression.operands))
    if isinstance(expression, Not):
        return evaluate(expression.operand, leaf, everything) ^ everything
    return leaf(expression.leaf)


class BooleanParser(Scanner, Generic[Leaf]):
    """Parses operands joined by OR, AND and NOT. NOT binds closest, then AND, then OR.

    A language says what an `operand` is, which may be a `group`, and may say that AND is implied somewhere.
    """

    depth = 0

    def operand(self) -> Expression[Leaf]:
        raise NotImplementedError

    def and_is_implied(self) -> bool:
        """Whether a further operand follows, without an operator."""
        return False

    def take_not(self) -> bool:
        return self.take_operator("NOT")

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
