"""Markdown into a tree of blocks with line numbers, with `{% tab %}` as a block of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from mockserver.extract.errors import ExtractError

TAB = re.compile(r'\{%\s*(?:tab\s+title="(?P<title>[^"]*)"|(?P<close>/tab))\s*%\}\s*$')
ANCHOR = re.compile(r"\s*\{%\s*#[^%]*%\}\s*$")


class Text(NamedTuple):
    """A paragraph or a list item."""

    line: int
    text: str


class Heading(NamedTuple):
    """A heading without its anchor."""

    line: int
    level: int
    text: str


class Fence(NamedTuple):
    """A fenced code block; `line` is that of its first line of code."""

    line: int
    language: str
    code: str


class Table(NamedTuple):
    """A table: column names, and rows with as many cells as there are columns."""

    line: int
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass
class Tab:
    """A `{% tab %}` with everything up to its end; `end` is the line of its closing tag."""

    line: int
    title: str
    blocks: list[Block] = field(default_factory=list)
    end: int = 0


Block = Heading | Text | Fence | Table | Tab


def _tab_rule(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = TAB.match(line)
    if match is None:
        return False
    if not silent:
        token = state.push("tab_close" if match["close"] else "tab_open", "", 0)
        token.info = match["title"] or ""
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def parse(text: str, file: str, first_line: int = 1) -> list[Block]:
    """The blocks of `text`, tabs nested. `first_line` is the page's line number of the first line of `text`.

    Raises ExtractError where a tab is not closed or was never opened.
    """
    parser = MarkdownIt("commonmark").enable("table")
    parser.block.ruler.before("table", "tab", _tab_rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    root: list[Block] = []
    open_tabs: list[Tab] = []
    for item in _blocks(parser.parse(text), first_line):
        target = open_tabs[-1].blocks if open_tabs else root
        if isinstance(item, Tab) and item.end:
            if not open_tabs:
                raise ExtractError(file, item.line, "no {% /tab %} here, since no tab is open")
            open_tabs.pop().end = item.end
        else:
            target.append(item)
            if isinstance(item, Tab):
                open_tabs.append(item)
    if open_tabs:
        tab = open_tabs[-1]
        raise ExtractError(file, tab.line, f'a {{% /tab %}} that closes the tab "{tab.title}" opened here')
    return root


def _blocks(tokens: Sequence[Token], first: int) -> Iterator[Block]:
    """Blocks in the page's order; a closing tag comes as a Tab with its `end` set."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        line = (token.map[0] if token.map else 0) + first
        if token.type == "tab_open":
            yield Tab(line, token.info)
        elif token.type == "tab_close":
            yield Tab(line, "", end=line)
        elif token.type == "heading_open":
            yield Heading(line, int(token.tag[1]), ANCHOR.sub("", tokens[index + 1].content))
        elif token.type == "fence":
            yield Fence(line + 1, token.info.strip(), token.content)
        elif token.type == "paragraph_open":
            yield Text(line, tokens[index + 1].content)
        elif token.type == "table_open":
            end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
            yield _table(tokens[index:end], line, first)
            index = end
        index += 1


def _table(tokens: Sequence[Token], line: int, first: int) -> Table:
    rows: list[tuple[int, tuple[str, ...]]] = []
    cells: list[str] = []
    at = line
    for token in tokens:
        if token.type == "tr_open":
            cells, at = [], (token.map[0] if token.map else 0) + first
        elif token.type == "inline":
            cells.append(token.content.strip())
        elif token.type == "tr_close":
            rows.append((at, tuple(cells)))
    return Table(line, rows[0][1], tuple(rows[1:]))


def below_headings(blocks: Sequence[Block], deepest: int = 6) -> list[tuple[str, list[Block]]]:
    """The text of each heading of at most level `deepest`, with the blocks from it on; first what is above them all."""
    found: list[tuple[str, list[Block]]] = [("", [])]
    for block in blocks:
        if isinstance(block, Heading) and block.level <= deepest:
            found.append((block.text, []))
        found[-1][1].append(block)
    return found


def fences(blocks: Sequence[Block]) -> Iterator[Fence]:
    """Every code block, those in tabs too."""
    for block in blocks:
        if isinstance(block, Fence):
            yield block
        elif isinstance(block, Tab):
            yield from fences(block.blocks)
