"""Wrong clients are caught under the assertions that users write by habit; right clients pass untouched."""

from __future__ import annotations

import os
from types import ModuleType

import httpcore2  # noqa: F401 - pytester forgets what its runs import, and httpx2 knows the errors of this one
import pytest
import yaml  # noqa: F401 - its C part must not be imported twice

from tests.client_bugs import (
    datadog_event_bugs,
    datadog_request_bugs,
    failing_bugs,
    right_clients,
    satori_bugs,
    supalytics_bugs,
    uncaught_bugs,
)
from tests.client_bugs.catching import Catches, Collector, recorded
from tests.support.harness import PLAIN_PYTEST

pytest_plugins = ["pytester"]

MODULES = (datadog_request_bugs, datadog_event_bugs, satori_bugs, supalytics_bugs, failing_bugs)


def caught_by(pytester: pytest.Pytester, module: ModuleType) -> dict[str, Catches]:
    """Runs the tests of a module in a pytest of their own, and returns what caught each of them."""
    collector = Collector()
    pytester.makeini(PLAIN_PYTEST)
    arguments = ("--noconftest", "--rootdir", str(pytester.path), "-c", "tox.ini", str(module.__file__))
    pytester.runpytest_inprocess(*arguments, plugins=[collector])
    return collector.catches


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MOCKSERVER_", "PYTEST_XDIST"))]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_each_bug_is_caught_by_what_is_recorded(pytester: pytest.Pytester, module: ModuleType) -> None:
    caught, records = caught_by(pytester, module), recorded(module)
    assert {test: sorted(by) for test, by in caught.items()} == {test: sorted(by) for test, by in records.items()}
    unlike = {
        (test, by): message
        for test, messages in caught.items()
        for by, message in messages.items()
        if records[test][by] not in message
    }
    assert unlike == {}


def test_the_corpus_has_no_bug_without_what_catches_it() -> None:
    records = [by for module in MODULES for by in recorded(module).values()]
    assert len(records) >= 60
    assert all(records)


def test_right_clients_pass_untouched(pytester: pytest.Pytester) -> None:
    assert caught_by(pytester, right_clients) == {test: {} for test in recorded(right_clients)}


def test_what_is_not_caught_is_known(pytester: pytest.Pytester) -> None:
    """A bug that is caught now moves to the others."""
    assert caught_by(pytester, uncaught_bugs) == {test.__name__: {} for test in uncaught_bugs.NOT_CAUGHT}
