"""JSON pointers lead to the value that they were made for, in the value as in its text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.support.pointers import escaped, follow, parts_of, pointer_of, position_of

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)
spaces = st.sampled_from(["", " ", "\n", "\t", "\r\n", " \n "])


class Writer:
    """Writes a document as JSON text with chosen white space, and notes where each value begins."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._plain = draw(st.booleans())
        self.text = ""
        self.begins: dict[str, int] = {}

    def write(self, value: Any, path: tuple[object, ...] = ()) -> None:
        self._space()
        self.begins[pointer_of(path)] = len(self.text)
        if isinstance(value, dict):
            self._members("{}", [(name, inner, path) for name, inner in value.items()])
        elif isinstance(value, list):
            self._members("[]", [(number, inner, path) for number, inner in enumerate(value)])
        else:
            self.text += json.dumps(value, ensure_ascii=self._plain)
        self._space()

    def _members(self, brackets: str, members: list[tuple[Any, Any, tuple[object, ...]]]) -> None:
        self.text += brackets[0]
        self._space()
        for number, (part, inner, path) in enumerate(members):
            self.text += "," if number else ""
            if brackets == "{}":
                self._space()
                self.text += json.dumps(part, ensure_ascii=self._plain)
                self._space()
                self.text += ":"
            self.write(inner, (*path, part))
        self.text += brackets[1]

    def _space(self) -> None:
        self.text += self._draw(spaces)


@st.composite
def written(draw: st.DrawFn) -> Writer:
    writer = Writer(draw)
    writer.write(draw(documents))
    return writer


@settings(deadline=None, database=None)
@given(written())
def test_a_value_is_found_where_it_was_written(writer: Writer) -> None:
    for pointer, begins in writer.begins.items():
        lines = writer.text[:begins].split("\n")
        assert position_of(writer.text, pointer) == (len(lines), len(lines[-1]) + 1)


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/missing", (1, 1)),
        ("/a/missing", (2, 8)),
        ("/a/7", (2, 8)),
        ("/a/0/missing", (2, 9)),
        ("/a/1/b/c", (3, 14)),
    ],
)
def test_a_pointer_that_leads_nowhere_is_where_its_way_ends(pointer: str, place: tuple[int, int]) -> None:
    text = '{\n  "a": [1,\n       {"b": true}]}'
    assert position_of(text, pointer) == place


@settings(database=None)
@given(documents)
def test_a_pointer_leads_to_its_value(document: Any) -> None:
    def below(value: Any, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], Any]]:
        yield path, value
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for part, child in inner:
            yield from below(child, (*path, part))

    for path, value in below(document, ()):
        assert follow(document, pointer_of(path)) is value
        assert follow(document, "#" + pointer_of(path)) is value


@settings(database=None)
@given(st.lists(st.text()))
def test_escaping_is_undone(parts: list[str]) -> None:
    assert parts_of(pointer_of(parts)) == parts


@pytest.mark.parametrize(("part", "token"), [("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), (3, "3"), ("", "")])
def test_escaping_is_that_of_rfc_6901(part: object, token: str) -> None:
    assert escaped(part) == token


@pytest.mark.parametrize("pointer", ["/b", "/a/2", "/a/-", "/a/x", "/a/-1", "/a/²", "/a/0/0", "/a/" + "9" * 5000])
def test_a_pointer_that_leads_nowhere_is_none(pointer: str) -> None:
    assert follow({"a": [1, 2]}, pointer) is None
