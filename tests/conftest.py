"""The fixtures of the whole suite: one server per worker and profile, and a credential of its own for every test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx2
import pytest

from tests.support.faulting import World
from tests.support.harness import MUTATED, PATIENCE, PRODLYTICS, PROFILES, Server, serving
from tests.support.left_out import LeftOut
from tests.support.markers import Marking
from tests.support.worlds import Sender


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Marking())
    config.pluginmanager.register(LeftOut())
    if MUTATED:
        from tests.support.mutated import TestsBeside

        config.pluginmanager.register(TestsBeside())


def _serving_without_bugs(*arguments: str) -> Iterator[Server]:
    with serving(*arguments) as running:
        yield running
        if not MUTATED:  # then the log is that of the whole process, with the bugs that tests plant
            assert "ERROR" not in running.log
            assert "Traceback" not in running.log


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server under test, by the pages (profile `documented`); whatever the tests do to it, it logs no bug."""
    yield from _serving_without_bugs()


@pytest.fixture(scope="session")
def observed() -> Iterator[Server]:
    """The server under test, as the live services were observed; it logs no bug either."""
    yield from _serving_without_bugs("--profile", "observed")


@pytest.fixture(params=PROFILES)
def either(request: pytest.FixtureRequest) -> Server:
    """The server under test, in one profile and then in the other."""
    found: Server = request.getfixturevalue("server" if request.param == "documented" else "observed")
    return found


@pytest.fixture
def key() -> str:
    """A credential that no other test uses: an account of its own."""
    return f"key{uuid.uuid4().hex}"


@pytest.fixture
def world(server: Server, key: str) -> World:
    """An account of the test's own that sends server-side events."""
    return World(server, PRODLYTICS, key)


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    """A client for what the code under test would send."""
    with httpx2.Client(timeout=PATIENCE, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def sender(http: httpx2.Client) -> Sender:
    """What sends requests as the code under test would, with the credential of a handle."""
    return Sender(http)
