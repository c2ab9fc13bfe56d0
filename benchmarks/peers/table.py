"""The table: kinds of bugs against tools, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers import corpus
from benchmarks.peers.running import Fate

Fates = Mapping[tuple[str, str], Fate]


def table(files: list[Path], fates: Mapping[str, Fates]) -> str:
    """Rows of "caught of all", and for each tool that needs it, how many tests cannot be written with it."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        for test, kind in corpus.kinds(file).items():
            by_kind.setdefault(kind, []).append((file.stem, test))
    lacking = {tool for tool, of_tool in fates.items() if "unwritten" in of_tool.values()}
    heads = [head for tool in fates for head in ((tool, "cannot be written") if tool in lacking else (tool,))]
    bugs = [kind for kind in corpus.KINDS if kind in by_kind]
    rows = [(kind, by_kind[kind]) for kind in bugs]
    rows.append(("**All bugs**", [test for kind in bugs for test in by_kind[kind]]))
    rows += [(kind, by_kind[kind]) for kind in (corpus.UNCAUGHT_KIND, corpus.RIGHT_KIND) if kind in by_kind]
    lines = [["", *heads], ["---", *("---:" for _ in heads)]]
    lines += [[kind, *_cells(tests, fates, lacking)] for kind, tests in rows if tests]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(tests: list[tuple[str, str]], fates: Mapping[str, Fates], lacking: set[str]) -> list[str]:
    cells = []
    for tool, of_tool in fates.items():
        became = [of_tool[test] for test in tests]
        cells.append(f"{became.count('failed')} of {len(tests)}")
        if tool in lacking:
            cells.append(str(became.count("unwritten") or ""))
    return cells
