"""Finds the events that a search query matches."""

from functools import cache

from mockserver.analytics.boolean import evaluate
from mockserver.analytics.search_syntax import Attribute, Search, Term
from mockserver.analytics.store import EventStore, Mask


def matching(store: EventStore, search: Search) -> Mask:
    """The events of the store that match; equal terms of a query are looked up once."""
    return evaluate(search, cache(lambda term: matching_term(store, term)), store.everything())


def matching_term(store: EventStore, term: Term) -> Mask:
    """The events that match one term: of an array facet, any element may (documented)."""
    if isinstance(term, Attribute):
        return store.column(term.facet).mask(term.condition.holds)
    return store.mask_of_texts(term.words.matches)
