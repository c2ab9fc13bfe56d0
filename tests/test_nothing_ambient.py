"""No code of the package reads the system clock, draws from the shared random source or sleeps by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import mockserver

PACKAGE = Path(mockserver.__file__).parent
FORBIDDEN = {
    "time": None,
    "random": None,
    "secrets": None,
    "asyncio": {"sleep", "wait_for", "timeout", "timeout_at"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "os": {"urandom", "times"},
    "uuid": {"uuid1", "uuid4", "uuid6", "uuid7"},
    "anyio": {"sleep", "move_on_after", "fail_after"},
}
"""Module or class to the names in it that are not to be used; all of them for None."""
ALLOWED = {("random", "Random")}
"""A source of randomness of one's own, which the second test wants seeded."""
DEFAULTS = {(file, clock) for file in ("server/app.py", "cli/proxy.py") for clock in ("time.time", "time.perf_counter")}
"""The real clocks, passed in where the server and the proxy are composed."""
OUTSIDE = {
    ("testing/server.py", "uuid.uuid4"),
    ("proxy/forwarding.py", "asyncio.timeout"),
    ("pytest_plugin.py", "time.time"),
    ("battery/process.py", "time.monotonic"),
    ("cli/conduct.py", "time.monotonic"),
    ("cli/wait.py", "time.monotonic"),
    ("cli/wait.py", "time.sleep"),
    ("http/connection.py", "time.perf_counter"),
    ("control/counting.py", "asyncio.sleep"),
    ("control/events.py", "asyncio.sleep"),
    ("client/verifying.py", "time.monotonic"),
    ("support/faked_python/sitecustomize.py", "time.monotonic"),
    ("support/faked_python/sitecustomize.py", "time.sleep"),
    ("coupling/clock.py", "time.time"),
    ("coupling/telling.py", "time.time"),
    ("coupling/telling.py", "time.localtime"),
    ("coupling/virtual_time.py", "time.monotonic"),
    ("coupling/virtual_time.py", "time.sleep"),
    ("coupling/within.py", "time.monotonic"),
    ("coupling/waiting.py", "time.sleep"),
}
"""A key that no other process uses is not to be had from a seed; a real upstream, a server that starts and a client's
process are waited for in real time; the first byte of a request is timed where it is read; virtual time begins as real
time; and long reading sleeps for no time, so that other requests have their turn."""


@cache
def trees() -> list[tuple[str, ast.Module]]:
    files = sorted(PACKAGE.rglob("*.py"))
    return [(str(path.relative_to(PACKAGE)), ast.parse(path.read_text("utf-8"))) for path in files]


def aliases(tree: ast.Module) -> dict[str, str]:
    """The names under which a file knows modules and what it takes from them."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known.update({each.asname or each.name: each.name for each in node.names})
        elif isinstance(node, ast.ImportFrom) and node.module:
            known.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
    return known


def ambient(tree: ast.Module) -> Iterator[str]:
    """Every use of what is forbidden, as `module.name`."""
    known = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            base, _, rest = owner.partition(".")
            full = f"{known.get(base, base)}{'.' + rest if rest else ''}"
            module = full.rpartition(".")[2]
            if base in known and is_forbidden(module, node.attr):
                yield f"{module}.{node.attr}"
        elif isinstance(node, ast.Name) and "." in (source := known.get(node.id, "")):
            module, _, name = source.rpartition(".")
            if is_forbidden(module.rpartition(".")[2], name):
                yield f"{module}.{name}"


def is_forbidden(module: str, name: str) -> bool:
    names = FORBIDDEN.get(module, set())
    return module in FORBIDDEN and (names is None or name in names) and (module, name) not in ALLOWED


def test_nothing_is_ambient_but_the_defaults_of_the_composition() -> None:
    found = {(file, use) for file, tree in trees() for use in ambient(tree)}
    assert found - OUTSIDE == DEFAULTS


def test_the_real_clocks_are_defaults_of_create_app_and_nothing_else() -> None:
    tree = dict(trees())["server/app.py"]
    (function,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "create_app"]
    defaults = {ast.unparse(default) for default in function.args.kw_defaults if default is not None}
    assert {"time.time", "time.perf_counter"} <= defaults
    assert len([use for use in ambient(tree) if use.startswith("time.")]) == 2


def test_every_source_of_randomness_is_seeded() -> None:
    calls = [
        (file, node)
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Random")
    ]
    assert calls
    assert [file for file, call in calls if len(call.args) != 1] == []


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("import time\ntime.sleep(1)", "time.sleep"),
        ("import time as t\nnow = t.time", "time.time"),
        ("from time import monotonic\nmonotonic()", "time.monotonic"),
        ("import random\nrandom.random()", "random.random"),
        ("import asyncio\nasyncio.sleep(0)", "asyncio.sleep"),
        ("import datetime as dt\ndt.datetime.now(dt.UTC)", "datetime.now"),
        ("from datetime import datetime\ndatetime.now()", "datetime.now"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("import os\nos.urandom(3)", "os.urandom"),
    ],
)
def test_the_search_finds_what_it_is_for(source: str, use: str) -> None:
    assert list(ambient(ast.parse(source))) == [use]


def test_the_search_lets_a_seeded_source_pass() -> None:
    assert list(ambient(ast.parse("import random\nrandom.Random(1).random()"))) == []
