"""Makes broken bodies out of good ones: flipped bits, cuts, swapped types, giants, bad UTF-8, depth. Seeded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

TYPES: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, "", "x", [], {}, [[]], {"": None})
NUMBERS = ("1e400", "-1e400", "1" * 400, "-0", "1e-400", "0.1" + "0" * 300, "9223372036854775808", "1E+2", "01", "1.")
BAD_UTF8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80")
ESCAPES = (b"\\ud800", b"\\udc00\\ud800", b"\\u0000", b"\\x41", b"\\", b"\\uZZZZ", b"\x00", b"\x1f", b"\xef\xbb\xbf")

Mutation = Callable[[random.Random, bytes], bytes]


def mutants(bodies: list[Any], seed: int, count: int) -> Iterator[bytes]:
    """`count` bodies, each one of `bodies` (as JSON) after one to three mutations."""
    chance = random.Random(seed)
    texts = [json.dumps(body).encode() for body in bodies]
    for _ in range(count):
        body = chance.choice(texts)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            body = chance.choice(MUTATIONS)(chance, body)
        yield body[:200_000]


def flip(chance: random.Random, body: bytes) -> bytes:
    flipped = bytearray(body or b"{")
    for _ in range(chance.randint(1, 4)):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def cut(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def splice(chance: random.Random, body: bytes) -> bytes:
    start, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
    return body[:end] + body[start:]


def swap_type(chance: random.Random, body: bytes) -> bytes:
    return at_some_place(chance, body, lambda _: chance.choice(TYPES))


def grow_string(chance: random.Random, body: bytes) -> bytes:
    text = chance.choice(("x", "é", "😀", "\n", "\u0000", '"'))
    return at_some_place(chance, body, lambda _: text * chance.choice((65, 101, 129, 256, 501, 4001, 20_000)))


def grow_number(chance: random.Random, body: bytes) -> bytes:
    marked = at_some_place(chance, body, lambda _: "@@number@@")
    return marked.replace(b'"@@number@@"', chance.choice(NUMBERS).encode())


def deepen(chance: random.Random, body: bytes) -> bytes:
    depth = chance.choice((2, 9, 10, 11, 12, 100, 199, 200, 201, 5000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    marked = at_some_place(chance, body, lambda _: "@@deep@@")
    return marked.replace(b'"@@deep@@"', opening * depth + b"1" + closing * chance.choice((depth, depth, depth - 1)))


def spoil(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice(BAD_UTF8 + ESCAPES) + body[at:]


def drop(chance: random.Random, body: bytes) -> bytes:
    value = read(body)
    holders = [inner for inner in inside(value) if isinstance(inner, dict) and inner]
    if holders:
        holder = chance.choice(holders)
        del holder[chance.choice(list(holder))]
        return json.dumps(value).encode()
    return body


def double(chance: random.Random, body: bytes) -> bytes:
    """A member given twice."""
    at = body.find(b"{", chance.randrange(len(body) + 1))
    return body[: at + 1] + b'"name":1,"name":2,' + body[at + 1 :] if at >= 0 else body


def widen(chance: random.Random, body: bytes) -> bytes:
    members = {f"p{number}": number for number in range(chance.choice((9, 10, 11, 99, 100, 101, 1000)))}
    return at_some_place(chance, body, lambda _: members)


MUTATIONS: tuple[Mutation, ...] = (
    *(flip, cut, splice, swap_type, swap_type, grow_string, grow_number, deepen, spoil, drop, double, widen),
)


def at_some_place(chance: random.Random, body: bytes, change: Callable[[Any], Any]) -> bytes:
    """The body with the value at one place changed; as it was where it is no JSON any more."""
    value = read(body)
    holders = [inner for inner in inside(value) if isinstance(inner, (dict, list)) and inner]
    if not holders:
        return body
    holder = chance.choice(holders)
    key = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    holder[key] = change(holder[key])
    return json.dumps(value).encode()


def read(body: bytes) -> Any:
    """The JSON value, or None where there is none to be had."""
    if len(body) > 50_000:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def inside(value: Any) -> Iterator[Any]:
    """The value and every value below it, as far as 300 levels."""
    stack = [(value, 0)]
    while stack:
        current, depth = stack.pop()
        yield current
        inner = current.values() if isinstance(current, dict) else current if isinstance(current, list) else ()
        if depth < 300:
            stack.extend((each, depth + 1) for each in inner)
