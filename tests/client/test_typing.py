"""A user's type checker sees every handle and fixture, and finds what is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.socket

TYPED = Path(__file__).parent / "typed"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `mypy --strict` says, run where a user would."""
    folder = tmp_path_factory.mktemp("typed")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", ""]
    files = [str(TYPED / "uses_everything.py"), str(TYPED / "uses_it_wrongly.py")]
    cache = ["--cache-dir", str(folder / "cache")]
    result = subprocess.run([*command, *cache, *files], cwd=folder, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    return result.stdout


def test_right_use_is_clean(found: str) -> None:
    assert [line for line in found.splitlines() if "uses_it_wrongly.py" not in line] == []


def test_every_mistake_is_found(found: str) -> None:
    lines = (TYPED / "uses_it_wrongly.py").read_text("utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert {int(number) for number in re.findall(r"uses_it_wrongly\.py:(\d+): error", found)} == wrong
