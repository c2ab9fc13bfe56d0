"""What a server and a proxy make of trailers, tunnels, offers and broken heads: told by responses, journal and log."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator

import pytest

from tests.support.harness import PATIENCE, PRODLYTICS, V1, Server, serving
from tests.support.wires import exchanged, statuses

pytestmark = pytest.mark.socket

BODY = json.dumps(PRODLYTICS.accepted).encode()
CLOSE = b"Connection: close\r\n"


@pytest.fixture(scope="module")
def alone() -> Iterator[Server]:
    """A server whose log nobody else writes into."""
    with serving() as running:
        yield running


def head(key: str, *lines: bytes, path: str = PRODLYTICS.path, method: str = "POST") -> bytes:
    first = f"{method} {path} HTTP/1.1\r\nHost: test\r\nDD-API-KEY: {key}\r\nContent-Type: application/json\r\n"
    return first.encode() + b"".join(line + b"\r\n" for line in lines)


def chunked(*trailers: bytes, body: bytes = BODY) -> bytes:
    after = b"".join(line + b"\r\n" for line in trailers)
    return b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, after)


def log_since(server: Server, before: str) -> list[str]:
    return server.log.removeprefix(before).splitlines()


def test_a_credential_in_a_trailer_opens_nothing(server: Server, key: str) -> None:
    anonymous = (
        b"POST " + PRODLYTICS.path.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + CLOSE
    )
    answer = exchanged(server, anonymous + chunked(b"DD-API-KEY: " + key.encode()))
    assert statuses(answer) == [401]
    assert server.journal(PRODLYTICS, key) == []


@pytest.mark.parametrize("trailer", [b"Prefer: code=429", b"Content-Encoding: gzip", b"Content-Type: text/plain"])
def test_a_trailer_asks_for_nothing(server: Server, key: str, trailer: bytes) -> None:
    assert statuses(exchanged(server, head(key) + CLOSE + chunked(trailer))) == [202]
    exchange = server.whole(server.last(PRODLYTICS, key))
    assert (exchange["verdict"], exchange["warnings"]) == ("valid", [])
    assert trailer.partition(b":")[0].decode().lower() not in dict(exchange["request"]["headers"][4:])


def test_a_trailer_is_no_header_of_the_next_request(server: Server, key: str) -> None:
    following = b"POST %s HTTP/1.1\r\nHost: x\r\n%s%s" % (PRODLYTICS.path.encode(), CLOSE, chunked())
    answer = exchanged(server, head(key) + chunked(b"DD-API-KEY: " + key.encode(), b"Prefer: code=500") + following)
    assert statuses(answer) == [202, 401]


def test_a_content_encoding_in_the_head_is_still_read(server: Server, key: str) -> None:
    packed = chunked(b"Content-Encoding: identity", body=gzip.compress(BODY))
    assert statuses(exchanged(server, head(key, b"Content-Encoding: gzip") + CLOSE + packed)) == [202]


def test_a_tunnel_is_refused_clearly_and_recorded(alone: Server) -> None:
    before = alone.log
    answer = exchanged(
        alone, b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n\x16\x03\x01\x02"
    )
    assert statuses(answer) == [501]
    assert b"content-type: application/problem+json" in answer
    assert b"connection: close" in answer
    (line,) = log_since(alone, before)
    assert "CONNECT api.example.com:443 - 501" in line
    listed = alone.control("/requests")["requests"][-1]
    assert (listed["method"], listed["path"], listed["status"]) == ("CONNECT", "api.example.com:443", 501)


@pytest.mark.parametrize("offer", [b"Upgrade: websocket", b"Upgrade: h2c"])
def test_an_offer_logs_the_exchange_and_nothing_else(alone: Server, key: str, offer: bytes) -> None:
    before = alone.log
    lines = (offer, b"Connection: Upgrade, close", b"Content-Length: %d" % len(BODY))
    assert statuses(exchanged(alone, head(key, *lines) + b"\r\n" + BODY)) == [202]
    (line,) = log_since(alone, before)
    assert f"POST {PRODLYTICS.path} {PRODLYTICS.id} 202 valid" in line
    headers = alone.whole(alone.last(PRODLYTICS, key))["request"]["headers"]
    assert ["upgrade", offer.partition(b": ")[2].decode()] in headers


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", "TLS"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
        (b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", "Invalid header value char"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", "Invalid request target"),
        (b"\x00" * 1000, "Invalid method"),
    ],
    ids=["TLS", "HTTP/2", "null", "long target", "nulls"],
)
def test_what_is_no_request_logs_one_line_that_says_why(alone: Server, sent: bytes, reason: str) -> None:
    before = alone.log
    answer = exchanged(alone, sent)
    assert statuses(answer) == [400]
    assert reason in json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
    (line,) = log_since(alone, before)
    assert "WARNING 127.0.0.1:" in line
    assert reason in line
    assert "\x00" not in line


def test_halves_that_never_end_keep_nobody_else_waiting(server: Server, key: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    request = head(key) + chunked()
    slow = [socket.create_connection((host, int(port)), PATIENCE) for _ in range(50)]
    try:
        for at, client in enumerate(slow):
            client.sendall(request[: 1 + at * len(request) // 60])
        assert server.post(V1, key).status_code == 202
    finally:
        for client in slow:
            client.close()


def test_a_head_of_very_many_headers_is_taken_or_refused_at_once(server: Server, key: str) -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(100_000))
    answer = exchanged(server, head(key) + CLOSE + many + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
    assert statuses(answer) in ([202], [431])
