"""Markdown into a tree of blocks with line numbers, with `{% tab %}` and tables as blocks of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from mockserver.extract.errors import ExtractError

TAB = re.compile(r'\{%\s*(?:tab\s+(?:title|label)="(?P<title>[^"]*)"|(?P<close>/tab)|(?P<group>/?tabs))\s*%\}\s*$')
"""The head or the end of a tab, or of a group of tabs, which holds nothing but tabs."""
DELIMITER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$")
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
        kind = "tab_group" if match["group"] else "tab_close" if match["close"] else "tab_open"
        token = state.push(kind, "", 0)
        token.info = match["title"] or ""
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _table_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Reads tables as GitHub's Markdown has them, each as one token: a token per cell takes five times as long."""
    if start + 2 > end or state.sCount[start + 1] < state.blkIndent or state.is_code_block(start):
        return False
    delimiter, head = _line(state, start + 1), _line(state, start)
    if state.is_code_block(start + 1) or "|" not in head or DELIMITER.match(delimiter) is None:
        return False
    columns = _cells(head)
    if not columns or len(columns) != len(_cells(delimiter)):
        return False
    if silent:
        return True
    rows = list(_rows(state, start + 2, end, len(columns)))
    token = state.push("table", "", 0)
    token.map = [start, start + 2 + len(rows)]
    token.meta = {"columns": tuple(columns), "rows": rows}
    state.line = start + 2 + len(rows)
    return True


def _rows(state: StateBlock, start: int, end: int, width: int) -> Iterator[tuple[str, ...]]:
    """The cells of each line of a table from `start` on, as many as there are columns."""
    ends = state.md.block.ruler.getRules("blockquote")
    for line in range(start, end):
        text = _line(state, line)
        if not text or state.sCount[line] < state.blkIndent or state.is_code_block(line):
            return
        if not text.startswith("|") and any(rule(state, line, end, True) for rule in ends):
            return
        cells = _cells(text)[:width]
        yield (*cells, *[""] * (width - len(cells)))


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()


def _cells(line: str) -> list[str]:
    cells = escapedSplit(line) if "\\" in line else line.split("|")
    if cells[0] == "":
        del cells[0]
    if cells and cells[-1] == "":
        del cells[-1]
    return [cell.strip() for cell in cells]


def parse(text: str, file: str, first_line: int = 1) -> list[Block]:
    """The blocks of `text`, tabs nested. `first_line` is the page's line number of the first line of `text`. Raises
    ExtractError where a tab is not closed or was never opened."""
    parser = MarkdownIt("commonmark").disable("inline")  # only whole blocks are read
    parser.block.ruler.before("table", "tab", _tab_rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block.ruler.after("tab", "rows", _table_rule, {"alt": ["paragraph", "reference"]})
    tokens = parser.parse(text)
    blocks: list[Block] = []
    tabs: list[Tab] = []
    for token, following in zip(tokens, [*tokens[1:], Token("", "", 0)], strict=True):
        line = (token.map[0] if token.map else 0) + first_line
        inside = tabs[-1].blocks if tabs else blocks
        match token.type:
            case "tab_open":
                tabs.append(Tab(line, token.info))
                inside.append(tabs[-1])
            case "tab_close" if tabs:
                tabs.pop().end = line
            case "tab_close":
                raise ExtractError(file, line, "no {% /tab %} here, since no tab is open")
            case "heading_open":
                inside.append(Heading(line, int(token.tag[1]), ANCHOR.sub("", following.content)))
            case "fence":
                inside.append(Fence(line + 1, token.info.strip(), token.content))
            case "paragraph_open":
                inside.append(Text(line, following.content))
            case "table":
                rows = enumerate(token.meta["rows"], line + 2)
                inside.append(Table(line, token.meta["columns"], tuple(rows)))
    if tabs:
        raise ExtractError(file, tabs[-1].line, f'a {{% /tab %}} that closes the tab "{tabs[-1].title}" opened here')
    return blocks


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
