"""Strangers at the control API: hosts, paths and tokens that nearly look right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.client.control import HttpControl
from tests.support.harness import Server, serving
from tests.support.wires import exchanged, statuses

pytestmark = pytest.mark.socket

TOKEN = "t0k€n-é"
CALLS = [b"GET /__admin/requests", b"POST /__admin/reset", b"GET /__admin/satori/identities/x/__admin/health"]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server with a token."""
    with serving("--admin-token", TOKEN) as running:
        yield running


def called(server: Server, call: bytes, *lines: bytes) -> int:
    """The status of a control call with these header lines and no others."""
    head = b"\r\n".join([call + b" HTTP/1.1", *lines, b"Connection: close", b"Content-Length: 0", b"", b""])
    (status,) = statuses(exchanged(server, head))
    return status


STRANGE = [
    b"127.0.0.1/__admin/health?",
    b"127.0.0.1/__admin/health",
    b"localhost/x/__admin/health?a=",
    b"localhost#/__admin/health",
    b"localhost?/__admin/health",
    b"localhost\\__admin",
    b"evil.example@localhost",
    b"localhost@evil.example",
    b"user:password@127.0.0.1",
    b"localhost, evil.example",
    b"localhost evil.example",
    b"local\thost",
    b"http://localhost",
    b"//localhost",
    b"localhost:80:80",
    b"localhost:",
    b"localhost:x",
    b"localhost:+1",
    b"localhost:123456",
    b"::1",
    b"[::1",
    b"::1]",
    b"[::1]x",
    b"[::1]]",
    b"[localhost]",
    b"[127.0.0.1]",
    b"[::1%25eth0]",
    b"[::ffff:127.0.0.1]",
    b"[v1.x]",
    b"localhost.evil.example",
    b"127.0.0.1.evil.example",
    b"127.1",
    b"2130706433",
    b"0x7f.1",
    b"\xef\xbc\x91localhost",
    b"localh\xc5\xbfst",
    b"%6cocalhost",
    b"",
]


@pytest.mark.parametrize("host", STRANGE)
@pytest.mark.parametrize("call", CALLS[:1])
def test_a_host_that_is_not_ours_is_refused(server: Server, guarded: Server, call: bytes, host: bytes) -> None:
    assert called(server, call, b"Host: " + host) == 403
    assert called(guarded, call, b"Host: " + host) == 403
    assert called(guarded, b"GET /__admin/health", b"Host: " + host) == 403


@pytest.mark.parametrize("host", [b"127.0.0.1/__admin/health?", b"a b", b"a@b", b""])
def test_a_malformed_host_is_refused_whatever_the_token(guarded: Server, host: bytes) -> None:
    right = b"Authorization: Bearer " + TOKEN.encode()
    assert called(guarded, CALLS[0], b"Host: " + host, right) == 403
    assert called(guarded, CALLS[0], b"Host: mock.example:80", right) == 200


def test_several_hosts_are_refused(server: Server, guarded: Server) -> None:
    for lines in ([b"Host: localhost", b"Host: localhost"], [b"Host: localhost", b"Host: evil.example"]):
        assert called(server, CALLS[0], *lines) == 403
        assert called(server, CALLS[0], *reversed(lines)) == 403
        assert called(guarded, CALLS[0], *lines, b"Authorization: Bearer " + TOKEN.encode()) == 403


@pytest.mark.parametrize(
    "host", [b"LOCALHOST", b"localhost:0", b"127.0.0.1:65535", b"[::1]", b"[0:0:0:0:0:0:0:1]:8080"]
)
def test_a_loopback_host_is_ours_however_it_is_written(server: Server, host: bytes) -> None:
    assert called(server, b"GET /__admin/health", b"Host: " + host) == 200


@pytest.mark.parametrize(
    "origin",
    [
        b"http://localhost@evil.example",
        b"http://evil.example#localhost",
        b"http://localhost/",
        b"localhost",
        b"//localhost",
        b"http://localhost http://evil.example",
        b"null",
        b"",
        b"http://[::1",
        b"https://localhost.evil.example",
    ],
)
def test_an_origin_that_is_not_ours_is_refused(server: Server, origin: bytes) -> None:
    assert called(server, CALLS[0], b"Host: localhost", b"Origin: " + origin) == 403


def test_every_origin_is_looked_at(server: Server) -> None:
    ours, theirs = b"Origin: http://localhost:3000", b"Origin: http://evil.example"
    assert called(server, CALLS[0], b"Host: localhost", ours) == 200
    assert called(server, CALLS[0], b"Host: localhost", ours, theirs) == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/__admin/satori/identities/x/__admin/health", 401),
        (b"/__admin/satori/identities/__admin/health", 401),
        (b"/__admin/supalytics/visitors/x/__admin/health", 401),
        (b"http://localhost/__admin/satori/identities/x/__admin/health", 401),
        (b"/__admin/requests?/__admin/health", 401),
        (b"/__admin/requests/__admin%2Fhealth", 404),
        (b"/__admin//__admin/health", 404),
        (b"/__admin/x/../__admin/health", 404),
    ],
)
def test_only_the_route_of_health_is_open(guarded: Server, path: bytes, status: int) -> None:
    assert called(guarded, b"GET " + path, b"Host: localhost") == status
    assert called(guarded, b"GET /__admin/health", b"Host: localhost") == 200


def test_beyond_loopback_only_health_is_open() -> None:
    with serving("--host", "0.0.0.0") as wide:
        for call in CALLS:
            assert called(wide, call, b"Host: localhost") == 403
        assert called(wide, b"GET /__admin/health", b"Host: localhost") == 200


@pytest.mark.parametrize(
    "forwarded", [b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-Host: localhost", b"Forwarded: for=127.0.0.1"]
)
def test_what_a_proxy_forwards_opens_nothing(server: Server, guarded: Server, forwarded: bytes) -> None:
    assert called(guarded, CALLS[0], b"Host: localhost", forwarded) == 401
    assert called(server, CALLS[0], b"Host: evil.example", forwarded) == 403


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_token_may_be_any_text(encoding: str) -> None:
    token = "clé-à-molette"
    with serving("--admin-token", token) as server:
        for shown, status in ((token, 200), (token[:-1], 401), (f"{token}e", 401), ("cle-a-molette", 401), ("", 401)):
            line = b"Authorization: Bearer " + shown.encode(encoding)
            assert called(server, CALLS[0], b"Host: localhost", line) == status


def test_a_token_beyond_latin_1_is_sent_and_taken_as_utf_8(guarded: Server) -> None:
    control = HttpControl(guarded.url, TOKEN)
    try:
        assert control.call("GET", "/requests").status == 200
    finally:
        control.close()
    for wrong in (b"t0k\xe2\x82\xacn-", b"\xff\xfe", b"t0k?n-?", b"Bearer " + TOKEN.encode()):
        assert called(guarded, CALLS[0], b"Host: localhost", b"Authorization: Bearer " + wrong) == 401
