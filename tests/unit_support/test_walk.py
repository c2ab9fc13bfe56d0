"""A walk visits every value once, from the top down, with the pointer that leads to it."""

from __future__ import annotations

from typing import Any

from mockserver.support.pointers import follow, walk

DOCUMENT = {"a": [1, {"b/c": "x"}, []], "~": None}


def test_every_value_is_visited_in_the_order_of_the_text() -> None:
    found = list(walk(DOCUMENT))
    assert [pointer for pointer, _ in found] == ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/a/2", "/~0"]
    assert all(follow(DOCUMENT, pointer) is value for pointer, value in found)
    assert list(walk(5)) == [("", 5)]


def test_a_change_during_the_walk_is_seen() -> None:
    document: dict[str, Any] = {"a": {"b": 1}, "c": 2}
    for pointer, value in walk(document):
        if pointer == "/a":
            value["b"] = [3]
    assert [pointer for pointer, _ in walk(document)] == ["", "/a", "/a/b", "/a/b/0", "/c"]


def test_a_document_of_any_depth_is_walked() -> None:
    document: list[Any] = []
    for _ in range(10_000):
        document = [document]
    assert sum(1 for _ in walk(document)) == 10_001
