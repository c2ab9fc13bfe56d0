"""Each request is kept with what happened to it and when, as a client without a library made it happen."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from mockserver.client import ReceivedRequest
from mockserver.conduct.content import stripped
from mockserver.contracts.resending import volatile_of
from mockserver.testing import Datadog, MockServer
from tests.support.conduct import CATALOGUE, FACTS, KEY, batch, sent
from tests.support.harness import PATIENCE
from tests.support.worlds import Sender, payment


@pytest.fixture
def datadog(mockserver: MockServer) -> Datadog:
    return mockserver.datadog()


@pytest.fixture
def wire(mockserver: MockServer) -> Iterator[socket.socket]:
    with closing(socket.create_connection((mockserver.host, mockserver.port), PATIENCE)) as connection:
        yield connection


def raw(datadog: Datadog, **more: Any) -> bytes:
    """A request as it goes over the wire."""
    body = json.dumps(payment(**more)).encode()
    head = f"POST /api/v2/prodlytics HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {datadog.api_key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def monotonic(request: ReceivedRequest) -> list[float]:
    """The times of a request that was answered, in the order in which they come."""
    times = request.monotonic
    return [times[name] or -1.0 for name in ("started", "request_ended", "answered", "finished")]


@pytest.mark.socket
def test_the_times_of_a_request_are_in_order_on_both_clocks(datadog: Datadog, sender: Sender) -> None:
    before = time.time()
    sender.pay(datadog)
    (request,) = datadog.requests
    of_account: list[Any] = [request.started_at, request.request_ended_at, request.answered_at, request.finished_at]
    assert of_account == sorted(of_account)
    assert before - 0.01 <= of_account[0] <= of_account[-1] <= time.time() + 0.01
    assert monotonic(request) == sorted(monotonic(request))
    assert (request.lost_at, request.monotonic["lost"], request.connection_closed) == (None, None, False)


@pytest.mark.socket
def test_the_first_byte_counts_however_slowly_the_rest_comes(datadog: Datadog, wire: socket.socket) -> None:
    """The server has read a part of the head once it has answered a request that came later, on another connection."""
    sent = raw(datadog)
    wire.sendall(sent[:20])
    httpx2.get(f"{datadog.url}/", trust_env=False)
    halfway = time.perf_counter(), time.time()
    wire.sendall(sent[20:])
    assert wire.recv(12) == b"HTTP/1.1 202"
    (request,) = datadog.requests
    assert request.monotonic["started"] is not None
    assert request.monotonic["started"] < halfway[0] < (request.monotonic["request_ended"] or 0)
    assert request.started_at < halfway[1] <= (request.request_ended_at or 0)


@pytest.mark.socket
def test_requests_are_numbered_on_their_connection(datadog: Datadog, wire: socket.socket) -> None:
    wire.sendall(raw(datadog) + raw(datadog, user="u2"))
    received = b""
    while received.count(b"HTTP/1.1 202") < 2:
        received += wire.recv(4096)
    first, second = datadog.requests
    assert first.connection == second.connection
    assert (first.position, second.position) == (1, 2)
    assert first.wire_bytes == len(raw(datadog))


@pytest.mark.socket
def test_a_client_that_lets_go_of_a_delayed_response_is_lost_then(datadog: Datadog, wire: socket.socket) -> None:
    datadog.slow(30)
    wire.sendall(raw(datadog))
    httpx2.get(f"{datadog.url}/", trust_env=False)
    wire.close()
    datadog.assert_requests(times=1, status=None)
    (request,) = datadog.requests
    assert request.status is None
    assert request.lost_at is not None
    assert request.answered_at is None
    assert (request.monotonic["request_ended"] or 0) <= (request.monotonic["lost"] or 0)
    assert not request.connection_closed


@pytest.mark.socket
def test_a_client_that_leaves_within_its_body_did_not_end_its_request(datadog: Datadog, wire: socket.socket) -> None:
    wire.sendall(raw(datadog)[:-5])
    httpx2.get(f"{datadog.url}/", trust_env=False)
    wire.close()
    datadog.assert_requests(times=1, status=None)
    (request,) = datadog.requests
    assert (request.request_ended_at, request.answered_at) == (None, None)
    assert request.lost_at is not None


@pytest.mark.socket
@pytest.mark.parametrize("wire_fault", ["reset", "empty", "garbage", "truncate"])
def test_a_connection_that_a_fault_closes_is_lost_to_the_server_itself(
    datadog: Datadog, sender: Sender, wire_fault: Any
) -> None:
    datadog.drop(wire_fault, times=1)
    with pytest.raises(httpx2.TransportError):
        sender.pay(datadog)
    datadog.settle()
    (request,) = datadog.requests
    assert request.connection_closed
    assert request.lost_at is not None
    assert (request.answered_at is not None) == (wire_fault == "truncate")
    assert (request.finished_at, request.fault_stage) == (None, "after" if wire_fault == "truncate" else "before")


@pytest.mark.socket
def test_a_response_in_pieces_ends_with_the_last(datadog: Datadog, sender: Sender) -> None:
    datadog.drop({"dribble": {"chunks": 2, "seconds": 0.2}})
    sender.pay(datadog)
    datadog.settle()
    (request,) = datadog.requests
    assert request.answered_at is not None
    assert request.finished_at is not None
    assert request.finished_at - request.answered_at > 0.15
    assert not request.connection_closed


def test_in_process_a_broken_connection_has_its_time_and_no_place() -> None:
    server = MockServer()
    datadog = server.datadog()
    datadog.drop("reset", times=1)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(server.app), base_url="http://localhost")
    with pytest.raises(ConnectionResetError):
        asyncio.run(client.post("/api/v2/prodlytics", json=payment(), headers=datadog.headers))
    (request,) = datadog.requests
    assert (request.position, request.connection, request.connection_closed) == (None, None, True)
    assert request.lost_at is not None


@pytest.mark.socket
def test_a_frozen_clock_stands_still_while_the_other_runs(datadog: Datadog, sender: Sender) -> None:
    datadog.clock.freeze(1_700_000_000.0)
    sender.pay(datadog)
    (request,) = datadog.requests
    assert {request.started_at, request.request_ended_at, request.answered_at, request.finished_at} == {1_700_000_000.0}
    assert monotonic(request)[0] < monotonic(request)[-1]


@pytest.mark.socket
def test_exports_have_what_a_request_has(datadog: Datadog, sender: Sender) -> None:
    sender.pay(datadog)
    (request,) = datadog.requests
    query = {"account": datadog.api_key}
    har = httpx2.get(f"{datadog.url}/__admin/export", params=query, trust_env=False).json()
    (entry,) = har["log"]["entries"]
    assert entry["_monotonic"] == request.monotonic
    assert (entry["_event_keys"], entry["_body_digest"]) == (list(request.event_keys), request.body_digest)
    assert (entry["connection"], entry["_position"]) == (str(request.connection), request.position)
    lines = httpx2.get(f"{datadog.url}/__admin/export", params={**query, "format": "jsonl"}, trust_env=False).text
    assert json.loads(lines)["started_at"] == request.started_at


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Retry-After": "30"}, (30.0, "Retry-After", False)),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:01 GMT"}, (60.0 - 0.01, "Retry-After", True)),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, (0.0, "Retry-After", True)),
        ({"Retry-After": "soon"}, None),
        ({"retry-after": "0"}, (0.0, "Retry-After", False)),
        ({"X-RateLimit-Reset": "7"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_how_long_a_response_told_to_wait(headers: dict[str, str], told: Any) -> None:
    attempt = FACTS.attempt(sent(1, batch("a"), 429, told=headers), KEY)
    assert attempt is not None
    assert attempt.told == (None if told is None else (pytest.approx(told[0]), *told[1:]))


@pytest.mark.parametrize(
    ("vendor", "operation", "reset", "told"),
    [
        ("datadog", "CreateEventV1", "7", (7.0, "X-Ratelimit-Reset", False)),
        ("supalytics", "WriteEvent", "61", (60.0 - 0.01, "X-Ratelimit-Reset", True)),
        ("satori", "ServerEvent", "61", None),
    ],
)
def test_the_vendor_s_own_header_counts_where_its_contract_names_one(
    vendor: str, operation: str, reset: str, told: Any
) -> None:
    limited = sent(1, {"a": 1}, 429, vendor=vendor, operation=operation, told={"x-ratelimit-reset": reset})
    attempt = FACTS.attempt(limited, KEY)
    assert attempt is not None
    assert attempt.told == (None if told is None else (pytest.approx(told[0]), *told[1:]))
    accepted = FACTS.attempt(limited._replace(status=200), KEY)
    assert accepted is not None
    assert accepted.told is None


@pytest.mark.parametrize(
    ("body", "headers", "found"),
    [
        (batch(KEY), {}, ("body",)),
        (batch("a"), {"X-Debug": f"key={KEY}"}, ("x-debug",)),
        (batch("a"), {"Authorization": f"Bearer {KEY}"}, ()),
    ],
)
def test_a_credential_is_found_where_it_does_not_belong(body: Any, headers: dict[str, str], found: Any) -> None:
    attempt = FACTS.attempt(sent(1, body, headers=headers), KEY)
    assert attempt is not None
    assert attempt.secrets_in == found


def test_a_request_to_no_operation_is_no_attempt() -> None:
    assert FACTS.attempt(sent(1, batch("a"), operation=None), KEY) is None


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"id": 1, "sent_at": 2, "name": "a", "user": {"id": 3}}, {"name": "a", "user": {"id": 3}}),
        ({"events": [{"messageId": 1, "x": {"time": 2}}]}, {"events": [{"x": {"time": 2}}]}),
        ([{"timestamp": 1, "a": 2}], [{"a": 2}]),
        (7, 7),
    ],
)
def test_ids_and_times_are_known_by_their_names_where_no_contract_says(body: Any, left: Any) -> None:
    assert stripped(body, None) == left


def test_a_contract_says_where_ids_and_times_are() -> None:
    places = {each.id: volatile_of(each.extensions) for each in CATALOGUE.operations}
    assert places["ServerEvent"] == (("events", "*", "id"), ("events", "*", "timestamp"))
    body = {"events": [{"id": 1, "time": 2}, 3], "id": 4}
    assert stripped(body, places["ServerEvent"]) == {"events": [{"time": 2}, 3], "id": 4}
    assert stripped({"date_happened": 1, "title": "a"}, places["CreateEventV1"]) == {"title": "a"}
    assert stripped({"data": 1}, places["CreateEventV2"]) == {"data": 1}
