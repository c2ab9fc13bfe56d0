"""What the documentation points to is there: linked pages, files named in passing, folders of the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mockserver"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"])
ABOUT_THE_CODE = [
    page for page in PAGES if page.name in ("ARCHITECTURE.md", "CONTRIBUTING.md") or page.parts[-2] == "decisions"
]
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
FILE = re.compile(r"`((?:[a-z_0-9.-]+/)+(?:[a-z_0-9-]+\.[a-z]+)?)`")
"""A path in backticks with a folder in it; one that holds a placeholder in capitals or angle brackets names no file."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_links_to_files_that_are_there(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", ABOUT_THE_CODE, ids=named)
def test_a_page_about_the_code_names_files_that_are_there(page: Path) -> None:
    files = FILE.findall(page.read_text("utf-8"))
    assert [file for file in files if not ((ROOT / file).exists() or (PACKAGE / file).exists())] == []


def test_the_tree_of_the_architecture_holds_every_folder() -> None:
    listed = re.findall(r"^    ([a-z_]+)/ ", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(folder.parent.name for folder in PACKAGE.glob("*/__init__.py"))
