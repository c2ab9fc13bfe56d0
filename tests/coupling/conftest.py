"""A server of its own for the tests of coupled time, and accounts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mockserver.testing import CoupledClock, Datadog, MockServer


@pytest.fixture(scope="package")
def backend() -> Iterator[MockServer]:
    with MockServer(log_level="error") as server:
        yield server


@pytest.fixture
def make_account(backend: MockServer) -> Callable[[], Datadog]:
    return backend.datadog


@pytest.fixture
def account(backend: MockServer) -> Datadog:
    return backend.datadog()


@pytest.fixture
def coupled(account: Datadog) -> Iterator[CoupledClock]:
    """The test's time, coupled with the clock of its account."""
    with CoupledClock(account) as clock:
        yield clock
