"""A start imports what it needs and no more, and contracts that were kept are those that would be made."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pytest

from mockserver.cli.main import COMMANDS, cli
from mockserver.contracts import packaged_schemas
from mockserver.contracts.cache import cache_folder, cached
from mockserver.contracts.loading import checked_documents
from tests.support.harness import PATIENCE, PRODLYTICS, PROFILES, VENDORS, environment, serving

TRACED = [sys.executable, "-X", "importtime"]
HEAVY = {"attr", "hypothesis", "importlib.metadata", "jsonpath", "jsonschema", "limits", "markdown_it", "yaml"}
PARTS = ("check", "extract", "proxy", "vectors")
"""What only one command needs, apart from its own module."""


def imported(trace: str) -> set[str]:
    """The modules that `-X importtime` tells of."""
    return set(re.findall(r"^import time:.*\| +(\S+)$", trace, re.MULTILINE))


def imported_by(*arguments: str) -> set[str]:
    ended = subprocess.run(
        [*TRACED, *arguments], capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=True
    )
    return imported(ended.stderr)


def ours(*names: str) -> set[str]:
    return {f"mockserver.{name}" for name in names}


def commands(*names: str) -> set[str]:
    return ours(*(f"cli.{name}" for name in names))


@pytest.mark.socket
def test_serving_imports_nothing_that_only_another_command_needs(tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path)}
    with serving(variables=cache):
        pass
    line = [*TRACED, "-m", "mockserver", "serve", "--port", "0"]
    with serving(line=line, variables=cache) as server:
        assert server.post(PRODLYTICS, "key").status_code == 202
        found = imported(server.log)
    assert ours("server.app", "http.uvicorn") <= found
    assert not found & (HEAVY | ours(*PARTS, "client", "support.yaml") | commands(*COMMANDS.keys() - {"serve"}))


@pytest.mark.socket
def test_help_imports_no_server() -> None:
    found = imported_by("-m", "mockserver", "--help")
    assert "click" in found
    assert not found & (
        HEAVY | {"asyncio", "uvicorn", "starlette"} | ours(*PARTS, "server.app", "contracts") | commands(*COMMANDS)
    )


@pytest.mark.socket
def test_the_pytest_plugin_imports_no_server() -> None:
    found = imported_by("-c", "import mockserver.pytest_plugin")
    assert ours("pytest_plugin", "client") <= found
    assert not found & (
        {"jsonschema_rs", "uvicorn", "yaml"} | ours("server.app", "testing", "contracts", "http.uvicorn")
    )


@pytest.mark.socket
def test_who_has_imported_the_server_starts_it_without_further_imports(tmp_path: Path) -> None:
    program = """
import sys
from mockserver.testing import MockServer
before = set(sys.modules)
with MockServer() as server:
    print(*sorted(set(sys.modules) - before))
"""
    line, cached = [sys.executable, "-c", program], environment(XDG_CACHE_HOME=str(tmp_path))
    for _ in range(2):  # the first one imports what makes contracts
        ended = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, env=cached, check=True)
    late = {name.partition(".")[0] for name in ended.stdout.split()}
    assert not late & {"asyncio", "click", "mockserver", "starlette", "uvloop"}


@pytest.mark.socket
def test_garbage_is_collected_again_once_it_serves() -> None:
    program = """
import gc, os, signal
from mockserver.http.uvicorn import bind, serve
def ready():
    print(gc.isenabled(), gc.get_freeze_count() > 0)
    os.kill(os.getpid(), signal.SIGTERM)
gc.disable()
serve(None, bind("127.0.0.1", 0, None), ready)
"""
    line = [sys.executable, "-c", program]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=True)
    assert ended.stdout.split() == ["True", "True"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_words_that_its_own_help_begins_with(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(500) == COMMANDS[name]


@pytest.mark.socket
def test_help_lists_every_command() -> None:
    ended = subprocess.run([sys.executable, "-m", "mockserver", "-h"], capture_output=True, text=True, check=True)
    listed = re.findall(r"^  ([a-z]+)  ", ended.stdout.partition("Commands:")[2], re.MULTILINE)
    assert listed == list(COMMANDS)
    assert listed == sorted(listed)


def test_the_attributes_of_the_client_are_those_that_there_are() -> None:
    import mockserver.client

    with pytest.deprecated_call(match="mockserver.testing.MockServer"):
        assert mockserver.client.MockServer is mockserver.MockServer
    for module in (mockserver, mockserver.client):
        with pytest.raises(AttributeError, match="no attribute 'MokServer'"):
            _ = module.MokServer


# Contracts that are kept


def kept_files(cache: Path) -> dict[str, bytes]:
    return {file.name.partition("-")[0]: file.read_bytes() for file in cache.glob("mockserver/*")}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.socket
@pytest.mark.parametrize("profile", PROFILES)
def test_a_start_from_kept_contracts_serves_what_the_first_one_did(cache: Path, profile: str) -> None:
    served = []
    for _ in range(2):
        with serving("--profile", profile) as server:
            contracts = [server.contract(vendor) for vendor in VENDORS]
            served.append(json.loads(json.dumps(contracts).replace(server.url, "")))
            assert set(kept_files(cache)) == {*VENDORS, "control"}
    assert served[0] == served[1]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.usefixtures("cache")
def test_what_is_kept_is_what_would_be_made(vendor: str) -> None:
    folder = packaged_schemas() / vendor
    made = checked_documents(folder / "openapi.yaml")
    assert cached(folder, lambda: made) == made
    assert cached(folder, fails) == made


def fails() -> Any:
    raise AssertionError("it was made although it was kept")


def cut(raw: bytes) -> bytes:
    return raw[:-1]


def changed(raw: bytes) -> bytes:
    assert raw.count(b'"maxLength":64')
    return raw.replace(b'"maxLength":64', b'"maxLength":65')


def emptied(_raw: bytes) -> bytes:
    return b""


def without_seal(raw: bytes) -> bytes:
    return raw[raw.index(b"{") :]


@pytest.mark.socket
@pytest.mark.parametrize("spoil", [cut, changed, emptied, without_seal])
def test_a_spoilt_contract_is_made_anew(cache: Path, spoil: Callable[[bytes], bytes]) -> None:
    folder = packaged_schemas() / "supalytics"
    made = cached(folder, lambda: checked_documents(folder / "openapi.yaml"))
    (file,) = cache.glob("mockserver/supalytics-*")
    good = file.read_bytes()
    file.write_bytes(spoil(good))
    with serving("--vendor", "supalytics") as server:
        served = server.contract("supalytics")
        assert served["components"] == made["documented"]["components"]
    assert file.read_bytes() == good


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A vendor's folder with one file."""
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "openapi.yaml").write_text("one")
    return folder


def documents(title: Any) -> Callable[[], dict[str, dict[str, Any]]]:
    return lambda: {"documented": {"title": title}, "observed": {}}


CHANGES: dict[str, Callable[[Path], Any]] = {
    "a file with another content": lambda at: (at / "openapi.yaml").write_text("two"),
    "a further file": lambda at: (at / "overlay.yaml").write_text(""),
    "a file with another name": lambda at: (at / "openapi.yaml").rename(at / "overlay.yaml"),
    "no file": lambda at: (at / "openapi.yaml").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("cache")
def test_a_contract_of_other_files_is_made_anew(folder: Path, change: str) -> None:
    assert cached(folder, documents("old"))["documented"] == {"title": "old"}
    assert cached(folder, fails)["documented"] == {"title": "old"}
    CHANGES[change](folder)
    assert cached(folder, documents("new"))["documented"] == {"title": "new"}
    assert cached(folder, fails)["documented"] == {"title": "new"}


@pytest.mark.parametrize("value", [dt.date(2026, 1, 1), {200: "a status"}, (1, 2), {1, 2}], ids=str)
def test_what_json_would_change_is_not_kept(cache: Path, folder: Path, value: Any) -> None:
    assert cached(folder, documents(value))["documented"] == {"title": value}
    assert not kept_files(cache)


@pytest.mark.usefixtures("cache")
def test_nothing_is_kept_of_a_contract_that_cannot_be_made(folder: Path) -> None:
    with pytest.raises(AssertionError):
        cached(folder, fails)
    assert cached(folder, documents("right"))["documented"] == {"title": "right"}


@pytest.mark.socket
def test_where_nothing_can_be_written_it_serves_all_the_same(cache: Path) -> None:
    cache.write_text("a file in the place of the folder")
    with serving() as server:
        assert server.post(PRODLYTICS, "key").status_code == 202
    assert cache.read_text() == "a file in the place of the folder"


@pytest.mark.socket
def test_a_folder_of_somebody_is_read_at_every_start(cache: Path, tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    copied = schemas / "supalytics"
    copied.mkdir(parents=True)
    for file in (packaged_schemas() / "supalytics").iterdir():
        (copied / file.name).write_bytes(file.read_bytes())
    with serving("--schemas", str(schemas)) as server:
        assert server.contract("supalytics")
    assert set(kept_files(cache)) == {"control"}


@pytest.mark.socket
def test_servers_that_start_at_once_leave_whole_files(cache: Path) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "mockserver", "routes"],
                    stdout=subprocess.DEVNULL,
                    env=environment(),
                )
            )
            for _ in range(3)
        ]
        assert [process.wait(PATIENCE) for process in processes] == [0, 0, 0]
    assert set(kept_files(cache)) == set(VENDORS)
    assert len(list(cache.glob("mockserver/*"))) == len(VENDORS)
    for vendor in VENDORS:
        assert cached(packaged_schemas() / vendor, fails)


def test_the_cache_is_where_programs_keep_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    default = tmp_path / ".cache" / "mockserver"
    assert cache_folder({"XDG_CACHE_HOME": "/somewhere"}) == Path("/somewhere/mockserver")
    assert cache_folder({}) == default
    assert cache_folder({"XDG_CACHE_HOME": ""}) == default
    assert cache_folder({"XDG_CACHE_HOME": "not/absolute"}) == default
