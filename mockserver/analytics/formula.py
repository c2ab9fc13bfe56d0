"""The grammar of audience formulas: names of audience queries, parentheses, AND, OR and NOT.

A name with spaces or parentheses is put in double quotes (assumed). NOT binds closest, then AND, then OR (assumed).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mockserver.analytics.boolean import And, Expression, Is, Not, Or
from mockserver.analytics.errors import QueryError, syntax_error

MAX_LENGTH = 4_096
MAX_DEPTH = 32

Formula = Expression[str]

_TOKEN = re.compile(r'[()]|"[^"]*"|[^\s()"]+|"')
_OPERATORS = ("AND", "OR", "NOT", "(", ")")


def parse_formula(text: str, names: Collection[str], pointer: str) -> Formula:
    """The expression of a formula over `names`; a blank one asks for all of them (assumed).

    Raises QueryError for a syntax error, a name that is not among `names`, and a formula beyond MAX_LENGTH or
    MAX_DEPTH.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the formula is longer than {MAX_LENGTH} characters", pointer)
    if not text.strip():
        return And(tuple(map(Is, names)))
    return _Parser(text, names, pointer).formula()


class _Parser:
    def __init__(self, text: str, names: Collection[str], pointer: str) -> None:
        self.tokens = [(token.group(), token.start()) for token in _TOKEN.finditer(text)]
        self.end = len(text)
        self.names = names
        self.pointer = pointer
        self.next = 0
        self.depth = 0

    def formula(self) -> Formula:
        expression = self._disjunction()
        if self._token():
            raise self._error(f"an operator is expected in place of '{self._token()}'")
        return expression

    def _disjunction(self) -> Formula:
        operands = [self._conjunction()]
        while self._take("OR"):
            operands.append(self._conjunction())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def _conjunction(self) -> Formula:
        operands = [self._negation()]
        while self._take("AND"):
            operands.append(self._negation())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _negation(self) -> Formula:
        negated = False
        while self._take("NOT"):
            negated = not negated
        expression = self._primary()
        return Not(expression) if negated else expression

    def _primary(self) -> Formula:
        if self._take("("):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise self._error(f"more than {MAX_DEPTH} parentheses in one another")
            expression = self._disjunction()
            if not self._take(")"):
                raise self._error("')' is expected")
            self.depth -= 1
            return expression
        return self._name()

    def _name(self) -> Formula:
        token = self._token()
        if token in _OPERATORS or not token:
            raise self._error("a name is expected")
        if token.count('"') == 1:
            raise self._error("'\"' is never closed")
        name = token.strip('"')
        if name not in self.names:
            raise self._error(f"no audience query is named '{name}'")
        self.next += 1
        return Is(name)

    def _token(self) -> str:
        return self.tokens[self.next][0] if self.next < len(self.tokens) else ""

    def _take(self, token: str) -> bool:
        taken = self._token() == token
        self.next += taken
        return taken

    def _error(self, reason: str) -> QueryError:
        index = self.tokens[self.next][1] if self.next < len(self.tokens) else self.end
        return syntax_error("audience formula", reason, index, self.pointer)
