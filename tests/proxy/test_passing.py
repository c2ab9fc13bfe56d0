"""`mockserver proxy` in front of a second mockserver: traffic passes unchanged, is judged, and is in the journal."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client.v1.api.events_api import EventsApi
from datadog_api_client.v1.model.event_create_request import EventCreateRequest

from tests.support.datadog_sdk import sdk_client
from tests.support.harness import (
    PRODLYTICS,
    SATORI,
    SUPALYTICS,
    V1,
    Operation,
    Server,
    each_operation,
    marks,
    run,
)

pytestmark = pytest.mark.socket


def newest(server: Server, operation: Operation, key: str) -> Any:
    return server.whole(server.last(operation, key))


@each_operation
def test_a_request_and_its_answer_pass_unchanged(server: Server, proxy: Server, key: str, operation: Operation) -> None:
    answer = proxy.post(operation, key, headers={"X-Mine": "kept", "Accept-Encoding": "identity"})
    assert answer.status_code == operation.success
    behind, here = newest(server, operation, key), newest(proxy, operation, key)
    assert behind["request"]["body"] == here["request"]["body"]
    assert behind["account"] == here["account"], "the credential went through untouched"
    sent, arrived = dict(here["request"]["headers"]), dict(behind["request"]["headers"])
    assert arrived.pop("host") == server.url.removeprefix("http://")
    assert sent.pop("host") == proxy.url.removeprefix("http://")
    sent.pop("connection", None)
    assert arrived == sent
    assert here["response"]["body"] == answer.text == behind["response"]["body"]
    assert dict(here["response"]["headers"]) == dict(answer.headers)
    assert dict(answer.headers) == {name.lower(): value for name, value in behind["response"]["headers"]}
    assert here["verdict"] == "valid"
    assert here["response_violations"] == []
    assert here["acknowledged"] is True


def test_compressed_bodies_stay_compressed(server: Server, proxy: Server, key: str) -> None:
    packed = gzip.compress(json.dumps(PRODLYTICS.body).encode(), mtime=0)
    answer = proxy.post(PRODLYTICS, key, content=packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 202
    behind, here = newest(server, PRODLYTICS, key), newest(proxy, PRODLYTICS, key)
    assert behind["request"]["body_base64"] == here["request"]["body_base64"]
    assert here["verdict"] == "valid"


def test_a_broken_request_is_passed_on_and_judged(server: Server, proxy: Server, key: str) -> None:
    answer = proxy.post(V1, key, {"title": "x", "priority": "urgent"})
    assert answer.status_code == 400
    assert answer.content == server.post(V1, f"{key}2", {"title": "x", "priority": "urgent"}).content
    assert marks(proxy.last(V1, key)["violations"]) == [("/priority", "enum"), ("/text", "required")]
    assert len(server.journal(V1, key)) == 1


@pytest.mark.parametrize(
    ("operation", "body", "member"),
    [
        (V1, {"title": "x"}, "errors"),
        (PRODLYTICS, {"type": "server"}, "errors"),
        (SATORI, {"events": [{"name": 3}]}, "code"),
        (SATORI, {"events": "none"}, "code"),
        (SUPALYTICS, {}, "error"),
        (SUPALYTICS, "{nope", "error"),
    ],
)
def test_enforced_a_broken_request_is_refused_in_the_vendors_envelope(
    server: Server, enforcing: Server, key: str, operation: Operation, body: Any, member: str
) -> None:
    options = {"content": body} if isinstance(body, str) else {"json": body}
    answer = enforcing.post(operation, key, options.pop("json", None), **options)
    assert answer.status_code == 400
    assert member in answer.json()
    assert server.journal(operation, key) == []
    assert enforcing.last(operation, key)["verdict"] == "invalid"
    assert enforcing.last(operation, key)["stored"] is False
    assert enforcing.post(operation, key).status_code == operation.success
    assert len(server.journal(operation, key)) == 1


def test_enforced_a_missing_credential_is_refused_and_an_undocumented_method_is_not(
    enforcing: Server, key: str
) -> None:
    answer = enforcing.client.post(V1.path, json=V1.body)
    assert answer.status_code == 400
    assert "DD-API-KEY" in answer.text
    assert enforcing.client.put(V1.path, json=V1.body, headers=V1.headers(key)).status_code == 405
    assert marks(enforcing.last(V1, key)["warnings"]) == [("", "method")]


def test_the_journal_answers_for_what_passed(proxy: Server, key: str, tmp_path: Path) -> None:
    proxy.post(V1, key)
    proxy.post(V1, key, {"title": "x"})
    events = proxy.control("/events", account=key)["events"]
    assert [(event["name"], event["outcome"]) for event in events] == [("Deployed", "accepted"), ("x", "rejected")]
    for form in ("har", "jsonl", "curl"):
        exported = proxy.client.get("/__admin/export", params={"format": form, "account": key}).text
        assert "Deployed" in exported
        assert key not in exported
        if form != "curl":
            (tmp_path / form).write_text(exported)
            done = run("check", str(tmp_path / form))
            assert done.returncode == 1
            assert "2 judged by the profile documented: 1 violation, 0 warnings" in done.stdout
    assert key not in proxy.log


def test_the_vendors_client_works_through_it(proxy: Server, server: Server, key: str) -> None:
    with sdk_client(proxy, key) as client:
        answer = EventsApi(client).create_event(EventCreateRequest(title="Deployed", text="Oh boy!"))
    assert answer.status == "ok"
    assert server.last(V1, key)["verdict"] == proxy.last(V1, key)["verdict"] == "valid"


def test_many_at_once_keep_their_answers(proxy: Server, key: str) -> None:
    def post(number: int) -> bool:
        answer = proxy.post(V1, key, {"title": f"event {number}", "text": "x"})
        return bool(answer.json()["event"]["title"] == f"event {number}")

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(post, range(200)))
    assert len(proxy.journal(V1, key)) == 200


def test_a_path_that_nobody_documents_is_told_when_there_are_several_upstreams(proxy: Server) -> None:
    answer = proxy.client.post("/api/v1/evnts", json={})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "datadog, satori, supalytics" in answer.json()["detail"]


def test_a_wrong_method_is_the_vendors_to_answer(proxy: Server, server: Server, key: str) -> None:
    headers = V1.headers(key)
    answer, direct = proxy.client.get(V1.path, headers=headers), server.client.get(V1.path, headers=headers)
    assert (answer.status_code, answer.content) == (direct.status_code, direct.content)
    listed = proxy.last(V1, key)
    assert (listed["verdict"], marks(listed["warnings"])) == ("valid", [("", "method")])


@pytest.mark.parametrize(
    ("upstream", "said"),
    [
        ("acme=http://x", "expected VENDOR=URL with one of datadog, satori, supalytics"),
        ("datadog", "expected VENDOR=URL with one of datadog, satori, supalytics"),
        ("datadog=api.datadoghq.com", "expected http(s)://HOST[:PORT][/PATH]"),
        ("datadog=ftp://x", "expected http(s)://HOST[:PORT][/PATH]"),
        ("datadog=http://x:port", "is no URL"),
        ("datadog=http://x?y=1", "expected http(s)://HOST[:PORT][/PATH]"),
    ],
)
def test_a_wrong_upstream_is_one_clear_line(upstream: str, said: str) -> None:
    done = run("proxy", "--upstream", upstream)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_upstream_is_needed_and_given_once() -> None:
    assert run("proxy").returncode == 2
    done = run("proxy", "--upstream", "datadog=http://x", "--upstream", "datadog=http://y")
    assert (done.returncode, done.stderr) == (2, "mockserver: --upstream: datadog is given twice\n")
