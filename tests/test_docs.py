"""What the documentation points to is there: linked pages, files named in passing, folders, control calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.test_imports import FOLDERS

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


def test_the_tree_of_the_architecture_lists_the_folders_in_the_order_of_their_imports() -> None:
    listed = re.findall(r"^    (\w+)(?:/|\.py) ", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [folder for folder in FOLDERS if folder != "__main__"]


def test_the_page_about_the_control_api_names_every_call() -> None:
    page = (ROOT / "docs" / "control-api.md").read_text("utf-8")
    documents = {"": PACKAGE / "control" / "openapi.yaml"}
    documents |= {f"/{file.parent.name}": file for file in (PACKAGE / "vendors").glob("*/control.yaml")}
    paths = [
        prefix + path.partition("/{id}")[0]
        for prefix, file in documents.items()
        for path in yaml.safe_load(file.read_text("utf-8"))["paths"]
    ]
    assert len(paths) > 15
    assert [path for path in paths if path not in page] == []
