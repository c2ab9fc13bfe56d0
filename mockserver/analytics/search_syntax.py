"""The grammar of search queries: a text becomes a boolean expression of terms, or an error that names the character.

    query       = [ disjunction ]                                   nothing means everything
    disjunction = conjunction { "OR" conjunction }
    conjunction = negation { [ "AND" ] negation }
    negation    = { "NOT" | "-" } primary
    primary     = "(" disjunction ")" | attribute ":" value | word | quoted
    value       = "(" disjunction of values ")" | range | comparison | word | quoted
    range       = ( "[" | "{" ) bound "TO" bound ( "]" | "}" )
    comparison  = ( ">" | ">=" | "<" | "<=" ) bound

Written by hand, in place of luqum (the Lucene parser on PyPI), which speaks another language: `@x:-5` is NOT 5 there
and `@x:>=-5` an error, `@u:https://a` a regular expression, `x~2` and `x^3` fuzzy and boosted terms, a leading `/`
illegal; `a OR b c` groups as (a OR b) c; an unexpected end has no position; and its parser is one global object.

Source: the vendor's search syntax page for this product. Assumed: `&&`, `||`, `!`, `~`, `=`, `/` and, in a value, `:`,
`<` and `>` stand for themselves (one of that page's examples has a bare `:` in a value); brackets and quotes do not.
"""

import re
from dataclasses import dataclass

from mockserver.analytics.boolean import And, BooleanParser, Expression, Is
from mockserver.analytics.conditions import Between, Condition, Equals, Glob, Present, Resembles, Words, between
from mockserver.analytics.errors import QueryError
from mockserver.analytics.facets import facet_name

MAX_LENGTH = 4_096
MAX_TERMS = 100
MAX_FREE_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Attribute:
    """A condition on one facet (a path without @)."""

    facet: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class FreeText:
    """Words to be found in any text of the event: its name and all its other text values (assumed).

    As on the vendor's page for logs, upper and lower case are the same here, and a wildcard spans the whole text.
    """

    words: Words | Glob


Term = Attribute | FreeText
Search = Expression[Term]


def parse_search(text: str, pointer: str) -> Search:
    """The expression of a search query; `pointer` is where the text stands in the request.

    Raises QueryError for a syntax error and for a text beyond MAX_LENGTH characters, MAX_DEPTH parentheses in one
    another, MAX_TERMS terms or MAX_FREE_TEXTS terms without an attribute (assumed bounds).
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the search query is longer than {MAX_LENGTH} characters", pointer)
    return _Parser(text, pointer).query()


class _Parser(BooleanParser[Term]):
    language = "search query"

    def __init__(self, text: str, pointer: str) -> None:
        super().__init__(text, pointer)
        self.facet: str | None = None
        self.terms = 0
        self.free_texts = 0

    def query(self) -> Search:
        self.skip_spaces()
        if self.at_end():
            return And()
        expression = self.disjunction()
        if not self.at_end():
            raise self.error("')' closes nothing")
        return expression

    def and_is_implied(self) -> bool:
        return not (self.at_end() or self.peek() == ")" or self.operator_ahead("OR"))

    def take_not(self) -> bool:
        taken = self.take("-") or self.take_operator("NOT")
        self.skip_spaces()
        return taken

    def operand(self) -> Search:
        if self.at_end():
            raise self.error("a term is expected")
        if self.peek() == "(":
            return self.group()
        closing = ")]}:[{" if self.facet is None else ")]}:"
        if self.peek() in closing or any(map(self.operator_ahead, ("AND", "OR"))):
            raise self.error(f"a term is expected in place of '{self.next_word()}'")
        return self._bare_term() if self.facet is None else self._value_in_group(self.facet)

    def _bare_term(self) -> Search:
        start = self.index
        if self.peek() == '"':
            return self._free_text(Words(self.quoted()))
        word = self.word(stops=":")
        if not self.take(":"):
            if word.is_star:
                return And()
            return self._free_text(Glob(word.pieces, ignore_case=True) if word.has_wildcards else Words(word.literal))
        if word.has_wildcards:
            raise self.error("an attribute's name has no wildcards: escape them", start)
        facet = facet_name(word.literal)
        if not facet:
            raise self.error("an attribute's name is expected before ':'", start)
        return self._value(facet)

    def _free_text(self, words: Words | Glob) -> Search:
        self._count_term()
        self.free_texts += 1
        if self.free_texts > MAX_FREE_TEXTS:
            raise self.error(f"more than {MAX_FREE_TEXTS} terms without an attribute")
        return Is(FreeText(words))

    def _value_in_group(self, facet: str) -> Search:
        if re.compile(r'@[^\s():"]+:').match(self.text, self.index):
            raise self.error("an attribute among the values of another")
        return self._value(facet)

    def _value(self, facet: str) -> Search:
        if self.at_end() or self.peek().isspace() or self.peek() in ")]}":
            raise self.error("a value is expected after ':'")
        if self.peek() == "(":
            outside, self.facet = self.facet, facet
            values = self.group()
            self.facet = outside
            return values
        self._count_term()
        return Is(Attribute(facet, self._condition()))

    def _condition(self) -> Condition:
        if self.peek() in "[{":
            return self._range()
        if self.peek() in "<>":
            return self._comparison()
        if self.peek() == '"':
            return Equals(self.quoted())
        word = self.word()
        if not word.has_wildcards:
            return Equals(word.literal)
        return Present() if word.is_star else Resembles(Glob(word.pieces))

    def _comparison(self) -> Between:
        below = self.take("<")
        if not below:
            self.index += 1
        inclusive = self.take("=")
        start = self.index
        bound = None if self.at_end() or self.peek().isspace() else self._bound()
        if bound is None:
            raise self.error("a number is expected to compare with", start)
        return between(None, bound, True, inclusive) if below else between(bound, None, inclusive, True)

    def _range(self) -> Between:
        opened = self.index
        includes_low = self.peek() == "["
        self.index += 1
        low = self._bound()
        self.skip_spaces()
        if not self.take_operator("TO"):
            raise self.error("'TO' is expected between the bounds of a range")
        high = self._bound()
        self.skip_spaces()
        if self.at_end():
            raise self.error("the range is never closed", opened)
        if self.peek() not in "]}":
            raise self.error("']' or '}' is expected at the end of a range")
        self.index += 1
        return between(low, high, includes_low, self.text[self.index - 1] == "]")

    def _bound(self) -> str | None:
        """A bound as written; None for `*`, the open one."""
        self.skip_spaces()
        if self.at_end() or self.peek() in "()[]{}":
            raise self.error("a bound is expected")
        start = self.index
        if self.peek() == '"':
            return self.quoted()
        word = self.word(closing="]}")
        if word.is_star:
            return None
        if word.has_wildcards:
            raise self.error("a bound has no wildcards: escape them", start)
        return word.literal

    def _count_term(self) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.error(f"more than {MAX_TERMS} terms")
