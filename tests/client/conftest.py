"""The fixtures of the tests of the Python face: a client for what the code under test would send."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from worlds import Sender


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def sender(http: httpx2.Client) -> Sender:
    return Sender(http)
