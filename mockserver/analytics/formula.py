"""The grammar of audience formulas: names of audience queries, parentheses, AND, OR and NOT.

A name with spaces or parentheses is put in double quotes (assumed). NOT binds closest, then AND, then OR (assumed).
"""

from collections.abc import Collection

from mockserver.analytics.boolean import And, BooleanParser, Expression

Formula = Expression[str]


def parse_formula(text: str, names: Collection[str], pointer: str) -> Formula:
    """The expression of a formula over `names`; a blank one asks for all of them (assumed).

    Raises QueryError for a syntax error, a name that is not among `names`, and a formula beyond MAX_LENGTH or
    MAX_DEPTH.
    """
    parser = _Parser(text, pointer)
    parser.names = names
    return parser.whole(And(tuple(names)))


class _Parser(BooleanParser[str]):
    language = "audience formula"
    names: Collection[str]

    def surplus(self) -> str:
        return f"an operator is expected in place of '{self.next_word()}'"

    def operand(self) -> Formula:
        if self.next_is("("):
            return self.group()
        name = None if any(map(self.operator_ahead, ("AND", "OR"))) else self.match(r'"[^"]*"|[^\s()"]+')
        if name is None:
            raise self.error("'\"' is never closed" if self.next_is('"') else "a name is expected")
        text = name[0].strip('"')
        if text not in self.names:
            raise self.error(f"no audience query is named '{text}'")
        self.index = name.end()
        return text
