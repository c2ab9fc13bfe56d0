"""`mockserver check` on cassettes: those that vcrpy records of the vendor's own client, and other programs' forms."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import vcr
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.model.event_create_request import EventCreateRequest

from tests.support.datadog_sdk import CALLS, sdk_client
from tests.support.harness import PRODLYTICS, SUPALYTICS, V1, Server
from tests.support.recordings import ACCEPTED_V1, check, marks, report

FILTERED = [("DD-API-KEY", "REDACTED"), ("DD-APPLICATION-KEY", "**********")]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_cassettes_of_the_vendors_client(server: Server, key: str, tmp_path: Path, form: str) -> None:
    recorder: Any = vcr.VCR(serializer=form, filter_headers=FILTERED)
    with sdk_client(server, key, check_input_type=False) as client:
        with recorder.use_cassette(str(tmp_path / "good")):
            event = EventCreateRequest(title="Deployed", text="Oh boy!", date_happened=int(time.time()))
            CALLS["CreateEventV1"](client, event)
            CALLS["SubmitProductAnalyticsEvent"](client, PRODLYTICS.body)
        with recorder.use_cassette(str(tmp_path / "bad")), pytest.raises(ApiException):
            CALLS["CreateEventV1"](client, {"title": "Deployed", "text": "Oh boy!", "alert_type": "panic"})
    assert report(tmp_path / "good", code=0)["summary"]["judged"] == 2
    found = report(tmp_path / "bad", code=1)
    assert marks(found) == [("interaction 1", "request", "/alert_type", "enum")]
    assert found["findings"][0]["line"] == (2 if form == "yaml" else 4)


def test_without_a_time_rules_about_time_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    old = {**V1.body, "date_happened": 1}
    file = cassette(tmp_path / "a.json", interaction(old))
    assert "without a time: 1 request; rules about time were not applied" in check(file).stdout
    file = cassette(tmp_path / "b.json", {**interaction(old), "recorded_at": "2025-07-15T12:00:00"})
    assert marks(report(file, code=1)) == [("interaction 1", "request", "/date_happened", "time-window")]


def test_a_header_that_was_taken_out_is_missing_unless_told_otherwise(tmp_path: Path) -> None:
    bare = interaction()
    del bare["request"]["headers"]["DD-API-KEY"]
    file = cassette(tmp_path / "a.json", bare)
    assert marks(report(file, code=1)) == [("interaction 1", "request", "DD-API-KEY", "security")]
    report(file, "--no-credentials", code=0)


def test_the_forms_of_other_programs(tmp_path: Path) -> None:
    betamax = interaction({"title": 1, "text": "x"})
    betamax["request"]["body"] = {"encoding": "utf-8", "base64_string": "eyJ0aXRsZSI6IDEsICJ0ZXh0IjogIngifQ=="}
    betamax["response"]["body"] = {"encoding": "utf-8", "string": json.dumps(ACCEPTED_V1)}
    file = tmp_path / "betamax"
    file.write_text(json.dumps({"http_interactions": [betamax], "recorded_with": "betamax/0.9"}))
    assert marks(report(file, code=1)) == [("interaction 1", "request", "/title", "type")]
    go = interaction()
    go["request"]["url"] = go["request"].pop("uri")
    go["response"] = {"body": "{}", "code": 418, "status": "418 I'm a teapot", "headers": {}}
    file = tmp_path / "go-vcr"
    file.write_text(json.dumps({"version": 2, "interactions": [go]}))
    assert marks(report(file, code=1)) == [("interaction 1", "response", "", "status")]
    ruby = tmp_path / "ruby"
    ruby.write_text(
        """---
http_interactions:
- request:
    method: post
    uri: https://api.supalytics.co/v1/events
    body: {encoding: UTF-8, string: !!python/unicode '{"name": 3}'}
    headers:
      Authorization: [Bearer <TOKEN>]
      Content-Type: [application/json]
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {encoding: ASCII-8BIT, string: !!binary eyJzdWNjZXNzIjogdHJ1ZX0=}
  recorded_at: Tue, 15 Jul 2025 12:00:00 GMT
recorded_with: VCR 6.3.1
"""
    )
    assert marks(report(ruby, code=1)) == [("interaction 1", "request", "/name", "type")]
    assert report(ruby, code=1)["summary"]["without_time"] == 0


def test_a_directory_is_searched_for_recordings(server: Server, key: str, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    cassette(tmp_path / "deep" / "er" / "a.json", interaction())
    cassette(tmp_path / "deep" / "b.YML", interaction({"title": "x"}))
    (tmp_path / "package.json").write_text('{"name": "shop", "version": "1"}')
    (tmp_path / "settings.yaml").write_text("port: 8080\n")
    (tmp_path / "notes.txt").write_text("not looked at")
    server.post(SUPALYTICS, key, {"name": 1})
    lines = server.client.get("/__admin/export", params={"format": "jsonl", "account": f"sly_{key}"}).content
    (tmp_path / "journal.jsonl").write_bytes(lines)
    found = report(tmp_path, code=1)
    assert [Path(each["file"]).name for each in found["files"]] == ["b.YML", "a.json", "journal.jsonl"]
    assert marks(found) == [
        ("interaction 1", "request", "/text", "required"),
        ("line 1", "request", "/name", "type"),
    ]
    assert found["summary"]["files_passed_over"] == 2


def interaction(body: Any = None) -> dict[str, Any]:
    """An interaction as vcrpy writes it, of an accepted event by default."""
    return {
        "request": {
            "method": "POST",
            "uri": "https://api.datadoghq.eu/api/v1/events",
            "body": json.dumps(V1.body if body is None else body),
            "headers": {"DD-API-KEY": ["<DD_API_KEY>"], "Content-Type": ["application/json"]},
        },
        "response": {
            "status": {"code": 202, "message": "Accepted"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": json.dumps(ACCEPTED_V1)},
        },
    }


def cassette(path: Path, *interactions: Any) -> Path:
    path.write_text(json.dumps({"version": 1, "interactions": list(interactions)}))
    return path
