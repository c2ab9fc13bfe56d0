"""The sections of one of Datadog's API pages: one for each version of each endpoint, in any of the page's forms."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mockserver.extract.markdown import Block, Heading, Tab, Table

VERSION = re.compile(r"(?P<version>v\d+)(?: \([\w ]+\))?$")
PART = re.compile(
    r"(?:|overview|arguments|request|response|code example|body data(?: \(\w+\))?|headers|"
    r"(?:path|header|cookie) parameters|query strings)$",
    re.IGNORECASE,
)
"""Headings inside a section; a code sample has one without text."""
SITES = ("datadog site", "api endpoint")


class Section(NamedTuple):
    """One version of one endpoint: the heading above it, the lines that it spans, and `versions`, how many there are
    below that heading. `version` is empty where the page names none."""

    heading: str
    version: str
    line: int
    end: int
    blocks: Sequence[Block]
    versions: int = 1


def sections(blocks: Sequence[Block], end: int) -> list[Section]:
    """The sections of a page whose last line is `end`. A version is a tab, or a heading above all of its blocks; a
    page without versions has a section below each heading with a table of endpoints."""
    found = list(_versions(blocks, end)) or list(_unversioned(blocks, end))
    counts = Counter(number for number, _ in found)
    return [section._replace(versions=counts[number]) for number, section in found]


def _versions(blocks: Sequence[Block], end: int) -> Iterator[tuple[int, Section]]:
    """Each with the number of its heading, since two headings may have one text."""
    heading, number = "", 0
    for index, block in enumerate(blocks):
        match = VERSION.match(
            block.text if isinstance(block, Heading) else block.title if isinstance(block, Tab) else ""
        )
        if match and isinstance(block, Tab):
            yield number, Section(heading, match["version"], block.line, block.end, block.blocks)
        elif match and isinstance(block, Heading):
            inside = _until(blocks[index + 1 :], block.level)
            after = index + 1 + len(inside)
            last = blocks[after].line - 1 if after < len(blocks) else end
            yield number, Section(heading, match["version"], block.line, last, inside)
        elif isinstance(block, Heading) and not PART.match(block.text):
            heading, number = block.text, number + 1


def _until(blocks: Sequence[Block], level: int) -> list[Block]:
    """The blocks up to the heading that ends a section which a heading of `level` opened."""
    for index, block in enumerate(blocks):
        if isinstance(block, Heading) and block.level <= level and not PART.match(block.text):
            return list(blocks[:index])
    return list(blocks)


def _unversioned(blocks: Sequence[Block], end: int) -> Iterator[tuple[int, Section]]:
    starts = [i for i, each in enumerate(blocks) if isinstance(each, Heading) and not PART.match(each.text)]
    for number, (start, after) in enumerate(zip(starts, [*starts[1:], len(blocks)], strict=False)):
        inside, head = blocks[start + 1 : after], blocks[start]
        if isinstance(head, Heading) and any(map(is_site_table, inside)):
            last = blocks[after].line - 1 if after < len(blocks) else end
            yield number, Section(head.text, "", head.line, last, inside)


def is_site_table(block: Block) -> bool:
    """Whether a block is the table that names the servers of an endpoint."""
    return isinstance(block, Table) and tuple(name.lower() for name in block.columns) == SITES
