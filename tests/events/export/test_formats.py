"""What each export format writes of an exchange, to the last member."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mockserver import __version__
from mockserver.events.export import curl, har, jsonl
from mockserver.events.export.har import FACTS
from mockserver.events.export.writing import ExportContext, ExportFormat
from mockserver.model import Exchange, Request
from mockserver.support.credentials import KnownCredentials
from mockserver.support.redaction import Redaction, mask
from tests.support.exchanges import exchange

KEY = "k3y-of-a-test-that-is-long"
LABEL = mask(KEY)
BINARY = b"\xff\x00"


def view(each: Exchange) -> dict[str, Any]:
    """An exchange as the control API shows it, as far as these formats look at it."""
    return {**dict.fromkeys(FACTS), "connection": 3 if each.sequence == 1 else None, "id": each.id}


def context() -> ExportContext:
    known = KnownCredentials()
    known.add(KEY, LABEL)
    return ExportContext("http://fake:1", Redaction(known=known), view)


def written(format_: ExportFormat, *exchanges: Exchange) -> bytes:
    return b"".join(format_.write(exchanges, context()))


def har_entry(each: Exchange) -> dict[str, Any]:
    (entry,) = json.loads(written(har.FORMAT, each))["log"]["entries"]
    assert isinstance(entry, dict)
    return entry


def sent(body: bytes, *headers: tuple[bytes, bytes], size: int | None = None, query: bytes = b"") -> Request:
    whole = len(body) if size is None else size
    return Request("POST", "/a b", query, headers, body, whole, truncated=whole > len(body))


TEXT = exchange(
    1,
    account=LABEL,
    request=sent(
        f'"{KEY}"'.encode(), (b"dd-api-key", KEY.encode()), (b"content-type", b"application/json"), query=b"a=1&b="
    ),
    status=202,
    response_headers=((b"content-type", b"text/plain"), (b"x-echo", KEY.encode())),
    response_body=b"taken",
    milliseconds=12.5,
)
CUT = exchange(
    2,
    request=sent(BINARY, size=10),
    status=None,
    response_headers=((b"content-length", b"300"),),
    response_body=BINARY,
    response_truncated=True,
)


def test_har_of_text() -> None:
    assert har_entry(TEXT) == {
        "startedDateTime": "1970-01-01T00:00:01.000Z",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": "http://fake:1/a%20b?a=1&b=",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [
                {"name": "dd-api-key", "value": LABEL},
                {"name": "content-type", "value": "application/json"},
            ],
            "queryString": [{"name": "a", "value": "1"}, {"name": "b", "value": ""}],
            "postData": {"mimeType": "application/json", "text": f'"{LABEL}"'},
            "headersSize": -1,
            "bodySize": len(KEY) + 2,
        },
        "response": {
            "status": 202,
            "statusText": "Accepted",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "content-type", "value": "text/plain"}, {"name": "x-echo", "value": LABEL}],
            "content": {"size": 5, "mimeType": "text/plain", "text": "taken"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 5,
        },
        "connection": "3",
        **{f"_{name}": "r1" if name == "id" else None for name in FACTS},
        "cache": {},
        "timings": {"send": 0, "wait": 12.5, "receive": 0},
    }
    assert "connection" not in har_entry(CUT)


def test_har_of_what_was_cut() -> None:
    entry = har_entry(CUT)
    encoded = base64.b64encode(BINARY).decode()
    assert entry["request"]["postData"] == {
        "mimeType": "",
        "text": encoded,
        "encoding": "base64",
        "_truncated": True,
        "comment": "the first 2 bytes of 10",
    }
    assert (entry["response"]["status"], entry["response"]["statusText"], entry["response"]["bodySize"]) == (0, "", 300)
    assert entry["response"]["content"] == {
        "size": 300,
        "mimeType": "",
        "text": encoded,
        "encoding": "base64",
        "_truncated": True,
        "comment": "the first 2 bytes of 300",
    }


def test_har_of_a_response_of_unknown_length() -> None:
    content = har_entry(CUT._replace(response_headers=()))["response"]["content"]
    assert (content["size"], content["comment"]) == (-1, "the first 2 bytes")


@pytest.mark.parametrize(("size", "has_body"), [(0, False), (1, True)])
def test_har_has_post_data_only_where_there_was_a_body(size: int, *, has_body: bool) -> None:
    assert ("postData" in har_entry(exchange(1, request=sent(b"", size=size)))["request"]) == has_body


def test_har_of_many() -> None:
    log = json.loads(written(har.FORMAT, TEXT, CUT))["log"]
    assert log["version"] == "1.2"
    assert log["creator"] == {"name": "mockserver", "version": __version__}
    assert [entry["time"] for entry in log["entries"]] == [12.5, 1.0]
    assert json.loads(written(har.FORMAT))["log"]["entries"] == []


def test_curl_of_text() -> None:
    assert written(curl.FORMAT, TEXT).decode() == (
        f"curl --globoff -X POST 'http://fake:1/a%20b?a=1&b=' -H 'dd-api-key: {LABEL}'"
        f" -H 'content-type: application/json' --data-raw '\"{LABEL}\"'\n"
    )


def test_curl_of_bytes_says_what_is_missing() -> None:
    assert written(curl.FORMAT, CUT).decode() == (
        "printf %s /wA= | base64 -d | curl --globoff -X POST http://fake:1/a%20b -H content-type: --data-binary @-"
        "  # only 2 of 10 bytes\n"
    )


def test_curl_leaves_out_the_headers_that_it_writes_itself() -> None:
    names = (b"host", b"content-length", b"connection", b"accept-encoding", b"transfer-encoding", b"x-empty")
    headers = tuple((name, b"" if name == b"x-empty" else b"1") for name in names)
    line = written(curl.FORMAT, exchange(1, request=sent(b"", *headers))).decode()
    assert line == "curl --globoff -X POST http://fake:1/a%20b -H 'x-empty;'\n"


@pytest.mark.parametrize(("size", "direct"), [(64 * 1024, True), (64 * 1024 + 1, False)])
def test_curl_has_a_large_body_encoded(size: int, *, direct: bool) -> None:
    line = written(curl.FORMAT, exchange(1, request=sent(b"x" * size)))
    assert (b"--data-raw" in line, b"base64 -d" in line) == (direct, not direct)


def test_curl_has_a_body_with_null_characters_encoded() -> None:
    assert b"printf %s YQBi | base64 -d" in written(curl.FORMAT, exchange(1, request=sent(b"a\0b")))


def test_curl_passes_on_what_no_query_may_hold() -> None:
    line = written(curl.FORMAT, exchange(1, request=sent(b"", query=b"a[]=|")))
    assert b"'http://fake:1/a%20b?a[]=|'" in line
    assert har_entry(exchange(1, request=sent(b"", query=b"a[]=|")))["request"]["url"].endswith("?a%5B%5D=%7C")


def test_json_lines_have_the_views() -> None:
    lines = written(jsonl.FORMAT, TEXT, CUT).splitlines()
    assert [json.loads(line) for line in lines] == [view(TEXT), view(CUT)]


def test_media_types() -> None:
    assert [each.content_type for each in (har.FORMAT, curl.FORMAT, jsonl.FORMAT)] == [
        "application/json",
        "text/x-shellscript; charset=utf-8",
        "application/x-ndjson",
    ]
