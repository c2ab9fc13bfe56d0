"""`mockserver proxy` and what is not a header: trailers, tunnels, and upstreams that break off, with their log."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.support.harness import V1, Server
from tests.support.upstreams import Behaviour, RawUpstream, proxying, resetting, served
from tests.support.wires import exchanged

pytestmark = pytest.mark.socket

ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    upstream = RawUpstream()
    yield upstream
    upstream.close()


@pytest.fixture
def alone(upstream: RawUpstream) -> Iterator[Server]:
    """A proxy whose log nobody else writes into."""
    with proxying("--max-body-bytes", "200000", datadog=upstream.url) as running:
        yield running


def test_trailers_are_not_sent_on(alone: Server, upstream: RawUpstream, key: str) -> None:
    upstream.behave = served(ACCEPTED)
    body = json.dumps(V1.body).encode()
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTrailer: X-Late\r\n" % V1.path.encode()
    chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(body), body)
    answer = exchanged(alone, head + chunks + b"X-Late: 1\r\nDD-API-KEY: %s\r\n\r\n" % key.encode())
    assert answer.startswith(b"HTTP/1.1 202 ")
    (received,) = upstream.received
    assert b"late" not in received.lower()
    assert key.encode() not in received
    assert received.endswith(b"\r\n\r\n" + body)


def test_a_tunnel_is_refused_in_one_line(alone: Server, upstream: RawUpstream) -> None:
    answer = exchanged(alone, b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n\x16\x03\x01")
    assert answer.startswith(b"HTTP/1.1 501 ")
    assert b"proxy-status: mockserver; error=http_request_denied" in answer
    assert upstream.received == []
    (line,) = alone.log.splitlines()
    assert "CONNECT api.example.com:443 - 501" in line


def test_a_large_response_that_breaks_off_logs_one_warning(alone: Server, upstream: RawUpstream, key: str) -> None:
    upstream.behave = served(b"HTTP/1.1 202 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 500_000)
    with contextlib.suppress(httpx2.RemoteProtocolError):
        alone.post(V1, key)
    exchange, warning = alone.log.splitlines()
    assert f"INFO POST {V1.path} {V1.id} 202" in exchange
    assert "WARNING the upstream of datadog" in warning
    assert "in the middle of its response" in warning


def test_a_response_that_breaks_off_early_logs_one_warning(alone: Server, upstream: RawUpstream, key: str) -> None:
    upstream.behave = served(b"HTTP/1.1 202 OK\r\nContent-Length: 900\r\n\r\n{")
    assert alone.post(V1, key).status_code == 502
    warning, exchange = alone.log.splitlines()
    assert "WARNING the upstream of datadog" in warning
    assert f"INFO POST {V1.path} {V1.id} 502" in exchange


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (resetting, "broke the connection"),
        (served(), "did not answer in HTTP"),
        (served(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), "in HTTP"),
        (served(b"HTTP/1.1 202 OK\r\nX-Odd: a\x01b\r\nContent-Length: 0\r\n\r\n"), "the header x-odd holds"),
        (served(b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), "did not answer in HTTP"),
    ],
    ids=["reset", "closed", "another protocol", "control character", "half a chunk"],
)
def test_an_upstream_that_gives_no_response_logs_one_warning(
    alone: Server, upstream: RawUpstream, key: str, behaviour: Behaviour, said: str
) -> None:
    upstream.behave = behaviour
    offer = {"Connection": "Upgrade", "Upgrade": "websocket"}
    answer = alone.post(V1, key, headers=offer)
    assert (answer.status_code, said in answer.json()["detail"]) == (502, True)
    warning, exchange = alone.log.splitlines()
    assert "WARNING the upstream of datadog" in warning
    assert f"INFO POST {V1.path} {V1.id} 502" in exchange
