"""The distribution in `acme/`, built as its author would build it, and installed beside mockserver."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import Server, environment, serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages that holds the one of `acme/`."""
    folder = tmp_path_factory.mktemp("outside")
    project = shutil.copytree(Path(__file__).parent / "acme", folder / "project")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=project, check=True, capture_output=True, env=environment())
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def acme(site: Path) -> Iterator[Server]:
    """A server that starts where the distribution is installed."""
    with serving(variables={"PYTHONPATH": str(site)}) as running:
        yield running
        assert "ERROR" not in running.log
