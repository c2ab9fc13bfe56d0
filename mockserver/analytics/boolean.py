"""Boolean expressions, whatever their leaves are: the terms of a search query or the names of an audience formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Generic, TypeVar

from mockserver.analytics.store import Mask

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
