"""How much is fuzzed: a little in the tests, all of it in `make fuzz`."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def examples() -> int:
    """Examples that schemathesis makes of each operation."""
    return int(os.environ.get("FUZZ_EXAMPLES", "8"))


@pytest.fixture(scope="session")
def mutants() -> int:
    """Mutated bodies that each operation is sent."""
    return int(os.environ.get("FUZZ_BODIES", "300"))
