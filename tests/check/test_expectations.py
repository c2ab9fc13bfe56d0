"""`mockserver check` on the JSON of MockServer, the Java program: expectations, and what it recorded."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import SUPALYTICS, V1
from tests.support.recordings import ACCEPTED_V1, check, marks, report

HEADERS = {"Host": ["api.datadoghq.com"], "DD-API-KEY": ["a-key"], "Content-Type": ["application/json"]}


def expectation(body: Any, **request: Any) -> dict[str, Any]:
    """As the vendor's Java client keeps its recordings: the headers of the request are dropped."""
    return {
        "httpRequest": {
            "body": body,
            "headers": {},
            "method": "POST",
            "path": V1.path,
            "keepAlive": False,
            "secure": True,
            **request,
        },
        "httpResponse": {
            "body": json.dumps(ACCEPTED_V1),
            "headers": {"Content-Type": ["application/json"]},
            "statusCode": 202,
            "reasonPhrase": "Accepted",
        },
        "times": {"remainingTimes": 1},
        "timeToLive": {"unlimited": True},
        "id": "3fb4b571-331d-3a20-33ac-54b20446166a",
    }


def written(path: Path, *exchanges: Any, indent: int | None = 2) -> Path:
    path.write_text(json.dumps(list(exchanges), indent=indent))
    return path


GOOD, BAD = json.dumps(V1.body), json.dumps({**V1.body, "alert_type": "panic"})


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: {"type": "STRING", "string": text},
        lambda text: {"type": "JSON", "json": text, "matchType": "STRICT"},
        lambda text: {"type": "JSON", "json": json.loads(text)},
        lambda text: {"type": "BINARY", "base64Bytes": base64.b64encode(text.encode()).decode()},
        json.loads,
        lambda text: {**json.loads(text), "type": ["its own"]},
    ],
    ids=["text", "STRING", "JSON as text", "JSON", "BINARY", "bare", "bare with a type"],
)
@pytest.mark.parametrize("indent", [2, None])
def test_every_form_of_a_body_is_judged(tmp_path: Path, form: Any, indent: int | None) -> None:
    file = written(tmp_path / "a.json", expectation(form(GOOD)), expectation(form(BAD)), indent=indent)
    found = report(file, code=1)
    assert marks(found) == [("exchange 2", "request", "/alert_type", "enum")]
    assert found["summary"]["judged"] == 2
    assert found["findings"][0]["line"] == (
        1 if indent is None else json.dumps([expectation(form(GOOD))], indent=2).count("\n") + 1
    )


def test_a_response_is_judged_too(tmp_path: Path) -> None:
    wrong = expectation(GOOD)
    wrong["httpResponse"] = {"statusCode": 202, "body": {"type": "JSON", "json": {"event": {"title": 3.5}}}}
    without = expectation(GOOD)
    del without["httpResponse"]
    found = report(written(tmp_path / "a.json", wrong, without), code=1)
    assert marks(found) == [("exchange 1", "response", "/event/title", "type")]
    assert found["summary"]["not_judged"]["requests without a response"] == 1


@pytest.mark.parametrize(
    "headers",
    [HEADERS, [{"name": name, "values": values} for name, values in HEADERS.items()]],
    ids=["by name", "listed"],
)
def test_recorded_requests_and_responses(tmp_path: Path, headers: Any) -> None:
    old = json.dumps({**V1.body, "date_happened": 1})
    exchange = {"timestamp": "2025-07-15 12:00:00.123", **expectation(old, headers=headers)}
    found = report(written(tmp_path / "a.json", exchange), code=1)
    assert marks(found) == [("exchange 1", "request", "/date_happened", "time-window")]
    assert found["findings"][0]["time"] == "2025-07-15T12:00:00.123Z"


def test_what_was_recorded_without_a_credential_is_wrong_and_an_expectation_is_not(tmp_path: Path) -> None:
    headers = {"Host": ["api.datadoghq.com"], "Content-Type": ["application/json"]}
    matched = expectation(GOOD, headers=headers)
    found = report(written(tmp_path / "a.json", matched, {"timestamp": "2025-07-15 12:00:00.123", **matched}), code=1)
    assert marks(found) == [("exchange 2", "request", "DD-API-KEY", "security")]


def test_the_address_of_a_request(tmp_path: Path) -> None:
    bad = {"type": "PARAMETERS", "parameters": {"name": ["x"]}}
    address = {"host": "api.supalytics.co", "port": 443, "scheme": "HTTPS"}
    file = written(
        tmp_path / "a.json",
        expectation(bad, path=SUPALYTICS.path, socketAddress=address, queryStringParameters={"a": ["1", "2"]}),
        expectation(BAD, headers={"Host": ["example.com"]}),
        expectation(BAD, path="/elsewhere"),
    )
    found = report(file, "--only", "requests", code=1)
    assert [(each["vendor"], each["url"], each["rule"]) for each in found["findings"]] == [
        ("supalytics", f"{SUPALYTICS.path}?a=1&a=2", "unreadable")
    ]
    assert found["unknown"] == {
        "hosts": [{"name": "example.com", "count": 1}],
        "paths": [{"name": "POST localhost/elsewhere", "count": 1}],
    }


def test_a_matcher_is_no_body(tmp_path: Path) -> None:
    matchers = [{"type": "REGEX", "regex": ".*"}, {"type": "STRING", "string": "x", "not": True}]
    found = report(written(tmp_path / "a.json", *(expectation(each) for each in matchers)), code=0)
    assert found["summary"]["not_judged"]["request bodies that were not recorded whole"] == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": None}, "[0]: httpRequest.method: expected text"),
        ({"path": 3}, "[0]: httpRequest.path: expected text"),
        ({"headers": "x"}, "[0]: httpRequest.headers: expected an object, or a list of {name, value}"),
        ({"body": {"type": "BINARY", "base64Bytes": "a"}}, "[0]: httpRequest.body.base64Bytes: expected base64"),
    ],
    ids=str,
)
def test_a_malformed_exchange_is_one_line(tmp_path: Path, change: Any, said: str) -> None:
    broken = expectation(GOOD)
    broken["httpRequest"].update(change)
    done = check(written(tmp_path / "a.json", broken))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
