"""Audience filters: which users and accounts a query is about, and the events that are theirs.

A user is in a user query when what is known of it matches: its merged attributes, which are the `usr` objects of all
its events in the store with the latest value of each, plus any of those events (assumed; so `-@usr.plan:free` asks for
users that are not on that plan now, and `@event.name:a @event.name:b` for users who have done both). Accounts likewise,
by `account.id`. Neither is limited to the query's time range (assumed). Without a formula, all of the queries apply
(assumed). An event without a user is in no user query, and so in NOT of it (assumed).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import compress
from typing import Any

from mockserver.analytics import QueryError, within_budget
from mockserver.analytics.boolean import evaluate
from mockserver.analytics.facets import texts_of
from mockserver.analytics.formula import parse_formula
from mockserver.analytics.search_syntax import Attribute, Term, matching_term, parse_search
from mockserver.analytics.store import Column, EventStore, Mask, mask
from mockserver.support.budget import Budget

CHARACTER_STEPS = 500
"""What it takes to read a character of a search query, at most: a wildcard is compiled."""
Members = bytes
"""Which of a column's codes are in a query, by code: 1 or 0. Code 0, the missing user, never is."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as a test defines it: these users (by `usr.id`), those that a user query finds, or, with both, the
    users that are in both. With neither, every user."""

    users: frozenset[str] | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Queries:
    """The audience queries about users, or those about accounts, by name, and the column that has the ids."""

    ids: Column
    members: Mapping[str, Members]


@dataclass(frozen=True, slots=True)
class Audience:
    """The audience filters of one request, found in the store; `mask` has the events that they let through."""

    mask: Mask
    users: Queries
    accounts: Queries


def find_audience(
    store: EventStore, filters: Mapping[str, Any], segments: Mapping[str, Segment], pointer: str, budget: Budget
) -> Audience:
    """The audience of a request's `audience_filters`, whose place in the request is `pointer`.

    Raises QueryError for two queries of one name, an unknown segment, errors in a search query or the formula, and a
    search that takes too long.
    """
    with within_budget(pointer):
        users, accounts = _Entities(store, "usr", budget), _Entities(store, "account", budget)
    seen = set[str]()

    def named(kind: str, find: Callable[[Mapping[str, str], str], Members]) -> dict[str, Members]:
        found = {}
        for index, entry in enumerate(filters.get(kind, ())):
            name, at = entry["name"], f"{pointer}/{kind}/{index}"
            if name in seen:
                raise QueryError(f"two audience queries are named '{name}'", f"{at}/name")
            seen.add(name)
            with within_budget(at):
                budget.spend(len(store))
                found[name] = find(entry, at)
        return found

    in_users = named("users", users.of_query)
    in_accounts = named("accounts", accounts.of_query)
    in_segments = named("segments", lambda entry, at: _segment(users, entry, segments, f"{at}/segment_id"))
    masks = {name: users.ids.mask_of(members) for name, members in (in_users | in_segments).items()}
    masks |= {name: accounts.ids.mask_of(members) for name, members in in_accounts.items()}
    formula = parse_formula(filters.get("formula", ""), tuple(masks), f"{pointer}/formula")
    events = evaluate(formula, masks.__getitem__, store.everything())
    return Audience(events, Queries(users.ids, in_users), Queries(accounts.ids, in_accounts))


class _Entities:
    """The users or the accounts of a store: what has an id in `usr` or in `account`."""

    def __init__(self, store: EventStore, kind: str, budget: Budget) -> None:
        self.store, self.budget = store, budget
        self.ids = store.column(f"{kind}.id", budget)
        self.own = f"{kind}."
        self.everyone = bytes([0]) + bytes([1]) * (len(self.ids.cells) - 1)

    def of_query(self, entry: Mapping[str, str], pointer: str) -> Members:
        return self.members(entry.get("query", ""), f"{pointer}/query")

    def members(self, query: str, pointer: str) -> Members:
        self.budget.spend(CHARACTER_STEPS * len(query))
        search = parse_search(query, pointer)
        found = evaluate(search, cache(self._term), mask(self.everyone))
        return found.to_bytes(len(self.everyone), "little")

    def _term(self, term: Term) -> Mask:
        self.budget.spend(len(self.store) + len(self.everyone))
        if isinstance(term, Attribute) and term.facet.startswith(self.own):
            column = self.store.column(term.facet, self.budget)
            latest = {entity: code for entity, code in zip(self.ids.codes, column.codes, strict=True) if code}
            hits = column.hits(term.condition.accepts, self.budget)
            codes = {entity for entity, code in latest.items() if hits[code]}
        else:
            events = matching_term(self.store, term, self.budget).to_bytes(len(self.store), "little")
            codes = set(compress(self.ids.codes, events))
        codes.discard(0)
        return mask(code in codes for code in range(len(self.everyone)))


def _segment(users: _Entities, entry: Mapping[str, str], segments: Mapping[str, Segment], pointer: str) -> Members:
    identifier = entry["segment_id"]
    segment = segments.get(identifier) or segments.get(identifier.lower())
    if segment is None:
        raise QueryError(f"no segment has the id '{identifier}'", pointer)
    found, listed = users.members(segment.query or "", pointer), segment.users
    if listed is None:
        return found
    return bytes(
        member and cell is not None and not listed.isdisjoint(texts_of(cell))
        for member, cell in zip(found, users.ids.cells, strict=True)
    )
