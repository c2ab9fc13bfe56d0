"""`mockserver proxy` in front of a raw socket: what goes over the wire, and upstreams that are down, slow or mad."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.support.harness import PATIENCE, V1, Server, marks
from tests.support.upstreams import RawUpstream, free_port, hanging, proxying, resetting, served

pytestmark = pytest.mark.socket

ACCEPTED = json.dumps({"status": "ok", "event": {"title": "Deployed"}}).encode()


def http(body: bytes, status: str = "202 Accepted", *headers: bytes) -> bytes:
    lines = [
        f"HTTP/1.1 {status}".encode(),
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchange(server: Server, request: bytes) -> bytes:
    """The answer to raw bytes, to the end of the connection."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 0), PATIENCE) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_request_on_the_wire(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(http(ACCEPTED))
    body = b'{"title":  "Deployed", "text": "caf\xc3\xa9"}'
    lines = [
        b"POST /api/v1/events?a=%2F&b HTTP/1.1",
        b"Host: mock",
        b"DD-API-KEY: " + key.encode(),
        b"Content-Type: application/json",
        b"X-Twice: 1",
        b"X-Twice: 2",
        b"Connection: close, X-Hop",
        b"X-Hop: mine",
        b"Keep-Alive: timeout=5",
        b"TE: trailers",
        b"Proxy-Authorization: Basic eDp5",
        b"Content-Length: %d" % len(body),
    ]
    answer = exchange(before_raw, b"\r\n".join(lines) + b"\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert answer.endswith(ACCEPTED)
    head, _, sent = raw.received[0].partition(b"\r\n\r\n")
    request, *headers = head.split(b"\r\n")
    assert request == b"POST /base/api/v1/events?a=%2F&b HTTP/1.1"
    assert sent == body
    assert [header.lower() for header in headers] == [
        b"host: " + raw.url.removeprefix("http://").encode(),
        b"dd-api-key: " + key.encode(),
        b"content-type: application/json",
        b"x-twice: 1",
        b"x-twice: 2",
        b"content-length: %d" % len(body),
    ]


def test_the_answer_on_the_wire(raw: RawUpstream, before_raw: Server, key: str) -> None:
    packed = gzip.compress(ACCEPTED, mtime=0)
    hop = (b"Connection: X-Hop", b"X-Hop: theirs", b"Keep-Alive: timeout=5", b"Set-Cookie: a=1", b"Set-Cookie: b=2")
    raw.behave = served(http(packed, "202 Fine", b"Content-Encoding: gzip", b"X-RateLimit-Reset: 7", *hop))
    with before_raw.client.stream("POST", V1.path, headers=V1.headers(key), json=V1.body) as answer:
        assert b"".join(answer.iter_raw()) == packed
    assert answer.headers.multi_items() == [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
        ("x-ratelimit-reset", "7"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("content-length", str(len(packed))),
    ]
    assert before_raw.last(V1, key)["response_violations"] == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (http(b"{}", "418 Teapot"), ("", "status")),
        (http(b'{"event": {"title": 3}}'), ("/event/title", "type")),
        (http(b"<html>"), ("", "unreadable")),
        (b"HTTP/1.1 202 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", None),
    ],
)
def test_what_the_vendor_does_wrong_is_in_the_journal(
    raw: RawUpstream, before_raw: Server, key: str, answer: bytes, expected: Any
) -> None:
    raw.behave = served(answer)
    before_raw.post(V1, key)
    listed = before_raw.last(V1, key)
    assert listed["verdict"] == "valid"
    assert marks(listed["response_violations"]) == [expected or ("", "content-type")]
    assert listed["response_violations"][0]["evidence"]["kind"] == "documented"
    assert "response=invalid(1)" in before_raw.log


@pytest.mark.parametrize(
    ("behaviour", "status", "said"),
    [
        (resetting, 502, "broke the connection"),
        (served(), 502, "did not answer in HTTP"),
        (served(b"\x00\xff nonsense \r\n\r\n"), 502, "did not answer in HTTP"),
        (served(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{"), 502, "did not answer in HTTP"),
        (
            served(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            502,
            "did not answer in HTTP",
        ),
        (hanging, 504, "did not answer within 0.4 s"),
        (lambda connection: connection.sendall(b"HTTP/1.1 202 Acc"), 504, "did not answer within 0.4 s"),
        (lambda connection: connection.sendall(http(b"x" * 9)[:-1]), 504, "did not answer within 0.4 s"),
    ],
)
def test_an_upstream_that_gives_no_answer(
    raw: RawUpstream, before_raw: Server, key: str, behaviour: Any, status: int, said: str
) -> None:
    raw.behave = behaviour
    answer = before_raw.post(V1, key)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(f"the upstream of datadog, {raw.url}/base/,")
    assert said in answer.json()["detail"]
    recorded = before_raw.last(V1, key)
    assert (recorded["status"], recorded["verdict"], recorded["stored"]) == (status, "valid", False)
    assert recorded["response_violations"] == [], "the answer is ours, not the vendor's"


def test_an_upstream_that_is_down(key: str) -> None:
    with proxying(datadog=f"http://127.0.0.1:{free_port()}") as proxy:
        answer = proxy.post(V1, key)
        assert answer.status_code == 502
        assert "cannot be connected to" in answer.json()["detail"]
        assert proxy.last(V1, key)["status"] == 502


def test_bodies_beyond_the_bound_are_streamed_both_ways(raw: RawUpstream, before_raw: Server, key: str) -> None:
    sent, answered = b"s" * 3_000_000, b"a" * 2_000_000
    raw.behave = served(http(answered))
    answer = before_raw.post(V1, key, content=sent)
    assert answer.content == answered
    assert raw.received[0].endswith(b"\r\n\r\n" + sent)
    whole = before_raw.whole(before_raw.last(V1, key))
    assert marks(whole["violations"]) == [("", "too-large")]
    assert (whole["bytes"], whole["request"]["truncated"], len(whole["request"]["body"])) == (3_000_000, True, 65536)
    assert (whole["response"]["truncated"], len(whole["response"]["body"])) == (True, 65536)
    assert whole["response_violations"] == []


def test_a_chunked_body_beyond_the_bound_stays_chunked(raw: RawUpstream, before_raw: Server, key: str) -> None:
    answer = before_raw.post(V1, key, content=(b"x" * 100_000 for _ in range(3)))
    assert answer.status_code == 204
    head, _, body = raw.received[0].partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head.lower()
    assert body.count(b"x") == 300_000


def test_a_large_answer_that_breaks_off_is_not_made_whole(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(b"HTTP/1.1 202 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 500_000)
    with pytest.raises(httpx2.RemoteProtocolError):
        before_raw.post(V1, key)


def test_undocumented_paths_go_to_the_only_upstream(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(http(b"[]", "200 OK"))
    answer = before_raw.client.get("/api/v1/va%6Cidate//x", headers={"DD-API-KEY": key})
    assert (answer.status_code, answer.content) == (200, b"[]")
    assert raw.received[0].startswith(b"GET /base/api/v1/va%6Cidate//x HTTP/1.1\r\n")
    listed = before_raw.last(V1, key)
    assert listed["operation"] is None
    assert (listed["verdict"], marks(listed["warnings"])) == ("valid", [("", "path")])


def test_a_head_request_and_an_empty_answer(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")
    answer = before_raw.client.head("/api/v1/anything", headers={"DD-API-KEY": key})
    assert (answer.status_code, answer.headers["content-length"]) == (200, "77")
    raw.behave = served(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: x\r\n\r\n")
    assert before_raw.client.get("/api/v1/anything", headers={"DD-API-KEY": key}).status_code == 304


def test_a_client_that_leaves_reaches_nobody(raw: RawUpstream, before_raw: Server, key: str) -> None:
    address = urlsplit(before_raw.url)
    with socket.create_connection((address.hostname, address.port or 0), PATIENCE) as connection:
        head = f"POST {V1.path} HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nContent-Length: 10\r\n\r\n{{"
        connection.sendall(head.encode())
    before_raw.post(V1, f"{key}-other")
    assert [request for request in raw.received if key.encode() + b"\r\n" in request] == []


@pytest.mark.parametrize("status", [600, 999])
def test_a_status_that_http_does_not_have_is_a_502(raw: RawUpstream, before_raw: Server, key: str, status: int) -> None:
    raw.behave = served(http(b"{}", f"{status} Odd"))
    answer = before_raw.post(V1, key)
    assert answer.status_code == 502
    assert f"the status {status} is none of HTTP's" in answer.json()["detail"]


def raw_answer(before: Server, method: bytes, header: bytes, key: str) -> bytes:
    """What the proxy answers first to a request with one more header, written by hand."""
    body = json.dumps(V1.body).encode()
    head = b"%s %s HTTP/1.1\r\nHost: x\r\nDD-API-KEY: %s\r\n%s\r\nContent-Length: %d\r\n\r\n"
    address = urlsplit(before.url)
    with socket.create_connection((address.hostname, address.port or 0), PATIENCE) as connection:
        connection.sendall(head % (method, V1.path.encode(), key.encode(), header, len(body)) + body)
        return connection.recv(65536)


def test_a_request_whose_body_the_parser_does_not_give_is_not_sent_on_without_it(
    raw: RawUpstream, before_raw: Server, key: str
) -> None:
    assert raw_answer(before_raw, b"CONNECT", b"X-Plain: 1", key).startswith(b"HTTP/1.1 501 ")
    assert raw.received == []
    assert "Traceback" not in before_raw.log


def test_an_offer_to_change_the_protocol_is_the_hops_own(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(http(ACCEPTED, "202 Accepted"))
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A"
    assert raw_answer(before_raw, b"POST", offer, key).startswith(b"HTTP/1.1 202 ")
    (received,) = raw.received
    assert b"h2c" not in received
    assert received.endswith(json.dumps(V1.body).encode())


@pytest.mark.parametrize("first", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"])
def test_informational_answers_and_trailers_do_not_disturb(
    raw: RawUpstream, before_raw: Server, key: str, first: bytes
) -> None:
    chunked = b"HTTP/1.1 202 OK\r\nContent-Type: application/json\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw.behave = served(first, chunked + b"%x\r\n" % len(ACCEPTED) + ACCEPTED + b"\r\n0\r\nX-T: 1\r\n\r\n")
    answer = before_raw.post(V1, key)
    assert (answer.status_code, answer.content) == (202, ACCEPTED)
    assert before_raw.last(V1, key)["response_violations"] == []


def test_a_redirect_is_the_clients_to_follow(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(http(b"", "307 Temporary Redirect", b"Location: http://127.0.0.1:1/x"))
    answer = before_raw.post(V1, key)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:1/x")
    assert len(raw.received) == 1


def test_a_client_that_waits_for_100_continue_gets_it(raw: RawUpstream, before_raw: Server, key: str) -> None:
    raw.behave = served(http(ACCEPTED))
    address, body = urlsplit(before_raw.url), json.dumps(V1.body).encode()
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nDD-API-KEY: %s\r\nExpect: 100-continue\r\nConnection: close\r\n"
    with socket.create_connection((address.hostname, address.port or 0), PATIENCE) as connection:
        connection.sendall(head % (V1.path.encode(), key.encode()) + b"Content-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 202 ")
    assert raw.received[0].endswith(body)
    assert b"expect" not in raw.received[0].lower()


def test_a_client_that_leaves_in_the_middle_of_an_endless_answer_ends_it(
    raw: RawUpstream, before_raw: Server, key: str
) -> None:
    ended = threading.Event()

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 202 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            for _ in range(100_000):
                connection.sendall(b"x" * 65536)
        except OSError:
            ended.set()

    raw.behave = endless
    with before_raw.client.stream("POST", V1.path, headers=V1.headers(key), json=V1.body) as answer:
        next(answer.iter_raw())
    assert ended.wait(PATIENCE)


def test_enforced_an_undocumented_path_and_method_are_passed_on(raw: RawUpstream, key: str) -> None:
    with proxying("--enforce", datadog=raw.url) as proxy:
        for answer in (
            proxy.client.get("/api/v1/validate", headers={"DD-API-KEY": key}),
            proxy.client.get(V1.path, headers={"DD-API-KEY": key}),
        ):
            assert answer.status_code == 204
        assert [request.split()[:2] for request in raw.received] == [
            [b"GET", b"/api/v1/validate"],
            [b"GET", V1.path.encode()],
        ]
        assert [(each["verdict"], each["operation"]) for each in proxy.journal(V1, key)] == [("valid", None)] * 2
