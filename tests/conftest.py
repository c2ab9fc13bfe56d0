"""The fixtures of the whole suite: one server per worker and profile, and a credential of its own for every test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from harness import Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server under test, by the pages (profile `documented`)."""
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def observed() -> Iterator[Server]:
    """The server under test, as the live services were observed."""
    with serving("--profile", "observed") as running:
        yield running


@pytest.fixture
def key() -> str:
    """A credential that no other test uses: an account of its own."""
    return f"key{uuid.uuid4().hex}"
