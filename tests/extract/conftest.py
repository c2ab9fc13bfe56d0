"""What the extractor's tests share: the command, the pages written for them, the vendors' pages if they are there."""

from __future__ import annotations

from pathlib import Path

import click.testing
import pytest

from mockserver.cli.extract import extract
from tests.support.extract_support import ROOT, Run


@pytest.fixture
def run() -> Run:
    """Call the command with arguments of any type; standard input is `input`."""

    def call(*arguments: object, input: str | None = None) -> click.testing.Result:  # noqa: A002
        result = click.testing.CliRunner().invoke(extract, [str(each) for each in arguments], input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture(scope="session")
def written() -> Path:
    """The folder of the pages that were written for the tests."""
    return Path(__file__).parent / "pages"


@pytest.fixture(scope="session")
def vendor_pages() -> list[Path]:
    """The vendors' own pages, which lie beside a checkout and are no part of it."""
    folder = ROOT.parent / "shared" / "docs"
    pages = sorted(folder.glob("*.*")) if folder.is_dir() else []
    if not pages:
        pytest.skip("the vendors' pages are not beside the checkout (../shared/docs)")
    return pages
