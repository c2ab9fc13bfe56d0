"""Every file that a command reads is used, or refused within a second with one line that names it and exit code 2."""

from __future__ import annotations

import copy
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.cli.main import main
from tests.support.extract_support import ROOT

Told = Callable[..., str]
PAGE = str(ROOT / "tests" / "extract" / "pages" / "widgets.md")

DIGITS = "9" * 100_000
NAMES = "abcdefghijkl"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise(NAMES)
)
YAML: dict[str, bytes] = {
    "a control character": b"port: 80\x0080",
    "a bell": b"port: \x07",
    "no UTF-8": b"port: \xe9\xff",
    "UTF-16 without its end": "port: 8080".encode("utf-16") + b"\x00",
    "an impossible date": b"port: 2025-13-45",
    "an impossible date as a key": b"2025-02-30: 1",
    "100,000 digits": f"port: {DIGITS}".encode(),
    "900 digits": f"port: {DIGITS[:900]}".encode(),
    "100,000 hexadecimal digits": b"port: 0x" + b"f" * 100_000,
    "a long sexagesimal number": b"port: 1:" + b"59:" * 30_000 + b"1",
    "a float out of range": b"port: 1e99999999",
    "100,000 brackets": b"[" * 100_000,
    "100,000 braces": b"{a: " * 100_000,
    "2,000 levels": b"".join(b" " * level + b"a:\n" for level in range(2000)),
    "50,000 lists in lists": b"- " * 50_000,
    "an alias bomb": BOMB.encode(),
    "a cycle": b"a: &a [*a]",
    "a cycle of mappings": b"&a {b: *a}",
    "a merge with itself": b"a: &a {<<: *a}",
    "a merge of a number": b"<<: 5",
    "an unknown alias": b"port: *nope",
    "a duplicate key": b"port: 1\nport: 2",
    "a number": b"5",
    "a text": b"hello",
    "a list": b"[1]",
    "a date": b"2025-01-01",
    "a number as a key": b"5: 6",
    "a null as a key": b"null: 1",
    "a list as a key": b"? [a]\n: b",
    "a mapping as a key": b"? {a: b}\n: c",
    "a Python object": b"!!python/object/apply:os.system ['true']",
    "an unknown tag": b"!<x> a",
    "bytes": b"port: !!binary aGk=",
    "a set": b"!!set {a, b}",
    "a broken !!omap": b"!!omap [1]",
    "a tab": b"\tport: 1",
    "two documents": b"a: 1\n---\nb: 2",
    "an open quote": b"port: 'a",
    "a future version": b"%YAML 9.9\n---\na: b",
    "a line break in a key": b'"\\e[31mred\\n": 1',
    "a long key": b"x" * 100_000 + b": 1",
    "not a number": b"port: .nan",
    "infinity": b"port: .inf",
    "the value key": b"port: =",
}
WRONG = ("{a: b}", "[[a]]", "[1]", "1.5", "2025-01-01", '[""]', '"\\0"', '"a\\nb"')
SETTINGS: dict[str, bytes] = {
    **{
        f"{name}: {value}": f"{name}: {value}".encode()
        for name in ("port", "vendor", "profile", "schemas", "log_level", "journal_bytes", "seed", "quotas", "scenario")
        for value in WRONG
        if (name, value) != ("seed", "[1]")
    },
    "a rate limit without its period": b"rate_limits: {a: {limit: 1}}",
    "an endless rate limit": b"rate_limits: {datadog: {limit: 1, period: .inf}}",
    "a rate limit that is a number": b"rate_limits: {datadog: 5}",
    "keys that are numbers": b"accepted_keys: {datadog: [5]}",
    "a number for a vendor": b"accepted_keys: {5: [b]}",
    "a schema: 5": b"schema: 5",
    "schemas: 5": b"schemas: 5",
}
SCRIPTS: dict[str, bytes] = {
    "faults: 5": b"faults: 5",
    "a number for a fault": b"faults: [5]",
    "a delay that is no number": b"faults: [{status: 503, delay: .nan}]",
    "an endless delay": b"faults: [{status: 503, delay: .inf}]",
    "a count of 900 digits": f"faults: [{{status: 503, times: {DIGITS[:900]}}}]".encode(),
    "a text for a seed": b"faults: []\nseed: a",
    "a number for a description": b"faults: []\ndescription: 5",
    "a match that holds itself": b"faults: [{status: 500, match: &a {b: *a}}]",
    "a set of faults": b"faults: [{status: 500, match: !!set {a}}]",
    "a list as a key": b"? [a]\n: b\nfaults: []",
}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Acme", "version": "1"},
    "paths": {
        "x-about": 1,
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": {
                "operationId": "MakeThing",
                "x-evidence": {"page": "https://acme.example/docs"},
                "servers": [{"url": "https://acme.example"}],
                "security": [{"key": []}],
                "x-max-body-bytes": 100,
                "x-rate-limit": {"limit": 1, "period": 1, "per": "key", "headers": []},
                "x-rules": [{"name": "less-than", "pointer": "/from", "than": "/to"}],
                "x-credential-statuses": {"missing": 401},
                "x-refusals": [{"name": "odd", "pointer": "/from", "because": "it is"}],
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "MakeThing.request.json"}}},
                },
                "responses": {
                    "200": {
                        "description": "OK",
                        "headers": {"x-made": {"schema": {"const": "yes"}}},
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            },
        },
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
}
BODY: dict[str, Any] = {"type": "object", "properties": {"from": {"type": "integer"}, "to": {"type": "integer"}}}
ACTION: dict[str, Any] = {
    "target": "$.paths['/things/{id}'].post",
    "update": {"x-more": 1},
    "x-evidence": {"kind": "assumed", "source": "nobody"},
    "x-reason": "to see",
}
OVERLAY: dict[str, Any] = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": [ACTION]}
SCHEMAS: dict[str, bytes] = {
    "200,000 brackets": b"[" * 200_000,
    "5,000 levels": b'{"properties":{"a":' * 5000,
    "900 levels": b'{"not":' * 900 + b"{}" + b"}" * 900,
    "100,000 digits": f'{{"minimum": {DIGITS}}}'.encode(),
    "not a number": b'{"minimum": NaN}',
    "a number out of range": b'{"minimum": 1e400}',
    "no UTF-8": b'{"title": "\xff"}',
    "half a character": b'{"title": "\\ud800"}',
    "half a character in a key": b'{"properties": {"\\ud800": {}}}',
    "a control character": b"\0",
    "nothing": b"",
    "a list": b"[]",
    "an unknown keyword": b'{"properties": {"from": {"minlenght": 3}}}',
    "a keyword of another form": b'{"properties": {"from": {"minLength": -1}}}',
    "a broken pattern": b'{"pattern": "("}',
    "a huge pattern": b'{"pattern": "(a{1000}){1000}{1000}"}',
    "a reference that leads nowhere": b'{"properties": {"from": {"$ref": "#/nope"}}}',
    "a long name": json.dumps({"required": 5, "title": "x" * 100_000}).encode(),
}
OVERLAYS: dict[str, Any] = {
    "actions: 5": {**OVERLAY, "actions": 5},
    "an action that is a number": {**OVERLAY, "actions": [5]},
    "no evidence of a known kind": {**OVERLAY, "actions": [{**ACTION, "x-evidence": {"kind": "dreamt"}}]},
    "an update of a number": {**OVERLAY, "actions": [{**ACTION, "update": 5}]},
    "an update to another form": {**OVERLAY, "actions": [{**ACTION, "update": {"responses": {"200": 5}}}]},
    "a control character": {**OVERLAY, "actions": [{**ACTION, "target": "\0"}]},
    "a query of 10,000 segments": {**OVERLAY, "actions": [{**ACTION, "target": "$" + "[0]" * 10_000}]},
    "a query that fans out": {**OVERLAY, "actions": [{**ACTION, "target": "$" + "..*" * 1000}]},
    "an open bracket": {**OVERLAY, "actions": [{**ACTION, "target": "$["}]},
    "the document removed": {**OVERLAY, "actions": [{**ACTION, "target": "$", "update": {}, "remove": True}]},
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command says that ends with exit code 2, says one line and takes less than a second."""

    def call(*arguments: object, lines: int = 1) -> str:
        monkeypatch.setattr(sys, "argv", ["mockserver", *map(str, arguments)])
        before = time.process_time()
        with pytest.raises(SystemExit) as ended:
            main()
        spent = time.process_time() - before
        out, said = capsys.readouterr()
        assert (ended.value.code, out) == (2, ""), said
        assert said.endswith("\n")
        assert said.count("\n") == lines
        assert all(line.isprintable() and len(line) < 1100 for line in said.splitlines()), said
        assert spent < 1, said
        return said

    return call


@pytest.mark.parametrize("content", [pytest.param(raw, id=name) for name, raw in {**YAML, **SETTINGS}.items()])
def test_a_settings_file_is_refused_with_one_line(told: Told, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.yaml"
    file.write_bytes(content)
    said = told("serve", "--uds", tmp_path / "missing" / "socket", "--config", file)
    assert "cannot listen" not in said


@pytest.mark.parametrize("content", [pytest.param(raw, id=name) for name, raw in {**YAML, **SCRIPTS}.items()])
def test_a_fault_script_is_refused_with_one_line(told: Told, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "script.yaml"
    file.write_bytes(content)
    assert str(file) in told("serve", "--uds", tmp_path / "missing" / "socket", "--scenario", file)


@pytest.mark.parametrize("command", ["serve", "proxy", "routes", "openapi", "vectors", "check"])
def test_every_command_refuses_settings_and_contracts_alike(told: Told, tmp_path: Path, command: str) -> None:
    more = {"openapi": ["acme"], "vectors": ["acme"], "check": ["a.har"]}
    more["proxy"] = ["--upstream", "acme=http://127.0.0.1:1"]
    broken = folder(tmp_path, **{"openapi.yaml": yaml.safe_dump({**CONTRACT, "paths": 5}).encode()})
    assert "openapi.yaml: paths: " in told(command, *more.get(command, []), "--schemas", broken)
    settings = tmp_path / "settings.yaml"
    settings.write_text("2025-02-30: 1")
    assert f"{settings}: line 1: " in told(command, *more.get(command, []), "--config", settings)


def folder(tmp_path: Path, **files: bytes) -> Path:
    """A folder of contracts that a server can serve, but for the files that are given."""
    vendor = tmp_path / "schemas" / "acme"
    vendor.mkdir(parents=True, exist_ok=True)
    right = {
        "openapi.yaml": yaml.safe_dump(CONTRACT).encode(),
        "overlay.yaml": yaml.safe_dump(OVERLAY).encode(),
        "MakeThing.request.json": json.dumps(BODY).encode(),
    }
    for name, content in {**right, **files}.items():
        (vendor / name).write_bytes(content)
    return vendor.parent


@pytest.mark.parametrize("name", ["openapi.yaml", "overlay.yaml", "observed.yaml"])
@pytest.mark.parametrize("content", [pytest.param(raw, id=name) for name, raw in YAML.items()])
def test_a_file_of_a_contract_is_refused_with_one_line(told: Told, tmp_path: Path, name: str, content: bytes) -> None:
    assert f"/acme/{name}" in told("routes", "--schemas", folder(tmp_path, **{name: content}))


@pytest.mark.parametrize("content", [pytest.param(raw, id=name) for name, raw in SCHEMAS.items()])
def test_a_schema_is_refused_with_one_line(told: Told, tmp_path: Path, content: bytes) -> None:
    said = told("routes", "--schemas", folder(tmp_path, **{"MakeThing.request.json": content}))
    assert "MakeThing.request" in said


@pytest.mark.parametrize("overlay", [pytest.param(each, id=name) for name, each in OVERLAYS.items()])
def test_an_overlay_is_refused_with_one_line(told: Told, tmp_path: Path, overlay: Any) -> None:
    said = told("routes", "--schemas", folder(tmp_path, **{"overlay.yaml": yaml.safe_dump(overlay).encode()}))
    assert "overlay.yaml" in said or "openapi.yaml" in said


ODD: tuple[Any, ...] = (5, "text", None, [], {}, [5], {"a": 5}, float("nan"), True, -1, "\0", "é中", 10**900, b"a")


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def with_value(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    if not path:
        return value
    holder[path[-1]] = value
    return changed


def test_any_value_at_any_place_of_somebody_elses_document_is_used_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = with_value(CONTRACT, ("paths", "/things/{id}", "post", "x-evidence"), None)
    swagger = {
        "swagger": "2.0",
        "info": {},
        "consumes": ["application/json"],
        "definitions": {"Thing": BODY},
        "parameters": {"Limit": {"name": "limit", "in": "query", "type": "array", "items": {"type": "string"}}},
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "paths": {
            "/things": {
                "post": {
                    "parameters": [
                        {"$ref": "#/parameters/Limit"},
                        {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Thing"}},
                    ],
                    "responses": {"200": {"schema": {"$ref": "#/definitions/Thing"}, "headers": {"A": {}}}},
                }
            }
        },
    }
    changes = [(each, path, value) for each in (document, swagger) for path in places(each) for value in ODD]
    for each, path, value in random.Random(0).sample(changes, 200):
        content = yaml.safe_dump(with_value(each, path, value), allow_unicode=True).encode()
        schemas = folder(tmp_path, **{"openapi.yaml": content, "overlay.yaml": b"overlay: 1.0.0\nactions: []"})
        monkeypatch.setattr(sys, "argv", ["mockserver", "routes", "--schemas", str(schemas)])
        code = code_of(main)
        said = capsys.readouterr().err
        assert code == 0 or (code, said.count("\n")) == (2, 1), (path, value, said)


def test_any_value_at_any_place_of_a_contract_is_used_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [(path, value) for path in places(CONTRACT) for value in ODD]
    for path, value in random.Random(0).sample(changes, 80):
        content = yaml.safe_dump(with_value(CONTRACT, path, value), allow_unicode=True).encode()
        arguments = ["mockserver", "routes", "--schemas", str(folder(tmp_path, **{"openapi.yaml": content}))]
        monkeypatch.setattr(sys, "argv", arguments)
        code = code_of(main)
        said = capsys.readouterr().err
        assert (code, said.count("\n")) in ((0, 0), (2, 1)), (path, value, said)


def code_of(program: Callable[[], None]) -> object:
    """The exit code of a program."""
    try:
        program()
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.mark.parametrize("command", ["routes", "openapi", "vectors"])
def test_a_contract_as_people_write_them_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    content = yaml.safe_dump(CONTRACT).replace("'200':", "200:").replace("x-about: 1", "x-about: 2025-01-01")
    assert "\n        200:\n" in content
    schemas = folder(tmp_path, **{"openapi.yaml": content.encode()})
    vendor = [] if command == "routes" else ["acme"]
    monkeypatch.setattr(sys, "argv", ["mockserver", command, *vendor, "--schemas", str(schemas)])
    assert code_of(main) == 0
    assert "MakeThing" in capsys.readouterr().out


PATHS: dict[str, str] = {"a line break": "a\nb", "5,000 characters": "x" * 5000, "a device without an end": "/dev/zero"}


@pytest.mark.parametrize("path", [pytest.param(path, id=name) for name, path in PATHS.items()])
@pytest.mark.parametrize(
    "arguments",
    [
        ("routes", "--config"),
        ("routes", "--schemas"),
        ("serve", "--uds", "/nowhere/at/all.sock", "--scenario"),
        ("extract", "--vendor", "acme", "--out", "/nowhere/at/all"),
    ],
    ids=lambda arguments: " ".join(arguments[::3]),
)
def test_an_odd_path_is_refused_with_one_line(told: Told, arguments: tuple[str, ...], path: str) -> None:
    told(*arguments, path)


def test_a_page_without_a_place_for_its_contract_is_one_line(told: Told, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = told("extract", "--vendor", "acme", "--out", tmp_path / "file" / "below", PAGE)
    assert "expected a file that can be written" in said


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contract that the pages give."""
    folder = tmp_path_factory.mktemp("extracted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, "argv", ["mockserver", "extract", "--vendor", "acme", "--out", str(folder / "schemas"), PAGE]
        )
        assert code_of(main) == 0
    return folder


def test_any_value_at_any_place_of_a_contract_is_compared_or_refused(
    extracted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = extracted / "schemas" / "acme" / "openapi.yaml"
    document = yaml.safe_load(file.read_text())
    changes = [(path, value) for path in places(document) for value in ODD]
    copied = shutil.copytree(extracted, tmp_path / "copy")
    for path, value in random.Random(1).sample(changes, 80):
        content = yaml.safe_dump(with_value(document, path, value), allow_unicode=True)
        (copied / "schemas" / "acme" / "openapi.yaml").write_text(content)
        arguments = ["mockserver", "extract", "--check", "--vendor", "acme", "--out", str(copied / "schemas"), PAGE]
        monkeypatch.setattr(sys, "argv", arguments)
        code = code_of(main)
        said = capsys.readouterr().err
        assert (code, said.count("\n")) in ((0, 0), (1, 0), (2, 1)), (path, value, said)


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"minimum": ' + DIGITS.encode() + b"}", b"\xff", b"", b"5"])
@pytest.mark.parametrize("name", ["schemas/acme/CreateWidgetV1.request.json", "schemas/acme/openapi.yaml"])
def test_a_file_of_a_contract_to_compare_with_is_refused_with_one_line(
    told: Told, extracted: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    copied = shutil.copytree(extracted, tmp_path / "copy")
    (copied / name).write_bytes(content)
    assert name in told("extract", "--check", "--vendor", "acme", "--out", copied / "schemas", PAGE)


@pytest.mark.parametrize("content", [b'{"log": {"entries": [', b'{"a": "\xff"}', b"\xff\xfe{", b""])
def test_check_says_what_is_wrong_with_a_broken_file_and_nothing_else(
    told: Told, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "broken.har"
    file.write_bytes(content)
    assert f"mockserver: {file}: " in told("check", file)
