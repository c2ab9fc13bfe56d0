"""The search syntax: what a query matches, and where a wrong one is wrong."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest

from mockserver.analytics import QueryError
from mockserver.analytics.queries import scalar
from mockserver.analytics.store import EventStore

PLACE = "/data/attributes/query/query/search/query"


def request(search: str) -> dict[str, Any]:
    base = {"data_source": "product_analytics", "search": {"query": search}}
    return {"from": 0, "to": 10, "query": {"compute": {"aggregation": "count"}, "query": base}}


def matches(search: str, body: dict[str, Any]) -> bool:
    store = EventStore()
    store.append(1, body)
    return bool(scalar(store, request(search), {})["columns"][0]["values"] == [1.0])


EVENT: dict[str, Any] = {
    "type": "server",
    "application": {"id": "app-1"},
    "event": {"name": "payment.processed"},
    "usr": {"id": "user-1"},
    "plan": "Pro",
    "note": "Hello, Big world",
    "url": "https://shop/cart",
    "amount": 5,
    "rate": 2.5,
    "debt": -3,
    "big": 9007199254740993,
    "digits": "7",
    "paid": True,
    "blank": "",
    "none": None,
    "star": "a*b",
    "path": "back\\slash",
    "quote": 'say "hi"',
    "version": "1.10.0",
    "tags": ["new", "vip", 3],
    "items": [{"sku": "A1", "price": 10}, {"sku": "B2", "price": 20}],
    "first name": "Ann",
    "flat.key": "flat",
    "customer": {"tier": "premium", "address.city": "Paris"},
}

MATCHING = {
    "nothing asks for everything": "",
    "spaces ask for everything": "  \t ",
    "a star asks for everything": "*",
    "an attribute has a value": "@plan:Pro",
    "an attribute of the event": "@event.name:payment.processed",
    "an attribute without an @": "type:server",
    "a nested attribute": "@customer.tier:premium",
    "a key that holds dots": "@flat.key:flat",
    "a key that holds dots, nested": "@customer.address.city:Paris",
    "a key with a space": "@first\\ name:Ann",
    "implicit AND": "@plan:Pro @amount:5",
    "AND": "@plan:Pro AND @amount:5",
    "OR": "@plan:Free OR @amount:5",
    "AND binds closer than OR": "@plan:Pro OR @plan:Free AND @plan:Free",
    "implicit AND binds closer than OR": "@plan:Pro OR @plan:Free @plan:Free",
    "parentheses": "(@plan:Free OR @plan:Pro) AND (@amount:5)",
    "minus": "-@plan:Free",
    "minus before parentheses": "-(@plan:Free OR @amount:6)",
    "NOT": "NOT @plan:Free",
    "NOT before parentheses": "NOT(@plan:Free)",
    "two negations": "NOT -@plan:Pro",
    "a missing attribute": "-@nowhere:*",
    "null is missing": "-@none:*",
    "an attribute that is there": "@plan:*",
    "an empty text is there": "@blank:*",
    "an empty text": '@blank:""',
    "quotes": '@note:"Hello, Big world"',
    "escaped spaces": "@note:Hello,\\ Big\\ world",
    "a wildcard for a space": "@note:Hello,?Big?world",
    "a star in a value": "@note:Hello*world",
    "a star at both ends": "@note:*Big*",
    "a question mark": "@plan:Pr?",
    "stars side by side": "@plan:P**o",
    "an escaped star": "@star:a\\*b",
    "a star in quotes": '@star:"a*b"',
    "an escaped backslash": "@path:back\\\\slash",
    "a quote in quotes": '@quote:"say \\"hi\\""',
    "a colon in a value": "@url:https://shop/cart",
    "escaped slashes": "@url:https:\\/\\/*",
    "values in parentheses": "@plan:(Free OR Pro)",
    "all values in parentheses": "@tags:(new AND vip)",
    "implicit AND in parentheses": "@tags:(new vip)",
    "negation in parentheses": "@plan:(Pro -Free)",
    "parentheses in parentheses": "@plan:((Free OR Trial) OR (Pro))",
    "a range in parentheses": "@amount:(9 OR [4 TO 6])",
    "a number": "@amount:5",
    "a number written otherwise": "@amount:5.0",
    "a number that no float holds": "@big:9007199254740993",
    "a negative number": "@debt:-3",
    "a boolean": "@paid:true",
    "greater": "@amount:>4",
    "greater or equal": "@amount:>=5",
    "less": "@amount:<5.5",
    "less or equal": "@amount:<=5",
    "greater than a negative number": "@debt:>=-3",
    "a range": "@amount:[5 TO 7]",
    "a range without its bounds": "@amount:{4 TO 6}",
    "a range without its high bound": "@amount:[5 TO 6}",
    "a range of negative numbers": "@debt:[-4 TO -2]",
    "an open range": "@amount:[* TO 5]",
    "a wholly open range": "@amount:[* TO *]",
    "a range of texts": "@version:[1.1 TO 1.2x]",
    "an element of an array": "@tags:vip",
    "a number in an array": "@tags:>2",
    "an object in an array": "@items.sku:B2",
    "any element may be in the range": "@items.price:[15 TO 25]",
    "different elements may match": "@items.sku:A1 @items.price:20",
    "a word of the event's name": "payment",
    "a whole name": "payment.processed",
    "a word of any text, in any case": "WORLD",
    "words in quotes": '"big world"',
    "a wildcard over a whole text": "hello*",
    "a text in an array": "vip",
    "an operator in small letters is a word": "-(hello and world)",
    "a word that begins like an operator": "-ORDER",
    "an operator in quotes": '-"OR"',
}
NOT_MATCHING = {
    "case counts in values": "@plan:pro",
    "case counts in names": "@Plan:Pro",
    "a part is not the value": "@plan:Pr",
    "a question mark is one character": "@plan:Pro?",
    "a star in quotes is a star": '@plan:"P*"',
    "a question mark in quotes is one": '@plan:"Pr?"',
    "a text is no number": "@digits:>5",
    "a number is no text": "@amount:[a TO b]",
    "an excluded bound": "@amount:>5",
    "an excluded bound of a range": "@amount:{5 TO 6]",
    "the other excluded bound": "@amount:[4 TO 5}",
    "a missing attribute has no value": "@nowhere:*",
    "a missing attribute is not less": "@nowhere:<5",
    "a number that no float tells apart": "@big:9007199254740992",
    "not a number": "@amount:nan",
    "an object is no facet": "@customer:*",
    "AND needs both": "@plan:Pro AND @amount:6",
    "AND binds closer than OR": "@plan:Free @amount:5 OR @plan:Free",
    "a part of a word": "pay",
    "a numeric value is no text": "2.5",
    "words in another order": '"world big"',
}


@pytest.mark.parametrize("search", MATCHING.values(), ids=MATCHING.keys())
def test_matches(search: str) -> None:
    assert matches(search, EVENT)


@pytest.mark.parametrize("search", NOT_MATCHING.values(), ids=NOT_MATCHING.keys())
def test_does_not_match(search: str) -> None:
    assert not matches(search, EVENT)


WRONG = {
    "(@a:1": (1, "'(' is never closed"),
    "@a:1 (b": (6, "'(' is never closed"),
    "@a:1)": (5, "')' closes nothing"),
    "()": (2, "a term is expected in place of ')'"),
    '@a:"x': (4, "'\"' is never closed"),
    "@a:": (4, "a value is expected after ':'"),
    "@a: x": (4, "a value is expected after ':'"),
    "(@a:)": (5, "a value is expected after ':'"),
    ":x": (1, "a term is expected in place of ':'"),
    "AND a": (1, "a term is expected in place of 'AND'"),
    "a OR OR b": (6, "a term is expected in place of 'OR'"),
    "a AND": (6, "a term is expected"),
    "a OR ": (6, "a term is expected"),
    "NOT": (4, "a term is expected"),
    "a -": (4, "a term is expected"),
    "a\\": (2, "'\\' escapes nothing"),
    "a(b)": (2, "'(' in a word: escape it or quote the value"),
    'a"b"': (2, "'\"' in a word: escape it or quote the value"),
    "@a:x]": (5, "']' in a word: escape it or quote the value"),
    "[1 TO 2]": (1, "a term is expected in place of '['"),
    "@a:[1 TO 2": (4, "the range is never closed"),
    "@a:[1 2]": (7, "'TO' is expected between the bounds of a range"),
    "@a:[1 TO ]": (10, "a bound is expected"),
    "@a:[TO 2]": (8, "'TO' is expected between the bounds of a range"),
    "@a:[1 TO 2 3]": (12, "']' or '}' is expected at the end of a range"),
    "@a:[1* TO 2]": (5, "a bound has no wildcards: escape them"),
    "@a:>": (5, "a number is expected to compare with"),
    "@a:>=*": (6, "a number is expected to compare with"),
    "@a*:x": (1, "an attribute's name has no wildcards: escape them"),
    "@a:(@b:x)": (5, "an attribute among the values of another"),
    "@a:(x": (4, "'(' is never closed"),
    "x y\n@b:": (8, "a value is expected after ':'"),
    "(" * 33 + "a": (33, "more than 32 parentheses in one another"),
    "@a:1 " * 101: (504, "more than 100 terms"),
    "a " * 21: (42, "more than 20 terms without an attribute"),
    "@:x": (1, "an attribute's name is expected before ':'"),
}


@pytest.mark.parametrize(("search", "place"), WRONG.items(), ids=[text[:20] for text in WRONG])
def test_a_syntax_error_names_the_character(search: str, place: tuple[int, str]) -> None:
    character, reason = place
    with pytest.raises(QueryError) as caught:
        matches(search, EVENT)
    assert caught.value.message == f"syntax error in the search query at character {character}: {reason}"
    assert caught.value.pointer == PLACE


def test_a_long_query_is_refused() -> None:
    with pytest.raises(QueryError, match="longer than 4096 characters") as caught:
        matches("a" * 4097, EVENT)
    assert caught.value.pointer == PLACE


@pytest.mark.parametrize(
    "search",
    ["@text:" + "*a" * 1000 + "*b", "@text:" + "?*" * 1000 + "b", "*" + "a*" * 1000 + "b", '"' + "a" * 4000 + '"'],
)
def test_a_hostile_query_does_not_hang(search: str) -> None:
    started = time.process_time()
    assert not matches(search, {"text": "a" * 20_000})
    assert time.process_time() - started < 5


def test_any_text_is_a_query_or_an_error_with_a_place() -> None:
    rng = random.Random(6)
    parts = [*'()[]{}":*?-<>=@\\ a5', "AND", "OR ", " NOT ", " TO ", "@plan:", "@amount:", "Pro", "é\n"]
    for _ in range(3_000):
        search = "".join(rng.choices(parts, k=rng.randrange(12)))
        try:
            matches(search, EVENT)
        except QueryError as error:
            character = re.search(r"at character (\d+): ", error.message)
            assert character, search
            assert 1 <= int(character.group(1)) <= len(search) + 1, search
