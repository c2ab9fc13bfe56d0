"""What the package does in one place it does nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mockserver

PACKAGE = Path(mockserver.__file__).parent
ONE_PLACE: dict[str, tuple[str, set[str]]] = {
    "alike names": (r"\bdifflib\b", {"support/suggestions.py"}),
    "escaped pointers": (r'"~1"', {"support/pointers.py"}),
    "YAML": (r"^\s*(import yaml|from yaml import)\b", {"support/yaml.py", "check/reading.py"}),
    "loopback tests": (r"def is_loopback", {"support/addresses.py"}),
    "numbers that are no booleans": (r"not isinstance\(\w+, bool\)", {"support/numbers.py"}),
    "evidence": (r'"x-evidence', {"support/evidence.py"}),
}


@pytest.mark.parametrize("idea", ONE_PLACE)
def test_one_idea_stands_in_one_place(idea: str) -> None:
    pattern, places = ONE_PLACE[idea]
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(pattern, path.read_text("utf-8"), re.MULTILINE)
    }
    assert found <= places
