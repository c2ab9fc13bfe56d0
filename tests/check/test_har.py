"""`mockserver check` on HAR: planted violations are found, and only those."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import OPERATIONS, PRODLYTICS, SUPALYTICS, V1, V2, Server, edited
from tests.support.recordings import check, entry, har, marks, pairs, report, v1


def recorded_like_a_browser(server: Server, key: str, path: Path, calls: list[tuple[Any, Any]]) -> Path:
    """A HAR file of real exchanges with the server, as a browser's developer tools write them: content codings
    undone, cross-origin preflights, and resources of other hosts in between."""
    entries = [entry("https://cdn.example.com/app.js", method="GET", status=200, answer="alert(1)")]
    for operation, body in calls:
        preflight = {"Access-Control-Request-Method": "POST", "Origin": "https://shop.example"}
        entries.append(entry(server.url + operation.path, method="OPTIONS", headers=preflight, status=405, answer=""))
        response = server.post(operation, key, body, headers={"Accept-Encoding": "gzip, br"})
        request = response.request
        entries.append(
            {
                **entry(str(request.url), request.content.decode(), time=None),
                "startedDateTime": response.headers["date"] and "2025-07-15T12:00:00Z",
            }
        )
        entries[-1]["request"]["headers"] = pairs(dict(request.headers))
        entries[-1]["response"].update(
            status=response.status_code,
            headers=pairs({**response.headers, "content-encoding": "br"}),
            content={"size": len(response.content), "mimeType": "application/json", "text": response.text},
        )
    return har(path, *entries)


def test_a_browsers_recording_of_good_traffic_is_clean(server: Server, key: str, tmp_path: Path) -> None:
    file = recorded_like_a_browser(server, key, tmp_path / "a.har", [(each, None) for each in OPERATIONS])
    found = report(file, code=0)
    assert found["findings"] == []
    assert found["summary"]["judged"] == len(OPERATIONS)
    assert found["summary"]["not_judged"] == {}
    assert [each["name"].split()[0] for each in found["unknown"]["paths"]] == ["OPTIONS"] * len(OPERATIONS)
    assert found["unknown"]["hosts"] == [{"name": "cdn.example.com", "count": 1}]


def test_the_planted_violations_are_found_and_only_those(server: Server, key: str, tmp_path: Path) -> None:
    calls = [
        (V1, edited(V1, lambda body: body.update(priority="urgent"))),
        (V2, None),
        (PRODLYTICS, edited(PRODLYTICS, lambda body: body.pop("application"))),
        (SUPALYTICS, {"name": 3}),
        (SUPALYTICS, None),
    ]
    found = report(recorded_like_a_browser(server, key, tmp_path / "a.har", calls), code=1)
    assert marks(found) == [
        ("entry 3", "request", "/priority", "enum"),
        ("entry 7", "request", "/application", "required"),
        ("entry 9", "request", "/name", "type"),
    ]
    assert found["findings"][0]["evidence"]["kind"] == "documented"
    finding = found["findings"][0]
    assert finding["fix"] == finding["remedy"] == 'set it to "normal"'


def test_our_own_exports_are_judged_as_the_server_judged_them(server: Server, key: str, tmp_path: Path) -> None:
    server.post(V1, key)
    server.post(V1, key, {"title": "x"})
    packed = {"Content-Encoding": "gzip"}
    server.post(PRODLYTICS, key, content=gzip.compress(json.dumps(PRODLYTICS.body).encode()), headers=packed)
    server.post(PRODLYTICS, key, content=b"{}", headers=packed)
    server.post(SUPALYTICS, key)
    for form in ("har", "jsonl"):
        raw = server.client.get("/__admin/export", params={"format": form, "account": key}).content
        raw_supalytics = server.client.get("/__admin/export", params={"format": form, "account": f"sly_{key}"}).content
        (tmp_path / f"{form}-1").write_bytes(raw)
        (tmp_path / f"{form}-2").write_bytes(raw_supalytics)
        found = report(tmp_path / f"{form}-1", tmp_path / f"{form}-2", code=1)
        assert [mark[1:] for mark in marks(found)] == [
            ("request", "/text", "required"),
            ("request", "", "unreadable"),
        ]
        assert found["summary"]["judged"] == 5


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": 418}, ("", "status")),
        ({"answer": {"event": {"title": 3}}}, ("/event/title", "type")),
        ({"answer": "<html>"}, ("", "unreadable")),
        ({"answer": ""}, ("", "unreadable")),
        ({"answer_headers": {"content-type": "text/html"}}, ("Content-Type", "content-type")),
    ],
)
def test_a_response_is_held_against_the_schema_of_its_status(
    tmp_path: Path, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    found = report(har(tmp_path / "a.har", v1(), v1(**change)), code=1)
    assert marks(found) == [("entry 2", "response", *expected)]
    assert marks(report(tmp_path / "a.har", "--only", "responses", code=1)) == marks(found)
    assert marks(report(tmp_path / "a.har", "--only", "requests", code=0)) == []


def test_compressed_and_encoded_contents_are_read(tmp_path: Path) -> None:
    packed = v1(answer_headers={"content-encoding": "gzip"})
    text = base64.b64encode(gzip.compress(b'{"event": {"title": 3}}')).decode()
    packed["response"]["content"] = {"size": 9, "mimeType": "application/json", "text": text, "encoding": "base64"}
    assert marks(report(har(tmp_path / "a.har", packed), code=1)) == [("entry 1", "response", "/event/title", "type")]


def test_what_was_not_recorded_is_not_judged_but_counted(tmp_path: Path) -> None:
    unsent = v1(bodySize=40)
    del unsent["request"]["postData"]
    unread = v1()
    unread["response"]["content"] = {"size": 900, "mimeType": "application/json"}
    found = report(har(tmp_path / "a.har", unsent, unread, v1(status=0)), code=0)
    assert found["summary"]["not_judged"] == {
        "request bodies that were not recorded whole": 1,
        "response bodies that were not recorded whole": 1,
        "requests without a response": 1,
    }


def test_requests_are_judged_at_the_time_of_the_recording(tmp_path: Path) -> None:
    body = {**V1.body, "date_happened": 1752580800}  # the noon of TIME
    file = har(tmp_path / "a.har", v1(body), v1(body, time="2025-07-17T12:00:00+02:00"), v1(body, time=None))
    found = report(file, code=1)
    assert marks(found) == [("entry 2", "request", "/date_happened", "time-window")]
    assert found["summary"]["without_time"] == 1


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ({"DD-API-KEY": "abcd…0123456789ab"}, False),
        ({"DD-API-KEY": "REDACTED"}, False),
        ({"DD-API-KEY": ""}, True),
    ],
)
def test_a_masked_credential_is_no_missing_one(tmp_path: Path, headers: dict[str, str], missing: bool) -> None:
    found = report(har(tmp_path / "a.har", v1(headers=headers)), code=int(missing))
    assert marks(found) == ([("entry 1", "request", "DD-API-KEY", "security")] if missing else [])


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ("Bearer sly_…0123456789ab", False),
        ("Bearer ***", False),
        ("<FILTERED>", False),
        ("Basic dXNlcjo=", True),
        ("sly_without_a_scheme", True),
        (None, True),
    ],
)
def test_a_masked_authorization_must_still_have_its_scheme(tmp_path: Path, value: str | None, missing: bool) -> None:
    headers = {"Authorization": value} if value is not None else {}
    sent = entry(
        "https://api.supalytics.co/v1/events", SUPALYTICS.body, headers=headers, status=200, answer={"success": True}
    )
    found = report(har(tmp_path / "a.har", sent, creator="Firefox"), code=int(missing))
    assert marks(found) == ([("entry 1", "request", "Authorization", "security")] if missing else [])
    report(tmp_path / "a.har", "--no-credentials", code=0)


def test_hosts_and_paths_that_nobody_knows_are_counted(tmp_path: Path) -> None:
    file = har(
        tmp_path / "a.har",
        v1(),
        entry("https://api.datadoghq.com/api/v1/metrics?api_key=secret", {}),
        entry("https://metrics.internal:8443/v1/server-event", {"events": []}),
        entry("http://[::1]:9/api/v1/events", {}),
        entry("::not a url::", {}),
        entry("https://api.datadoghq.com/api/v1/events", method="GET"),
        creator="Firefox",
    )
    found = report(file, code=1)
    assert found["unknown"]["hosts"] == [
        {"name": "metrics.internal", "count": 1},
        {"name": "(no host)", "count": 1},
    ]
    assert found["unknown"]["paths"] == [
        {"name": "POST api.datadoghq.com/api/v1/metrics", "count": 1},
        {"name": "GET api.datadoghq.com/api/v1/events", "count": 1},
    ]
    assert [mark for mark in marks(found) if mark[0] in ("entry 3", "entry 6")] == []
    for pattern in ("metrics.internal=satori", "*.internal=satori", "metrics.internal:8443=satori"):
        named = report(file, "--host", pattern, code=1)
        assert [name["name"] for name in named["unknown"]["hosts"]] == ["(no host)"]
        assert next(mark[1:] for mark in marks(named) if mark[0] == "entry 3") == (
            "request",
            "Authorization",
            "security",
        )
    assert report(file, "--vendor", "supalytics", code=0)["summary"]["judged"] == 0


def test_warnings_count_when_asked_to(tmp_path: Path) -> None:
    file = har(tmp_path / "a.har", v1({**V1.body, "aggregation_kye": "x"}))
    assert marks(report(file, code=0), "warning") == [("entry 1", "request", "/aggregation_kye", "spelling")]
    report(file, "--strict", code=1)
    report(har(tmp_path / "b.har", entry("https://example.com/", {})), "--strict", code=1)


def test_secrets_of_a_query_are_masked_in_every_report(tmp_path: Path) -> None:
    sent = v1({"title": "x"})
    sent["request"]["url"] += "?api_key=0123456789abcdef"
    file = har(tmp_path / "a.har", sent)
    for form in ("text", "json", "junit", "github", "sarif"):
        done = check("--format", form, file)
        assert done.returncode == 1
        assert "0123456789abcdef" not in done.stdout


def test_the_observed_profile_knows_what_the_live_service_answers(tmp_path: Path) -> None:
    live = {
        "status": 400,
        "answer": {"errors": ["no"]},
        "answer_headers": {"content-type": "text/plain; charset=utf-8"},
    }
    file = har(tmp_path / "a.har", v1(**live))
    assert marks(report(file, code=1)) == [("entry 1", "response", "Content-Type", "content-type")]
    report(file, "--profile", "observed", code=0)


def test_the_text_names_place_rule_and_evidence(tmp_path: Path) -> None:
    done = check(har(tmp_path / "a.har", v1({"title": "x"})))
    assert done.returncode == 1
    assert "entry 1: datadog CreateEventV1: POST /api/v1/events → 202 at 2025-07-15T12:00:00.000Z" in done.stdout
    assert "request  /text  required  is missing [documented: Docs › API Reference" in done.stdout
    assert "1 exchange in 1 file, 1 judged by the profile documented: 1 violation, 0 warnings" in done.stdout
    assert done.stderr == ""


def test_a_vendor_of_which_only_a_contract_is_known(tmp_path: Path) -> None:
    """Server variables, base paths, path parameters and a default response, out of a contract of one's own."""
    folder = tmp_path / "contracts" / "acme"
    folder.mkdir(parents=True)
    (folder / "openapi.yaml").write_text(
        """
openapi: 3.1.0
info: {title: acme, version: '1'}
servers: [{url: 'https://{region}.acme.example/base'}]
paths:
  /things/{id}:
    put:
      operationId: PutThing
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody: {content: {application/json: {schema: {type: object, required: [size]}}}}
      responses:
        '200': {description: OK, content: {text/plain: {schema: {type: string, maxLength: 2}}}}
        default: {description: anything}
components: {}
"""
    )
    url = "https://eu.acme.example/base/things"
    plain = {"content-type": "text/plain"}
    file = har(
        tmp_path / "a.har",
        entry(f"{url}/7", {"size": 1}, method="PUT", status=200, answer="ok", answer_headers=plain),
        entry(f"{url}/seven", {}, method="PUT", status=200, answer="long", answer_headers=plain),
        entry(f"{url}/7", {"size": 1}, method="PUT", status=418),
        entry("https://eu.acme.example/things/7", {"size": 1}, method="PUT"),
    )
    found = report(file, "--schemas", tmp_path / "contracts", code=1)
    assert marks(found) == [
        ("entry 2", "request", "id", "type"),
        ("entry 2", "request", "/size", "required"),
        ("entry 2", "response", "", "maxLength"),
    ]
    assert found["unknown"]["paths"] == [{"name": "PUT eu.acme.example/things/7", "count": 1}]


def test_an_unknown_vendor_of_a_host_is_named(tmp_path: Path) -> None:
    done = check(har(tmp_path / "a.har"), "--host", "example.com=acme")
    assert done.returncode == 2
    assert done.stderr.startswith("mockserver: --host: expected HOST=VENDOR with one of datadog, satori, supalytics")


def test_a_recorder_that_undid_the_compression_of_a_request_is_understood(tmp_path: Path) -> None:
    report(har(tmp_path / "a.har", v1(headers={"Content-Encoding": "gzip"})), code=0)


def test_the_profile_decides_what_is_a_violation(tmp_path: Path) -> None:
    """A value that the live service takes though the page does not list it, and a field that it refuses though no page
    says so."""
    lenient = v1({**V1.body, "alert_type": "panic"})
    strict = edited(V2, lambda body: body["data"]["attributes"].update(unheard_of=1))
    file = har(tmp_path / "a.har", lenient, entry(f"https://api.datadoghq.com{V2.path}", strict))
    found = report(file, "--only", "requests", code=1)
    assert marks(found) == [("entry 1", "request", "/alert_type", "enum")]
    assert {mark[0] for mark in marks(found, "warning")} == {"entry 2"}
    found = report(file, "--only", "requests", "--profile", "observed", code=1)
    assert {mark[0] for mark in marks(found)} == {"entry 2"}
    assert {mark[3] for mark in marks(found, "warning")} == {"security"}


def test_headers_that_were_not_recorded_give_no_findings(tmp_path: Path) -> None:
    bare = v1()
    bare["request"]["headers"], bare["response"]["headers"] = [], []
    bare["response"]["content"]["mimeType"] = ""
    found = report(har(tmp_path / "a.har", bare), "--strict", code=0)
    assert found["summary"]["not_judged"] == {"headers that the recorder may have left out": 2}
    some = v1()
    some["request"]["headers"] = pairs({"Host": "api.datadoghq.com"})
    found = report(har(tmp_path / "b.har", some), code=1)
    assert marks(found) == [("entry 1", "request", "DD-API-KEY", "security")]
    assert marks(found, "warning") == [("entry 1", "request", "Content-Type", "content-type")]


def test_chromes_exports_lack_authorization(tmp_path: Path) -> None:
    """They do by default; other programs' exports do not, and other headers are there."""
    call = entry(f"https://api.supalytics.co{SUPALYTICS.path}", SUPALYTICS.body, status=200, answer={"success": True})
    assert report(har(tmp_path / "a.har", call), code=0)["summary"]["judged"] == 1
    found = report(har(tmp_path / "b.har", call, creator="Firefox"), code=1)
    assert marks(found) == [("entry 1", "request", "Authorization", "security")]


def test_the_fields_of_a_form_are_its_body(tmp_path: Path) -> None:
    form = v1()
    form["request"]["postData"] = {"mimeType": "x", "params": [{"name": "a", "value": "1 2"}, {"name": "b"}]}
    assert marks(report(har(tmp_path / "a.har", form), code=1)) == [("entry 1", "request", "", "unreadable")]
