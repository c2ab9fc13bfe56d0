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
from functools import cache

from mockserver.analytics.boolean import And, BooleanParser, Expression, evaluate
from mockserver.analytics.conditions import Condition, Glob, Words, between, equals, glob
from mockserver.analytics.facets import facet_name
from mockserver.analytics.store import EventStore, Mask
from mockserver.support.budget import Budget

MAX_TERMS = 100
MAX_FREE_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Attribute:
    """A condition on one facet (a path without @)."""

    facet: str
    condition: Condition


Term = Attribute | Words | Glob
"""A condition on an attribute, or words to be found in any text of the event: its name and all its other text values
(assumed). As on the vendor's page for logs, upper and lower case are the same there, and a wildcard spans the whole
text."""
Search = Expression[Term]


def parse_search(text: str, pointer: str) -> Search:
    """The expression of a search query; `pointer` is where the text stands in the request.

    Raises QueryError for a syntax error and for a text beyond MAX_LENGTH characters, MAX_DEPTH parentheses in one
    another, MAX_TERMS terms or MAX_FREE_TEXTS terms without an attribute (assumed bounds).
    """
    return _Parser(text, pointer).whole(And())


def matching(store: EventStore, search: Search, budget: Budget) -> Mask:
    """The events of the store that match; equal terms of a query are looked up once. Raises TooMuchWork."""
    return evaluate(search, cache(lambda term: matching_term(store, term, budget)), store.everything())


def matching_term(store: EventStore, term: Term, budget: Budget) -> Mask:
    """The events that match one term: of an array facet, any element may (documented). Raises TooMuchWork."""
    if isinstance(term, Attribute):
        column = store.column(term.facet, budget)
        return column.mask_of(column.hits(term.condition.accepts, budget))
    return store.mask_of_texts(term.accepts, budget)


class _Parser(BooleanParser[Term]):
    language = "search query"
    facet: str | None = None
    terms = free_texts = 0

    def surplus(self) -> str:
        return "')' closes nothing"

    def and_is_implied(self) -> bool:
        return not (self.at_end() or self.next_is(")") or self.operator_ahead("OR"))

    def take_not(self) -> bool:
        taken = bool(self.take("-")) or self.take_operator("NOT")
        self.skip_spaces()
        return taken

    def operand(self) -> Search:
        if self.at_end():
            raise self.error("a term is expected")
        if self.next_is("("):
            return self.group()
        if self.next_is(")]}:[{" if self.facet is None else ")]}:") or any(map(self.operator_ahead, ("AND", "OR"))):
            raise self.error(f"a term is expected in place of '{self.next_word()}'")
        if self.facet is None:
            return self._bare_term()
        if self.match(r'@[^\s():"]+:'):
            raise self.error("an attribute among the values of another")
        return self._value(self.facet)

    def _bare_term(self) -> Search:
        start = self.index
        if self.next_is('"'):
            return self._free_text(Words(self._quoted().casefold()))
        word = self._word(stops=":")
        if not self.take(":"):
            if word == "*":
                return And()
            return self._free_text(
                glob(_characters(word), ignore_case=True) if _is_glob(word) else Words(_literal(word).casefold())
            )
        if _is_glob(word):
            raise self.error("an attribute's name has no wildcards: escape them", start)
        facet = facet_name(_literal(word))
        if not facet:
            raise self.error("an attribute's name is expected before ':'", start)
        return self._value(facet)

    def _free_text(self, words: Words | Glob) -> Search:
        self._count_term()
        self.free_texts += 1
        if self.free_texts > MAX_FREE_TEXTS:
            raise self.error(f"more than {MAX_FREE_TEXTS} terms without an attribute")
        return words

    def _value(self, facet: str) -> Search:
        if self.match(r"[\s)\]}]|\Z"):
            raise self.error("a value is expected after ':'")
        if self.next_is("("):
            outside, self.facet = self.facet, facet
            values = self.group()
            self.facet = outside
            return values
        self._count_term()
        return Attribute(facet, self._condition())

    def _condition(self) -> Condition:
        if self.next_is("[{"):
            return self._range()
        if self.next_is("<>"):
            return self._comparison()
        if self.next_is('"'):
            return equals(self._quoted())
        word = self._word()
        if not _is_glob(word):
            return equals(_literal(word))
        return between(None, None, True, True) if word == "*" else glob(_characters(word))

    def _comparison(self) -> Condition:
        below = self.take("<>") == "<"
        inclusive = bool(self.take("="))
        start = self.index
        bound = None if self.match(r"\s|\Z") else self._bound()
        if bound is None:
            raise self.error("a number is expected to compare with", start)
        return between(None, bound, True, inclusive) if below else between(bound, None, inclusive, True)

    def _range(self) -> Condition:
        opened = self.index
        includes_low = self.take("[{") == "["
        low = self._bound()
        self.skip_spaces()
        if not self.take_operator("TO"):
            raise self.error("'TO' is expected between the bounds of a range")
        high = self._bound()
        self.skip_spaces()
        if self.at_end():
            raise self.error("the range is never closed", opened)
        closing = self.take("]}")
        if not closing:
            raise self.error("']' or '}' is expected at the end of a range")
        return between(low, high, includes_low, closing == "]")

    def _bound(self) -> str | None:
        """A bound as written; None for `*`, the open one."""
        self.skip_spaces()
        if self.at_end() or self.next_is("()[]{}"):
            raise self.error("a bound is expected")
        start = self.index
        if self.next_is('"'):
            return self._quoted()
        word = self._word(closing="]}")
        if word == "*":
            return None
        if _is_glob(word):
            raise self.error("a bound has no wildcards: escape them", start)
        return _literal(word)

    def _word(self, stops: str = "", closing: str = "") -> str:
        """The characters up to a space, parenthesis, quote, bracket or one of `stops`, as written. Of brackets and
        quotes only those of `closing` and `)` may follow."""
        word = self.match(rf'(?:\\.|[^\s()\[\]{{}}"{stops}\\])*')
        written = word[0] if word else ""
        self.index += len(written)
        if self.next_is("\\"):
            raise self.error("'\\' escapes nothing")
        if self.next_is('([{]}"') and not self.next_is(closing):
            raise self.error(f"'{self.text[self.index]}' in a word: escape it or quote the value")
        return written

    def _quoted(self) -> str:
        quoted = self.match(r'"((?:\\.|[^"\\])*)"')
        if quoted is None:
            raise self.error("'\"' is never closed")
        self.index = quoted.end()
        return _literal(quoted[1])

    def _count_term(self) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.error(f"more than {MAX_TERMS} terms")


def _characters(word: str) -> list[str]:
    """The characters of a word, those that a backslash escapes together with it."""
    return re.findall(r"\\.|[^\\]", word, re.DOTALL)


def _is_glob(word: str) -> bool:
    return not {"*", "?"}.isdisjoint(_characters(word))


def _literal(text: str) -> str:
    """A text without the backslashes that escape."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
