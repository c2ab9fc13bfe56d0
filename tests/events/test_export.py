"""The journal for people and tools: HAR 1.2, JSON lines, curl commands that can be run again; secrets never whole."""

from __future__ import annotations

import base64
import gzip
import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from tests.support.harness import PRODLYTICS, SATORI, SUPALYTICS, V1, Server, run, serving

pytestmark = pytest.mark.socket

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
PAIRS = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "value"], "properties": {"name": TEXT, "value": TEXT}},
}
HAR = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "type": "object",
            "required": ["version", "creator", "entries"],
            "properties": {
                "version": {"const": "1.2"},
                "creator": {"type": "object", "required": ["name", "version"]},
                "entries": {"type": "array", "items": {"$ref": "#/$defs/entry"}},
            },
        }
    },
    "$defs": {
        "entry": {
            "type": "object",
            "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
            "properties": {
                "startedDateTime": {"type": "string", "format": "date-time"},
                "time": {"type": "number", "minimum": 0},
                "cache": {"type": "object"},
                "timings": {"type": "object", "required": ["send", "wait", "receive"]},
                "request": {
                    "type": "object",
                    "required": [
                        "method",
                        "url",
                        "httpVersion",
                        "cookies",
                        "headers",
                        "queryString",
                        "headersSize",
                        "bodySize",
                    ],
                    "properties": {
                        "method": TEXT,
                        "url": {"type": "string", "format": "uri", "pattern": r"^http://[!-~]+$"},
                        "headers": PAIRS,
                        "queryString": PAIRS,
                        "postData": {"type": "object", "required": ["mimeType", "text"]},
                        "bodySize": NUMBER,
                    },
                },
                "response": {
                    "type": "object",
                    "required": [
                        "status",
                        "statusText",
                        "httpVersion",
                        "cookies",
                        "headers",
                        "content",
                        "redirectURL",
                        "headersSize",
                        "bodySize",
                    ],
                    "properties": {
                        "status": {"type": "integer"},
                        "headers": PAIRS,
                        "content": {"type": "object", "required": ["size", "mimeType"]},
                    },
                },
            },
        }
    },
}
SECRET = "s3cr3t-key-that-nobody-may-see"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving("--log-level", "debug") as running:
        yield running


def export(server: Server, form: str, **query: str) -> str:
    response = server.client.get("/__admin/export", params={"format": form, **query})
    assert response.status_code == 200, response.text
    return str(response.text)


def har(server: Server, **query: str) -> list[Any]:
    document = json.loads(export(server, "har", **query))
    checker = Draft202012Validator.FORMAT_CHECKER
    assert not [error.message for error in Draft202012Validator(HAR, format_checker=checker).iter_errors(document)]
    return list(document["log"]["entries"])


def send_everything(server: Server) -> None:
    """Requests of every vendor and of every kind."""
    for operation in (V1, PRODLYTICS, SATORI, SUPALYTICS):
        server.post(operation, SECRET)
    server.post(V1, "k", json={}, params={"tags": "", "q[]": "ä&{1}", "api_key": SECRET})
    server.client.post("/api/v1/événements/{x}%20[y]?a=1&a=2", content=b"\x00\xff\x00")
    server.post(PRODLYTICS, "k", content=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    server.client.get("/api/v1/events", headers={"DD-API-KEY": "k", "Cookie": f"session={SECRET}"})
    server.client.post("/__admin/faults", json={"wire": "reset", "times": 1})
    with pytest.raises(httpx2.TransportError):
        server.post(V1, "k")


def test_har(server: Server) -> None:
    assert har(server) == []
    send_everything(server)
    entries = har(server)
    assert len(entries) == 9
    assert [entry["response"]["status"] for entry in entries] == [202, 202, 200, 200, 400, 404, 400, 405, 0]
    first = entries[0]
    assert json.loads(first["request"]["postData"]["text"]) == V1.accepted
    assert first["request"]["url"] == f"{server.url}/api/v1/events"
    pairs = [(pair["name"], pair["value"]) for pair in entries[4]["request"]["queryString"]]
    assert pairs[:2] == [("tags", ""), ("q[]", "ä&{1}")]
    assert base64.b64decode(entries[5]["request"]["postData"]["text"]) == b"\x00\xff\x00"
    assert "postData" not in entries[7]["request"]


def test_json_lines(server: Server) -> None:
    send_everything(server)
    lines = [json.loads(line) for line in export(server, "jsonl").splitlines()]
    listed = server.control("/requests")["requests"]
    assert [line["id"] for line in lines] == [exchange["id"] for exchange in listed]
    assert lines == [server.whole(exchange) for exchange in listed]


@pytest.mark.parametrize("form", ["har", "jsonl", "curl"])
def test_it_can_be_narrowed(server: Server, form: str) -> None:
    send_everything(server)
    sizes = [
        len(export(server, form, **query)) for query in ({}, {"account": "k"}, {"account": "k", "vendor": "satori"})
    ]
    assert sizes[0] > sizes[1] > sizes[2]
    problem = server.client.get("/__admin/export", params={"format": "xml"})
    assert (problem.status_code, problem.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("form", ["har", "jsonl", "curl"])
def test_no_secret_is_whole(server: Server, form: str) -> None:
    send_everything(server)
    text = export(server, form)
    encoded = base64.b64encode(f"{SECRET}:".encode()).decode()
    for secret in (SECRET, encoded, SECRET[:12]):
        assert secret not in text
        assert secret not in server.log
        for path in ("/requests", "/events", "/faults"):
            assert secret not in json.dumps(server.control(path))


BODIES = [
    b'{"a": 1}',
    b"@/etc/hostname",
    b'it\'s $(touch nothing) `x` "quoted"\n second line',
    "né 💶".encode(),
    b"\x00\x01\xff",
    b"a\x00b",
    b"",
    b"x" * 300_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_curl_command_sends_the_same_again(server: Server, body: bytes) -> None:
    sent = server.client.post(
        "/api/v1/events?q[]={1,2}&b=%20",
        content=body,
        headers={"X-Mine": "a'b", "X-Empty": "", "DD-API-KEY": "k", "Content-Type": "text/x"},
    )
    (command,) = export(server, "curl").strip("\n").split("\ncurl --globoff")
    subprocess.run(["/bin/sh"], input=command.encode(), check=True, capture_output=True, timeout=20)
    first, second = (server.whole(exchange) for exchange in server.control("/requests")["requests"])
    assert sent.status_code == first["status"]
    for part in ("method", "path", "query", "bytes"):
        assert first[part] == second[part]
    assert {name: first["request"].get(name) for name in ("body", "body_base64")} == {
        name: second["request"].get(name) for name in ("body", "body_base64")
    }
    kept = {"x-mine", "x-empty", "content-type"}
    assert [pair for pair in first["request"]["headers"] if pair[0] in kept] == [
        pair for pair in second["request"]["headers"] if pair[0] in kept
    ]


def test_a_curl_command_says_where_a_body_was_cut(server: Server) -> None:
    server.post(PRODLYTICS, "k", content=b"x" * 6_000_000)
    assert export(server, "curl").rstrip().endswith("# only 65536 of 6000000 bytes")
    posted = har(server)[0]["request"]["postData"]
    assert (posted["comment"], posted["_truncated"]) == ("the first 65536 bytes of 6000000", True)


@pytest.mark.parametrize("form", ["har", "jsonl", "curl"])
def test_the_command_writes_what_the_call_answers(server: Server, tmp_path: Path, form: str) -> None:
    send_everything(server)
    expected = export(server, form)
    printed = run("export", "--url", server.url, "--format", form)
    assert (printed.returncode, printed.stdout) == (0, expected)
    output = tmp_path / "journal"
    run("export", "--url", server.url, "--format", form, "--output", str(output))
    assert output.read_text("utf-8") == expected
    narrowed = run("export", "--url", server.url, "--format", form, "--account", "k", "--vendor", "datadog")
    assert narrowed.stdout == export(server, form, account="k", vendor="datadog")


def test_the_command_says_what_went_wrong(server: Server) -> None:
    for arguments in (["--url", "http://127.0.0.1:1"], ["--url", server.url, "--vendor", "x"], ["--url", "nonsense"]):
        result = run("export", *arguments)
        assert result.returncode != 0
        assert result.stderr.startswith(("Error: ", "mockserver: "))
        assert len(result.stderr.splitlines()) == 1


def test_the_command_gives_the_token() -> None:
    with serving("--admin-token", "t0ken", headers={"Authorization": "Bearer t0ken"}) as server:
        assert run("export", "--url", server.url).returncode == 2
        assert run("export", "--url", server.url, "--token", "t0ken").returncode == 0
        assert run("export", "--url", server.url, MOCKSERVER_ADMIN_TOKEN="t0ken").returncode == 0


def test_a_curl_command_is_one_that_a_shell_reads(server: Server) -> None:
    server.post(SATORI, SECRET)
    words = shlex.split(export(server, "curl"))
    assert words[:4] == ["curl", "--globoff", "-X", "POST"]
    assert words[4] == f"{server.url}/v1/server-event"
