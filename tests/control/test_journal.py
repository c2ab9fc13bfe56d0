"""Every outcome is in the journal before its response is out, and the control API reads it, for those who may."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.harness import (
    OPERATIONS,
    PRODLYTICS,
    PROFILES,
    SATORI,
    SUPALYTICS,
    V1,
    V2,
    VENDORS,
    Operation,
    Server,
    each_datadog_operation,
    marks,
    serving,
)

pytestmark = pytest.mark.socket


def problem(response: httpx2.Response, status: int) -> str:
    """The detail of a failure of the control API, whose form is checked (RFC 9457)."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    return str(body["detail"])


OUTCOMES: dict[str, dict[str, Any]] = {
    "accepted": {},
    "invalid": {"json": {}},
    "malformed": {"content": b"{"},
    "too large": {"content": b" " * 5_000_001},
    "unknown coding": {"content": b"{}", "headers": {"Content-Encoding": "br"}},
    "asked for 429": {"headers": {"Prefer": "code=429"}},
    "asked for 500": {"headers": {"Prefer": "code=500"}},
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_who_has_a_response_finds_its_record(server: Server, key: str, outcome: str) -> None:
    for count in range(1, 11):
        response = server.post(PRODLYTICS, key, **OUTCOMES[outcome])
        recorded = server.journal(PRODLYTICS, key)
        assert len(recorded) == count
        assert recorded[-1]["status"] == response.status_code


def test_a_refused_credential_is_recorded(server: Server, key: str) -> None:
    response = server.post(PRODLYTICS, f"invalid{key}")
    assert server.last(PRODLYTICS, f"invalid{key}")["status"] == response.status_code == 403


def test_a_wrong_method_is_recorded(server: Server, key: str) -> None:
    server.client.put(PRODLYTICS.path, headers=PRODLYTICS.headers(key))
    exchange = server.last(PRODLYTICS, key)
    assert (exchange["method"], exchange["status"], exchange["operation"]) == ("PUT", 405, None)
    assert marks(exchange["violations"]) == [("", "method")]


def test_an_unknown_path_is_recorded(server: Server, key: str) -> None:
    server.client.post(f"/{key}", json={})
    exchange = server.control("/requests", account="", status=404)["requests"][-1]
    assert (exchange["path"], exchange["vendor"], exchange["operation"]) == (f"/{key}", None, None)
    assert marks(exchange["violations"]) == [("", "path")]


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/api/v2/event", "POST /api/v2/events"),
        ("/api/v2/prodlytic", "POST /api/v2/prodlytics"),
        ("/api/v2/prodlytics/", "POST /api/v2/prodlytics"),
        ("/v1/server-events", "POST /v1/server-event"),
        ("/v1/event", "POST /v1/events"),
        ("/API/V1/EVENTS", "POST /api/v1/events"),
    ],
)
def test_an_unknown_path_names_the_nearest_documented_one(server: Server, path: str, nearest: str) -> None:
    assert nearest in problem(server.client.post(path, json={}), 404)


@pytest.mark.parametrize("path", ["/favicon.ico", "/x" * 3000, "/%00", "/%ff"])
def test_a_path_like_none_is_404(server: Server, path: str) -> None:
    problem(server.client.get(path), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
@each_datadog_operation
def test_a_wrong_method_is_405_with_allow(server: Server, key: str, operation: Operation, method: str) -> None:
    response = server.client.request(method, operation.path, headers=operation.headers(key))
    assert response.headers["allow"] == "POST"
    problem(response, 405)


def test_head_is_answered_without_a_body(server: Server) -> None:
    response = server.client.head(V1.path)
    assert (response.status_code, response.content, response.headers["allow"]) == (405, b"", "POST")


@contextmanager
def connection(server: Server) -> Iterator[socket.socket]:
    address = urlsplit(server.url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port), timeout=20) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", PRODLYTICS.path, id="documented operation"),
        pytest.param("PUT", PRODLYTICS.path, id="wrong method"),
        pytest.param("POST", "/nowhere", id="unknown path"),
    ],
)
def test_a_client_that_leaves_amid_its_body_is_recorded_without_a_status(
    server: Server, key: str, method: str, path: str
) -> None:
    """The half-sent request comes first on its connection; the record follows once the server sees it close."""
    query = f"leaving={key[:12]}"
    with connection(server) as leaving:
        head = (
            f"{method} {path}?{query} HTTP/1.1\r\nHost: localhost\r\nDD-API-KEY: {key}\r\nContent-Length: 100\r\n\r\n"
        )
        leaving.sendall(head.encode() + b'{"half": ')
        leaving.shutdown(socket.SHUT_WR)
        assert leaving.recv(1000) == b""
    exchange = server.control("/requests", account=key)["requests"][-1]
    assert exchange["query"] == query
    assert exchange["status"] is None
    assert exchange["bytes"] == 9
    assert server.whole(exchange)["response"]["body"] == ""


def test_an_exchange_is_shown_whole(server: Server, key: str) -> None:
    content = json.dumps(V1.accepted, indent=3).encode()
    response = server.post(V1, key, content=content, params={"ddsource": "test"}, headers={"X-Trace": "7"})
    whole = server.whole(server.last(V1, key))
    assert whole["method"] == "POST"
    assert (whole["path"], whole["query"]) == (V1.path, "ddsource=test")
    assert whole["request"]["body"].encode() == content
    assert whole["request"]["json"] == V1.accepted
    assert ["x-trace", "7"] in whole["request"]["headers"]
    assert whole["response"]["status"] == 202
    assert whole["response"]["body"] == response.text
    assert ["content-type", "application/json"] in whole["response"]["headers"]
    assert whole["received"].endswith("Z")
    assert whole["milliseconds"] >= 0
    assert whole["error"] is None


def test_a_body_that_is_no_text_is_shown_as_base64(server: Server, key: str) -> None:
    server.post(V1, key, content=b"\xff\xfe\x00")
    request = server.whole(server.last(V1, key))["request"]
    assert request["body_base64"] == "//4A"
    assert request["json"] is None


def test_requests_are_filtered_by_operation_status_and_verdict(server: Server, key: str) -> None:
    for operation, body in ((V1, None), (V1, {}), (V2, None), (V2, {})):
        server.post(operation, key, json=body)

    def found(**query: Any) -> list[tuple[str, int]]:
        listing = server.control("/requests", account=key, **query)
        assert listing["total"] == len(listing["requests"])
        return [(exchange["operation"], exchange["status"]) for exchange in listing["requests"]]

    everything = [("CreateEventV1", 202), ("CreateEventV1", 400), ("CreateEventV2", 202), ("CreateEventV2", 400)]
    assert found() == everything
    assert found(operation="CreateEventV2") == everything[2:]
    assert found(status=400) == [everything[1], everything[3]]
    assert found(verdict="valid") == [everything[0], everything[2]]
    assert found(verdict="invalid", operation="CreateEventV1") == [everything[1]]
    assert found(vendor="satori") == []


def test_limit_shows_the_oldest_and_counts_all(server: Server, key: str) -> None:
    for _ in range(3):
        server.post(V1, key)
    listing = server.control("/requests", account=key, limit=2)
    oldest = [each["id"] for each in server.journal(V1, key)][:2]
    assert ([each["id"] for each in listing["requests"]], listing["total"]) == (oldest, 3)
    assert server.control("/requests", account=key, limit=0)["requests"] == []


def test_requests_of_several_accounts_are_listed_in_their_order(server: Server, key: str) -> None:
    server.post(V1, key)
    first = server.last(V1, key)["id"]
    sent = [(V1, "1"), (SATORI, "2"), (V1, "2"), (SUPALYTICS, "1"), (V1, "1")]
    for operation, suffix in sent:
        server.post(operation, key + suffix)
    listed = server.control("/requests", since=first)["requests"]
    assert [each["operation"] for each in listed] == [operation.id for operation, _ in sent]


@pytest.mark.parametrize(
    "query",
    [
        "status=abc",
        "status=-1",
        "status=",
        "limit=many",
        "limit=1.5",
        "verdict=maybe",
        "vendor=nobody",
        "since=yesterday",
        "since=nan",
        "colour=red",
    ],
)
def test_a_bad_query_parameter_is_a_problem_that_names_it(server: Server, query: str) -> None:
    name = query.partition("=")[0]
    assert name in problem(server.client.get(f"/__admin/requests?{query}"), 400)


@pytest.mark.parametrize("query", ["acount=x", "vendor=nobody"])
def test_a_reset_that_is_misspelt_resets_nothing(server: Server, key: str, query: str) -> None:
    server.post(V1, key)
    problem(server.client.post(f"/__admin/reset?{query}"), 400)
    assert len(server.journal(V1, key)) == 1


def test_an_unknown_request_is_404(server: Server) -> None:
    assert "r999999999" in problem(server.client.get("/__admin/requests/r999999999"), 404)


def test_an_unknown_control_call_is_404(server: Server) -> None:
    problem(server.client.get("/__admin/nothing"), 404)


def test_a_wrong_method_of_a_control_call_is_405(server: Server) -> None:
    response = server.client.delete("/__admin/health")
    problem(response, 405)
    assert "GET" in response.headers["allow"]


def test_reset_forgets_one_account_and_leaves_the_others(server: Server, key: str) -> None:
    server.post(V1, f"{key}-1")
    server.post(V1, f"{key}-2")
    response = server.client.post("/__admin/reset", params={"account": f"{key}-1"})
    assert (response.status_code, response.json()["forgotten"]) == (200, 1)
    assert server.journal(V1, f"{key}-1") == []
    assert len(server.journal(V1, f"{key}-2")) == 1


def test_reset_without_an_account_forgets_everything() -> None:
    with serving() as server:
        for operation in OPERATIONS:
            server.post(operation, "a")
        assert server.client.post("/__admin/reset").json()["forgotten"] == 3
        assert server.control("/requests") == {"requests": [], "total": 0, "evicted": 0, "next": None}


def test_the_journal_keeps_the_newest_and_counts_what_it_let_go() -> None:
    with serving("--journal-entries", "3") as server:
        for number in range(5):
            server.post(V1, "a", params={"number": number})
        server.post(V1, "b")
        listing = server.control("/requests", account="a")
        assert [exchange["query"] for exchange in listing["requests"]] == ["number=2", "number=3", "number=4"]
        assert (listing["total"], listing["evicted"]) == (3, 2)
        assert server.control("/requests", account="b")["evicted"] == 0
        assert server.client.get("/__admin/requests/r1").status_code == 404


def test_the_journal_is_bounded_in_bytes_and_always_keeps_the_newest() -> None:
    with serving("--journal-bytes", "300000") as server:
        for _ in range(3):
            server.post(PRODLYTICS, "a", json={**PRODLYTICS.body, "notes": "x" * 100_000})
        listing = server.control("/requests", account="a")
        assert (listing["total"], listing["evicted"]) == (2, 1)
        server.post(PRODLYTICS, "a", json={**PRODLYTICS.body, "notes": "x" * 1_000_000})
        listing = server.control("/requests", account="a")
        assert (listing["total"], listing["evicted"]) == (1, 3)


def test_the_accounts_are_bounded_and_the_one_unused_longest_goes() -> None:
    with serving("--accounts", "2") as server:
        for key in ("a", "b", "a", "c"):
            server.post(V1, key)
        assert [len(server.journal(V1, key)) for key in ("a", "b", "c")] == [2, 0, 1]


def test_health_says_what_is_served(server: Server, observed: Server) -> None:
    health = server.control("/health")
    assert (health["status"], health["vendors"]) == ("ok", list(VENDORS))
    assert health["version"]
    assert observed.control("/health")["profile"] == "observed"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("profile", PROFILES)
def test_the_served_contract_is_valid_openapi(request: pytest.FixtureRequest, profile: str, vendor: str) -> None:
    running: Server = request.getfixturevalue("observed" if profile == "observed" else "server")
    document = running.contract(vendor)
    OpenAPIV31SpecValidator(document).validate()
    references = [part for part in json.dumps(document).split('"$ref": "')[1:] if not part.startswith("#/")]
    assert references == []


def test_the_contract_of_an_unknown_vendor_is_404(server: Server) -> None:
    assert "datadog, satori, supalytics" in problem(server.client.get("/__admin/contracts/nobody/openapi.json"), 404)


CONTROL_CALLS = [
    ("GET", "/__admin/requests"),
    ("GET", "/__admin/requests/r1"),
    ("POST", "/__admin/reset"),
    ("GET", "/__admin/contracts/datadog/openapi.json"),
    ("GET", "/__admin/health"),
]


@pytest.mark.parametrize(("method", "path"), CONTROL_CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "evil.example:8080"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_a_strange_host_or_origin_is_forbidden(
    server: Server, key: str, method: str, path: str, headers: dict[str, str]
) -> None:
    server.post(V1, key)
    assert problem(server.client.request(method, path, headers=headers), 403)
    assert len(server.journal(V1, key)) == 1


@pytest.mark.parametrize(
    "headers",
    [{"Host": "localhost"}, {"Host": "LOCALHOST:99"}, {"Host": "[::1]:80"}, {"Origin": "http://127.0.0.1:3000"}],
    ids=str,
)
def test_a_loopback_host_or_origin_is_welcome(server: Server, headers: dict[str, str]) -> None:
    assert server.client.get("/__admin/requests?limit=0", headers=headers).status_code == 200


def test_a_vendor_route_answers_to_any_host(server: Server, key: str) -> None:
    assert (
        server.post(V1, key, headers={"Host": "api.datadoghq.com", "Origin": "https://app.example"}).status_code == 202
    )


def test_a_token_is_asked_for_where_one_is_set() -> None:
    with serving("--admin-token", "t0ken") as server:
        answer = server.client.get("/__admin/requests")
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        for wrong in ("Bearer wrong", "Basic t0ken", "t0ken", "Bearer", "Bearer t0ke"):
            problem(server.client.get("/__admin/requests", headers={"Authorization": wrong}), 401)
        right = {"Authorization": "Bearer t0ken"}
        assert server.client.get("/__admin/requests", headers=right).status_code == 200
        assert server.client.get("/__admin/requests", headers={**right, "Host": "mock.example"}).status_code == 200
        assert server.client.get("/__admin/health").status_code == 200
        assert server.post(V1, "key").status_code == 202


def test_the_token_can_come_from_the_environment() -> None:
    with serving(variables={"MOCKSERVER_ADMIN_TOKEN": "t0ken"}, headers={"Authorization": "Bearer t0ken"}) as server:
        assert server.control("/requests")["total"] == 0
        problem(server.client.post("/__admin/reset", headers={"Authorization": "Bearer other"}), 401)


def test_beyond_loopback_the_control_api_wants_a_token() -> None:
    with serving("--host", "0.0.0.0") as server:
        problem(server.client.get("/__admin/requests"), 403)
        problem(server.client.post("/__admin/reset"), 403)
        assert server.client.get("/__admin/health").status_code == 200
        assert server.post(V1, "key").status_code == 202


def test_another_host_name_can_be_allowed() -> None:
    with serving("--admin-host", "mock.internal") as server:
        for host, status in (("mock.internal", 200), ("mock.internal:8080", 200), ("other.internal", 403)):
            assert server.client.get("/__admin/requests", headers={"Host": host}).status_code == status
