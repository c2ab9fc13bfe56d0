"""Rows of a model table into the tree that their parent names describe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Example, Field, Json, Row

OPTION = re.compile(r"(?:Option \d+|<(?!any-key>)[^>]+>)$")
"""How a choice names its members: `Option 2`, or by what tells them apart, `<type=users>`."""
ANY_KEY = "<any-key>"
ANY_PARENT = "additionalProperties"


@dataclass
class _Node:
    row: Row
    path: tuple[str, ...]
    children: list[_Node] = field(default_factory=list)

    def accepts(self, name: str) -> bool:
        """Whether a child of this name can stand here; a choice takes options only, and nothing else takes them."""
        options = "Of>" in self.row.type
        if options != bool(OPTION.match(name)) or not (options or "object" in self.row.type):
            return False
        return all(child.row.name != name for child in self.children)

    def frozen(self) -> Field:
        return Field(self.row, tuple(child.frozen() for child in self.children))


def nest(file: str, rows: Sequence[Row], examples: Sequence[Example]) -> tuple[Field, ...]:
    """The rows as a tree. They come in depth-first order; a parent is named, and the same name may be open several
    times. The innermost that can take the row gets it, unless the examples show the field further out only or, where
    they show nothing, the fields would be out of alphabetical order there and not further out.

    Raises ExtractError for a row whose parent is nowhere above it.
    """
    top: list[_Node] = []
    stack: list[_Node] = []
    for row in rows:
        parent = _parent(row, stack, examples) if row.parent else None
        if row.parent and parent is None and (stack or row.parent != ANY_PARENT):
            raise ExtractError(file, row.line, f'a row above that opens the parent "{row.parent}"')
        base = parent.path if parent else ()
        node = _Node(row, base if OPTION.match(row.name) else (*base, row.name))
        (parent.children if parent else top).append(node)
        stack = [*(stack[: stack.index(parent) + 1] if parent else []), node]
    return tuple(node.frozen() for node in top)


def _parent(row: Row, stack: Sequence[_Node], examples: Sequence[Example]) -> _Node | None:
    if row.parent == ANY_PARENT and all(node.row.name != ANY_PARENT for node in stack):
        return next((node for node in reversed(stack) if node.accepts(row.name)), None)
    fitting = [node for node in reversed(stack) if node.row.name == row.parent and node.accepts(row.name)]
    shown = [node for node in fitting if _shows(examples, (*node.path, row.name))]
    in_order = [node for node in fitting if not node.children or node.children[-1].row.name <= row.name]
    return next(iter(shown or in_order or fitting), None)


def _shows(examples: Sequence[Example], path: tuple[str, ...]) -> bool:
    return any(True for example in examples for _ in values(example.value, path))


def values(value: Json, path: tuple[str, ...]) -> Iterator[Json]:
    """Everything that a body has at `path`; lists are looked through and any key fits `<any-key>`."""
    if isinstance(value, list) and path:
        for item in value:
            yield from values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        keys = value if path[0] == ANY_KEY else [path[0]]
        for key in keys:
            if key in value:
                yield from values(value[key], path[1:])
