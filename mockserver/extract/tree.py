"""Rows of a model table into the tree that their parent names describe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mockserver.extract.model import Example, Field, Json, Row

OPTION = re.compile(r"(?:Option \d+|<(?!any-key>)[^>]+>)$")
"""How a choice names its members: `Option 2`, or by what tells them apart, `<type=users>`."""
ANY_KEY = "<any-key>"
ANY_PARENT = "additionalProperties"


SCALAR = re.compile(
    r"\[*(?:string|enum|bool(?:ean)?|integer|number|int32|int64|double|float|uuid|date(?:-time)?|email|uri|binary)\]*$"
)
"""Types of rows that have no rows below them."""
MAX_LEVELS = 32
"""How deep rows may be nested; a row below that is lost."""


@dataclass(eq=False)
class _Node:
    row: Row
    parent: _Node | None
    children: list[_Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        above = self.parent.path if self.parent else ()
        self.path: tuple[str, ...] = above if OPTION.match(self.row.name) else (*above, self.row.name)
        self.level: int = self.parent.level + 1 if self.parent else 1

    def accepts(self, name: str) -> bool:
        """Whether a child of this name can stand here; a choice takes options, and nothing else takes them."""
        kind = self.row.type
        if name in self.names or self.level >= MAX_LEVELS:
            return False
        if OPTION.match(name):
            return "Of>" in kind
        return "object" in kind if "Of>" in kind else SCALAR.match(kind) is None

    def add(self, child: _Node) -> None:
        self.children.append(child)
        self.names.add(child.row.name)

    def rows(self) -> Iterator[Row]:
        """Its row and all below it."""
        yield self.row
        for child in self.children:
            yield from child.rows()

    def frozen(self) -> Field:
        return Field(self.row, tuple(child.frozen() for child in self.children))


class Nested(NamedTuple):
    """Rows as a tree, and those whose parent is nowhere above them, with the rows below these."""

    fields: tuple[Field, ...]
    lost: tuple[Row, ...] = ()


def nest(rows: Sequence[Row], shown: Shown) -> Nested:
    """The rows as a tree. They come in depth-first order; a parent is named, and the same name may be open several
    times. The innermost that can take the row gets it, unless the examples show the field further out only or, where
    they show nothing, the fields would be out of alphabetical order there and not further out."""
    top: list[_Node] = []
    lost: list[_Node] = []
    open_nodes: list[_Node] = []
    astray: list[_Node] = []  # the last row that is lost, and what is open below it
    for row in rows:
        parent = _parent(row, [*open_nodes, *astray], shown) if row.parent else None
        node = _Node(row, parent)
        chain = astray if parent in astray else open_nodes
        if parent is not None:
            parent.add(node)
            chain[chain.index(parent) + 1 :] = [node]
        elif row.parent and (open_nodes or row.parent != ANY_PARENT):
            lost.append(node)
            chain = astray
            astray[:] = [node]
        else:
            top.append(node)
            open_nodes[:] = [node]
        if chain is open_nodes:
            astray.clear()
    return Nested(tuple(node.frozen() for node in top), tuple(row for node in lost for row in node.rows()))


def _parent(row: Row, stack: Sequence[_Node], shown: Shown) -> _Node | None:
    if row.parent == ANY_PARENT and all(node.row.name != ANY_PARENT for node in stack):
        return next((node for node in reversed(stack) if node.accepts(row.name)), None)
    fitting = [node for node in reversed(stack) if node.row.name == row.parent and node.accepts(row.name)]
    if len(fitting) < 2:
        return next(iter(fitting), None)
    seen = [node for node in fitting if any(True for _ in shown.at((*node.path, row.name)))]
    in_order = [node for node in fitting if not node.children or node.children[-1].row.name <= row.name]
    return next(iter(seen or in_order or fitting), None)


class Shown:
    """What examples show at each path, lists looked through: the plain values there, and the members."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        self.values: list[Json] = []
        self.members: dict[str, Shown] = {}
        waiting: list[tuple[Shown, Json]] = [(self, example.value) for example in examples]
        while waiting:
            node, value = waiting.pop()
            if isinstance(value, list):
                waiting.extend((node, item) for item in value)
            elif isinstance(value, dict):
                waiting.extend((node.members.setdefault(key, Shown()), member) for key, member in value.items())
            else:
                node.values.append(value)

    def at(self, path: tuple[str, ...]) -> Iterator[Shown]:
        """What is shown at `path`, in which `<any-key>` stands for every key."""
        if not path:
            yield self
        elif path[0] == ANY_KEY:
            for member in self.members.values():
                yield from member.at(path[1:])
        elif path[0] in self.members:
            yield from self.members[path[0]].at(path[1:])
