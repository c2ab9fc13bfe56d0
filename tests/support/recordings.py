"""Builds recordings for the tests of `mockserver check`, and runs it on them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from mockserver.cli.main import main
from tests.support import harness

TIME = "2025-07-15T12:00:00.000Z"
ACCEPTED_V1 = {"status": "ok", "event": {"id": 1, "title": "Deployed", "text": "Oh boy!"}}


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `mockserver check` by its entry point, in this process: a hundred interpreters would take their time."""
    out, err, line, code = io.StringIO(), io.StringIO(), ["mockserver", "check", *map(str, arguments)], 0
    with mock.patch.object(sys, "argv", line), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as done:
            code = int(done.code or 0)
    return subprocess.CompletedProcess(line, code, out.getvalue(), err.getvalue())


def report(*arguments: object, code: int) -> Any:
    """The JSON report of a check that ends with `code`."""
    done = check("--format", "json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def marks(found: Any, level: str = "violation") -> list[tuple[str, str, str, str]]:
    """Place, side, pointer or parameter, and rule of each finding of a report."""
    return [
        (finding["place"], finding["side"], finding["pointer"] or finding["parameter"] or "", finding["rule"])
        for finding in found["findings"]
        if finding["level"] == level
    ]


def entry(
    url: str,
    body: Any = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    status: int = 202,
    answer: Any = None,
    answer_headers: dict[str, str] | None = None,
    time: str | None = TIME,
    **request: Any,
) -> dict[str, Any]:
    """A HAR entry as a browser writes it."""
    text = body if isinstance(body, str) else json.dumps(body)
    answered = answer if isinstance(answer, str) else json.dumps({} if answer is None else answer)
    sent = {"Content-Type": "application/json", "DD-API-KEY": "a-key", **(headers or {})}
    posted = {} if body is None else {"postData": {"mimeType": "application/json", "text": text}}
    return {
        "startedDateTime": time,
        "time": 12.5,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "h2",
            "headers": [{"name": ":authority", "value": "api"}, *pairs(sent)],
            "queryString": [],
            "cookies": [],
            "headersSize": -1,
            "bodySize": len(text) if body is not None else 0,
            **posted,
            **request,
        },
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "h2",
            "headers": pairs({"content-type": "application/json", **(answer_headers or {})}),
            "cookies": [],
            "content": {"size": len(answered), "mimeType": "application/json", "text": answered},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0.1, "wait": 12, "receive": 0.4},
    }


def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def har(path: Path, *entries: Any, creator: str = "WebInspector", indent: int | None = None) -> Path:
    """A HAR file of entries."""
    log = {"version": "1.2", "creator": {"name": creator, "version": "537.36"}, "pages": [], "entries": list(entries)}
    path.write_text(json.dumps({"log": log}, indent=indent))
    return path


def v1(body: Any = None, **options: Any) -> dict[str, Any]:
    """An entry of an event posted to Datadog's v1 API, an accepted one by default."""
    given = harness.V1.body if body is None else body
    return entry("https://api.datadoghq.com/api/v1/events", given, **{"answer": ACCEPTED_V1, **options})
