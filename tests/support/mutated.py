"""What tests do differently while mutmut runs them: serve in a thread, and count for the packages they are about only.

mutmut switches mutants on and off in the process that runs the tests, and asks which functions a test calls. A server
in a process of its own would hide its calls, so `serving` runs it in a thread here.
"""

from __future__ import annotations

import gc
import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest
from mutmut.state import state
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config

from mockserver.cli.serve import serve
from mockserver.http import uvicorn
from mockserver.http.uvicorn import bind, url_of
from mockserver.testing import threaded
from mockserver.testing.owning import OwningLoop
from tests.support.harness import PATIENCE, Server
from tests.support.markers import markers_of

TESTS = Path(__file__).parents[1]
PACKAGES_OF_FOLDER = {
    "check": ("validation",),
    "client": ("accounts", "events", "faults", "support"),
    "control": ("accounts", "events", "faults", "server", "support"),
    "http": ("server", "validation"),
    "proxy": ("validation",),
    "unit_support": ("support",),
}
"""The packages that a folder of tests is about, where these are others than the one of its name."""
CALLS_AT_START: set[str] = set()
"""The functions that the starts of servers called; a server that many tests share is started by the first of them."""


def packages_of(item: pytest.Item) -> tuple[str, ...]:
    """The packages that a test is about."""
    folder = item.path.relative_to(TESTS).parts[0]
    return PACKAGES_OF_FOLDER.get(folder, (folder,))


class ThreadServer(Server):
    """A server in a thread of this process; a test that needs its process is skipped."""

    def __init__(self, url: str, client: httpx2.Client, log: io.BytesIO) -> None:
        self.url = url
        self.client = client
        self._log = log

    def __getattr__(self, name: str) -> NoReturn:
        pytest.skip(f"this server has no {name} of its own")


@contextmanager
def serving_in_thread(
    arguments: tuple[str, ...], headers: dict[str, str] | None, variables: Mapping[str, str]
) -> Iterator[Server]:
    """What `serving` yields, for the same arguments of `mockserver serve`."""
    with _logged() as log:
        listener, loop = bind("127.0.0.1", 0, None), OwningLoop()  # which runs as long as somebody holds it
        with _calls_of_every_test():
            running = threaded.ThreadedServer(_app_of(arguments, variables), listener, loop)
            assert running.serves_within(PATIENCE)
        url = url_of(*listener.getsockname()[:2])
        try:
            with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as client:
                yield ThreadServer(url, client, log)
        finally:
            running.stop(PATIENCE)


def _app_of(arguments: tuple[str, ...], variables: Mapping[str, str]) -> ASGIApp:
    """What the command would serve."""
    served: list[ASGIApp] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn, "serve_at", lambda app, _settings, _announce: served.append(app))
        patch.setattr(uvicorn, "log_to_stderr", lambda _level: None)
        for name, value in variables.items():
            patch.setenv(name, value)
        serve.main(list(arguments), standalone_mode=False)
    gc.enable()
    return served[0]


@contextmanager
def _logged() -> Iterator[io.BytesIO]:
    """What servers in threads log meanwhile."""
    log = io.BytesIO()
    handler = logging.StreamHandler(io.TextIOWrapper(log, write_through=True))
    handler.addFilter(lambda record: (record.threadName or "").startswith("mockserver"))
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield log
    finally:
        logging.getLogger().removeHandler(handler)


@contextmanager
def _calls_of_every_test() -> Iterator[None]:
    """Count what is called meanwhile for every test with a server, and not only for the one that started it."""
    calls = state()._stats
    before = set(calls)
    calls.clear()
    yield
    CALLS_AT_START.update(calls)
    calls.update(before)


def _config_of_plain(app: ASGIApp) -> Config:
    """uvicorn calls an application without arguments to see whether that fails; a mutated one takes any arguments."""

    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return uvicorn.config_of(plain)


class TestsBeside:
    """A pytest plugin for mutmut: it runs, and counts as tests of a function, only those about its package."""

    def pytest_configure(self) -> None:
        pytest.MonkeyPatch().setattr(threaded, "config_of", _config_of_plain)
        sys.setrecursionlimit(10 * sys.getrecursionlimit())  # each call of a mutated function takes several frames

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves out the tests of packages that are not mutated in this run."""
        packages = set(os.environ.get("MUTATED_PACKAGES", "").split())
        items[:] = [item for item in items if not packages or not packages.isdisjoint(packages_of(item))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Runs before mutmut's own hook, which takes what stands in its statistics as the calls of the test."""
        calls, packages = state()._stats, tuple(f"mockserver.{package}." for package in packages_of(item))
        if "socket" in markers_of(item):
            calls |= CALLS_AT_START
        for call in [call for call in calls if not call.startswith(packages)]:
            calls.remove(call)
