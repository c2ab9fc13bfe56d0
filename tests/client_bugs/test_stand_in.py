"""The stand-in by which the corpus runs with other tools has all that the corpus calls, and every bug has a kind."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.peers import corpus
from benchmarks.peers.handle import Awaitables, StandIn, StandInServer

HANDLES = {"datadog": StandIn, "satori": StandIn, "supalytics": StandIn, "mockserver": StandInServer}


def uses(module: Path) -> Iterator[tuple[type, str, ast.Call | None]]:
    """What a module reads of a handle: the type of the stand-in, the name, and the call if it is called."""
    tree = ast.parse(module.read_text("utf-8"))
    calls = {call.func: call for call in ast.walk(tree) if isinstance(call, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in HANDLES:
            yield HANDLES[node.value.id], node.attr, calls.get(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "aio":
            yield Awaitables, node.attr, calls.get(node)


@pytest.mark.parametrize("module", corpus.files(), ids=lambda module: module.stem)
def test_the_stand_in_takes_what_the_corpus_calls(module: Path) -> None:
    found = list(uses(module))
    assert found
    for owner, name, call in found:
        assert name in {*dir(owner), "api_key", "application_key", "url"}, name
        if call is not None:
            keywords = [keyword.arg for keyword in call.keywords if keyword.arg]
            parameters = inspect.signature(getattr(owner, name)).parameters
            assert [word for word in keywords if word not in parameters] == [], name


@pytest.mark.parametrize("module", corpus.files(), ids=lambda module: module.stem)
def test_every_test_of_the_corpus_has_a_kind(module: Path) -> None:
    assert set(corpus.kinds(module).values()) <= {*corpus.KINDS, corpus.UNCAUGHT_KIND, corpus.RIGHT_KIND}
