"""The fixtures of the tests of faults: a quiet server of their own, whose log must stay free of bugs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faulting import World
from harness import PRODLYTICS, Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server under test; whatever the tests do to it, it logs no bug."""
    with serving("--log-level", "warning") as running:
        yield running
        assert "ERROR" not in running.log
        assert "Traceback" not in running.log


@pytest.fixture
def world(server: Server, key: str) -> World:
    """An account of the test's own that sends server-side events."""
    return World(server, PRODLYTICS, key)
