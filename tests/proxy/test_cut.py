"""What the proxy did not keep whole is marked in every export, and `check` does not hold it against anyone."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.harness import PATIENCE, V1, Server, run
from tests.support.upstreams import RawUpstream, hanging, served

pytestmark = pytest.mark.socket

HEAD = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
PART = b'{"status": "ok", "pad": "' + b"x" * 100_000


def exported(proxy: Server, key: str, folder: Path) -> dict[str, Path]:
    """The journal of an account in the formats that can be checked."""
    files = {}
    for form in ("har", "jsonl"):
        files[form] = folder / f"journal.{form}"
        files[form].write_bytes(proxy.client.get("/__admin/export", params={"format": form, "account": key}).content)
    return files


def checked(file: Path, *arguments: str) -> tuple[Any, list[tuple[str, str, str]]]:
    """What was counted as not judged, and the side, place and rule of what was found."""
    report = json.loads(run("check", "--format", "json", *arguments, str(file)).stdout)
    assert report["unreadable"] == []
    found = [(each["side"], each["pointer"] or each["parameter"] or "", each["rule"]) for each in report["findings"]]
    return report["summary"]["not_judged"], found


@pytest.mark.parametrize(
    ("answer", "size", "remark"),
    [
        (HEAD + b"Content-Length: 300000\r\n\r\n" + PART.ljust(300_000), 300_000, "the first 65536 bytes of 300000"),
        (HEAD + b"\r\n" + PART.ljust(300_000), -1, "the first 65536 bytes"),
    ],
    ids=["a length", "no length"],
)
def test_an_answer_that_was_not_kept_whole(
    raw: RawUpstream, before_raw: Server, key: str, tmp_path: Path, answer: bytes, size: int, remark: str
) -> None:
    raw.behave = served(answer)
    assert len(before_raw.post(V1, key).content) == 300_000
    files = exported(before_raw, key, tmp_path)
    (entry,) = json.loads(files["har"].read_text())["log"]["entries"]
    content = entry["response"]["content"]
    assert (content["size"], entry["response"]["bodySize"], content["comment"]) == (size, size, remark)
    assert len(content["text"]) == 65536
    assert json.loads(files["jsonl"].read_text())["response"]["truncated"] is True
    for file in files.values():
        assert checked(file) == ({"response bodies that were not recorded whole": 1}, [])


def test_a_request_that_was_not_kept_whole(raw: RawUpstream, before_raw: Server, key: str, tmp_path: Path) -> None:
    raw.behave = served(HEAD + b"Content-Length: 2\r\n\r\n{}")
    before_raw.post(V1, key, content=PART.ljust(300_000))
    files = exported(before_raw, key, tmp_path)
    (entry,) = json.loads(files["har"].read_text())["log"]["entries"]
    assert entry["request"]["bodySize"] == 300_000
    assert entry["request"]["postData"]["comment"] == "the first 65536 bytes of 300000"
    assert json.loads(files["jsonl"].read_text())["request"]["truncated"] is True
    for file in files.values():
        assert checked(file) == ({"request bodies that were not recorded whole": 1}, [])
        assert checked(file, "--max-body-bytes", "200000") == ({}, [("request", "", "too-large")])


@pytest.mark.parametrize("begun", ["", "{"])
def test_a_request_that_its_client_left(
    raw: RawUpstream, before_raw: Server, key: str, tmp_path: Path, begun: str
) -> None:
    address = urlsplit(before_raw.url)
    with socket.create_connection((address.hostname, address.port or 0), PATIENCE) as connection:
        head = f"POST {V1.path} HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 10\r\n\r\n{begun}".encode())
    tries = iter(range(1000))
    while not before_raw.journal(V1, key) and next(tries) < 999:
        """It is recorded once the proxy sees that the client is gone."""
    expected = {"request bodies that were not recorded whole": 1, "requests without a response": 1}
    for file in exported(before_raw, key, tmp_path).values():
        assert checked(file) == (expected, [])


def test_an_answer_of_the_proxy_itself_is_not_held_against_the_vendor(
    raw: RawUpstream, before_raw: Server, key: str, tmp_path: Path
) -> None:
    for behaviour, error in ((hanging, "http_response_timeout"), (served(b"nonsense"), "http_protocol_error")):
        raw.behave = behaviour
        assert before_raw.post(V1, key).headers["proxy-status"] == f"mockserver; error={error}"
    for file in exported(before_raw, key, tmp_path).values():
        assert checked(file) == ({"responses of mockserver's proxy, not of the vendor": 2}, [])
