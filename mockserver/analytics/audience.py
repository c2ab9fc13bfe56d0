"""Audience filters: which users and accounts a query is about, and the events that are theirs.

A user is in a user query when what is known of it matches: its merged attributes, which are the `usr` objects of all
its events in the store with the latest value of each, plus any of those events (assumed; so `-@usr.plan:free` asks for
users that are not on that plan now, and `@event.name:a @event.name:b` for users who have done both). Accounts likewise,
by `account.id`. Neither is limited to the query's time range (assumed). Without a formula, all of the queries apply
(assumed). An event without a user is in no user query, and so in NOT of it (assumed).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, compress
from typing import Any

from mockserver.analytics.boolean import evaluate
from mockserver.analytics.errors import QueryError
from mockserver.analytics.facets import texts_of
from mockserver.analytics.formula import parse_formula
from mockserver.analytics.search import matching_term
from mockserver.analytics.search_syntax import Attribute, Search, Term, parse_search
from mockserver.analytics.store import Column, EventStore, Mask

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
    store: EventStore, filters: Mapping[str, Any], segments: Mapping[str, Segment], pointer: str
) -> Audience:
    """The audience of a request's `audience_filters`, whose place in the request is `pointer`.

    Raises QueryError for two queries of one name, an unknown segment, and errors in a search query or the formula.
    """
    _check_names(filters, pointer)
    users, accounts = _Entities(store, "usr"), _Entities(store, "account")
    in_users = _named(filters, "users", pointer, lambda entry, at: users.members(_query(entry, at)))
    in_accounts = _named(filters, "accounts", pointer, lambda entry, at: accounts.members(_query(entry, at)))
    in_segments = _named(filters, "segments", pointer, lambda entry, at: _segment(users, entry, segments, at))
    masks = {name: users.events(members) for name, members in (in_users | in_segments).items()}
    masks |= {name: accounts.events(members) for name, members in in_accounts.items()}
    formula = parse_formula(filters.get("formula", ""), tuple(masks), f"{pointer}/formula")
    mask = evaluate(formula, masks.__getitem__, store.everything())
    return Audience(mask, Queries(users.ids, in_users), Queries(accounts.ids, in_accounts))


class _Entities:
    """The users or the accounts of a store: what has an id in `usr` or in `account`."""

    def __init__(self, store: EventStore, kind: str) -> None:
        self.store = store
        self.ids = store.column(f"{kind}.id")
        self.own = f"{kind}."
        self.everyone = bytes([0]) + bytes([1]) * (len(self.ids.cells) - 1)

    def members(self, search: Search) -> Members:
        everyone = int.from_bytes(self.everyone, "little")
        found = evaluate(search, lambda term: int.from_bytes(self._term(term), "little"), everyone)
        return found.to_bytes(len(self.everyone), "little")

    def listed(self, ids: frozenset[str]) -> Members:
        return bytes(cell is not None and not ids.isdisjoint(texts_of(cell)) for cell in self.ids.cells)

    def events(self, members: Members) -> Mask:
        return self.ids.mask_of(members)

    def _term(self, term: Term) -> Members:
        if isinstance(term, Attribute) and term.facet.startswith(self.own):
            return self._latest(term)
        events = matching_term(self.store, term).to_bytes(len(self.store), "little")
        return self._table(set(compress(self.ids.codes, events)))

    def _latest(self, term: Attribute) -> Members:
        column = self.store.column(term.facet)
        latest = {entity: code for entity, code in zip(self.ids.codes, column.codes, strict=True) if code}
        hits = [cell is not None and term.condition.holds(cell) for cell in column.cells]
        return self._table({entity for entity, code in latest.items() if hits[code]})

    def _table(self, codes: set[int]) -> Members:
        table = bytearray(len(self.everyone))
        for code in codes - {0}:
            table[code] = 1
        return bytes(table)


def _named(
    filters: Mapping[str, Any], kind: str, pointer: str, find: Callable[[Mapping[str, str], str], Members]
) -> dict[str, Members]:
    entries = enumerate(filters.get(kind, ()))
    return {entry["name"]: find(entry, f"{pointer}/{kind}/{index}") for index, entry in entries}


def _query(entry: Mapping[str, str], pointer: str) -> Search:
    return parse_search(entry.get("query", ""), f"{pointer}/query")


def _segment(users: _Entities, entry: Mapping[str, str], segments: Mapping[str, Segment], pointer: str) -> Members:
    pointer = f"{pointer}/segment_id"
    identifier = entry["segment_id"]
    segment = segments.get(identifier) or segments.get(identifier.lower())
    if segment is None:
        raise QueryError(f"no segment has the id '{identifier}'", pointer)
    found = users.members(parse_search(segment.query or "", pointer))
    listed = users.everyone if segment.users is None else users.listed(segment.users)
    return bytes(map(int.__and__, found, listed))


def _check_names(filters: Mapping[str, Any], pointer: str) -> None:
    names: set[str] = set()
    for kind, index, entry in chain.from_iterable(
        ((kind, index, entry) for index, entry in enumerate(filters.get(kind, ())))
        for kind in ("users", "accounts", "segments")
    ):
        if entry["name"] in names:
            raise QueryError(f"two audience queries are named '{entry['name']}'", f"{pointer}/{kind}/{index}/name")
        names.add(entry["name"])
