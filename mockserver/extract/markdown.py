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
    """The blocks of `text`, tabs nested. `first_line` is the page's line number of the first line of `text`. Raises
    ExtractError where a tab is not closed or was never opened."""
    parser = MarkdownIt("commonmark").enable("table").disable("inline")  # only whole blocks are read
    parser.block.ruler.before("table", "tab", _tab_rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    tokens = parser.parse(text)
    blocks: list[Block] = []
    tabs: list[Tab] = []
    rows: list[tuple[int, list[str]]] = []
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
            case "table_open":
                rows = []
            case "tr_open":
                rows.append((line, []))
            case "th_open" | "td_open":
                rows[-1][1].append(following.content.strip())
            case "table_close":
                (line, columns), *cells = ((at, tuple(row)) for at, row in rows)
                inside.append(Table(line, columns, tuple(cells)))
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
