"""The fixture `project`, for modules that name this one in their `pytest_plugins`."""

from __future__ import annotations

import os

import pytest

from tests.support.harness import PLAIN_PYTEST
from tests.support.plugin_project import SENDER


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose tests can send."""
    for name in [name for name in os.environ if name.startswith(("MOCKSERVER_", "PYTEST_XDIST"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CI", raising=False)  # with it pytest tells each failure twice
    pytester.makeini(PLAIN_PYTEST)
    pytester.makepyfile(sending=SENDER)
    return pytester
