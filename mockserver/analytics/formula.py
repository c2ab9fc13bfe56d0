"""The grammar of audience formulas: names of audience queries, parentheses, AND, OR and NOT.

A name with spaces or parentheses is put in double quotes (assumed). NOT binds closest, then AND, then OR (assumed).
"""

import re
from collections.abc import Collection

from mockserver.analytics.boolean import And, BooleanParser, Expression, Is
from mockserver.analytics.errors import QueryError

MAX_LENGTH = 4_096

Formula = Expression[str]

_NAME = re.compile(r'"[^"]*"|[^\s()"]+')


def parse_formula(text: str, names: Collection[str], pointer: str) -> Formula:
    """The expression of a formula over `names`; a blank one asks for all of them (assumed).

    Raises QueryError for a syntax error, a name that is not among `names`, and a formula beyond MAX_LENGTH or
    MAX_DEPTH.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the formula is longer than {MAX_LENGTH} characters", pointer)
    return _Parser(text, names, pointer).formula()


class _Parser(BooleanParser[str]):
    language = "audience formula"

    def __init__(self, text: str, names: Collection[str], pointer: str) -> None:
        super().__init__(text, pointer)
        self.names = names

    def formula(self) -> Formula:
        self.skip_spaces()
        if self.at_end():
            return And(tuple(map(Is, self.names)))
        expression = self.disjunction()
        if not self.at_end():
            raise self.error(f"an operator is expected in place of '{self.next_word()}'")
        return expression

    def operand(self) -> Formula:
        if not self.at_end() and self.peek() == "(":
            return self.group()
        name = None if any(map(self.operator_ahead, ("AND", "OR"))) else _NAME.match(self.text, self.index)
        if name is None:
            unclosed = not self.at_end() and self.peek() == '"'
            raise self.error("'\"' is never closed" if unclosed else "a name is expected")
        text = name.group().strip('"')
        if text not in self.names:
            raise self.error(f"no audience query is named '{text}'")
        self.index = name.end()
        return Is(text)
