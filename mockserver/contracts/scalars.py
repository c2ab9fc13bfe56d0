"""Proposes the numbers and texts that a merged schema asks for: within its bounds, of its format, for its pattern."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import chain, count, islice, product, takewhile, zip_longest
from math import ceil, floor
from string import ascii_lowercase, digits
from typing import Any

from mockserver.contracts.patterns import MAX_TEXT, UNBOUNDED, texts_for

WORD = "string"
BY_TURNS = 50
MAX_TURNS = 1000
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "date-time": ("2024-01-01T00:{minute:02}:{second:02}Z",),
    "iso-8601-time": ("2024-01-01T00:{minute:02}:{second:02}Z",),
    "date": ("20{minute:02}-01-{day:02}",),
    "time": ("00:{minute:02}:{second:02}Z",),
    "duration": ("P{next}D",),
    "uuid": ("00000000-0000-4000-8000-{number:012}",),
    **dict.fromkeys(("email", "idn-email"), ("user{fill}@example.com", "u{fill}@a.io")),
    **dict.fromkeys(("hostname", "idn-hostname"), ("host{fill}.example.com", "h{fill}")),
    "ipv4": ("192.0.{minute}.{second}",),
    "ipv6": ("2001:db8::{number:x}",),
    **dict.fromkeys(("uri", "iri"), ("https://example.com/{fill}", "a:{fill}")),
    **dict.fromkeys(("uri-reference", "iri-reference"), ("/path{fill}", "{fill}")),
    "uri-template": ("/path{fill}/{{id}}", "{fill}"),
    "json-pointer": ("/name{fill}", ""),
    "relative-json-pointer": ("{number}/name{fill}",),
    "regex": ("a{fill}",),
    "int64": ("{next}",),
    "byte": ("c3RyaW5n",),
}
"""Texts of each known format, a usual and a short one: `fill` stands for any letters and digits, the other names for
parts of a number."""


def numbers(node: Mapping[str, Any], *, whole: bool) -> Iterator[int | float]:
    """Numbers within the bounds of a schema, 1 or the nearest to it first; integers only if `whole`."""
    bounds = {keyword: Fraction(str(node[keyword])) for keyword in _WITHIN if keyword in node}
    low = max((bounds[each] for each in ("minimum", "exclusiveMinimum") if each in bounds), default=None)
    high = min((bounds[each] for each in ("maximum", "exclusiveMaximum") if each in bounds), default=None)
    step = Fraction(str(node["multipleOf"])) if node.get("multipleOf") else None
    if whole:
        step = Fraction((step or Fraction(1)).numerator)
    for number in _between(low, high) if step is None else _multiples(step, low, high):
        if all(_WITHIN[keyword](number, bound) for keyword, bound in bounds.items()):
            yield int(number) if whole or abs(number) >= 1 << 53 else float(number)


_WITHIN = {
    "minimum": Fraction.__ge__,
    "exclusiveMinimum": Fraction.__gt__,
    "maximum": Fraction.__le__,
    "exclusiveMaximum": Fraction.__lt__,
}


def _multiples(step: Fraction, low: Fraction | None, high: Fraction | None) -> Iterator[Fraction]:
    first = ceil(Fraction(1) / step if low is None else max(Fraction(1), low) / step)
    if high is not None:
        first = min(first, floor(high / step))
    up = takewhile(lambda number: high is None or number <= high, ((first + more) * step for more in count()))
    down = takewhile(lambda number: low is None or number >= low, ((first - less) * step for less in count(1)))
    return chain(islice(up, BY_TURNS), islice(down, BY_TURNS), up, down)


def _between(low: Fraction | None, high: Fraction | None) -> Iterator[Fraction]:
    first = Fraction(1) if low is None else max(Fraction(1), low)
    first = first if high is None else min(first, high)
    yield from (first, *(bound for bound in (Fraction(0), low, high) if bound is not None))
    if low is not None and high is not None:
        yield from (low + (high - low) / parts for parts in range(2, MAX_TURNS if low < high else 2))
    else:
        halves = (Fraction(part, 2) for part in count(1))
        yield from (first + half if high is None else first - half for half in halves)


def texts(node: Mapping[str, Any]) -> Iterator[str]:
    """Texts of the lengths that a schema allows, of its formats and for its patterns by turns, else plain ones."""
    fewest, most = node.get("minLength", 0), node.get("maxLength", UNBOUNDED)
    if fewest > MAX_TEXT:
        return
    parts = [node, *(part for part in node.get("allOf", ()) if isinstance(part, dict))]
    sources = [_of_format(part["format"], fewest) for part in parts if part.get("format") in _TEXTS]
    sources += [texts_for(part["pattern"], fewest, most) for part in parts if "pattern" in part]
    for turn in islice(zip_longest(*sources, _plain(fewest, most)), MAX_TURNS):
        yield from (text for text in turn if text is not None and fewest <= len(text) <= most)


def _of_format(name: str, fewest: int) -> Iterator[str]:
    for number in count():
        parts: dict[str, Any] = {"number": number, "next": number + 1, "day": number % 28 + 1}
        parts |= {"second": number % 60, "minute": number // 60 % 60}
        for template in _TEXTS[name]:
            text = template.format(fill=number or "", **parts)
            yield text
            if len(text) < fewest:
                yield template.format(fill="x" * (fewest - len(text)) + str(number or ""), **parts)


def _plain(fewest: int, most: int) -> Iterator[str]:
    yield WORD[:most].ljust(fewest, "x")
    yield ""
    for length in range(max(1, fewest), min(most, fewest + 4) + 1):
        for letters in product(ascii_lowercase + digits, repeat=min(length, 3)):
            yield "".join(letters).ljust(length, "x")
