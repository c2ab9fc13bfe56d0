"""However the bytes of a connection are cut, the same requests arrive: offers, trailers, pipelines and tunnels too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.wires import Taken, Wire, taken

UPGRADE_LINE = b"\r\nUpgrade: h2c\r\n"
BODY = b'{"a": "x' + UPGRADE_LINE + b'\r\nConnection: upgrade\r\n\r\n"}'
H2C = ((b"connection", b"Upgrade, HTTP2-Settings"), (b"upgrade", b"h2c"), (b"http2-settings", b"AAEAAEAAAAIAAAAB"))
WEBSOCKET = ((b"connection", b"keep-alive, upgrade"), (b"upgrade", b"websocket"), (b"sec-websocket-version", b"13"))
TRAILERS = b"Authorization: Bearer t\r\nDD-API-KEY: trailing\r\nContent-Encoding: gzip\r\nUpgrade: h2c\r\nEmpty:\r\n"

Pair = tuple[bytes, bytes]
Case = tuple[bytes, list[Taken]]


def request(method: str, path: str, body: bytes, *headers: Pair, chunks: int = 0, trailers: bytes = b"") -> Case:
    """A request on the wire and as it is to arrive: with its length, or in chunks."""
    framing = [(b"transfer-encoding", b"chunked")] if chunks else [(b"content-length", b"%d" % len(body))]
    sent = [(b"host", b"x"), *headers, *(framing if body or chunks else []), (b"x-last", b"1")]
    lines = b"".join(b"%s: %s\r\n" % (name.title(), value) for name, value in sent)
    content = body
    if chunks:
        pieces = [body[start : start + chunks] for start in range(0, len(body), chunks)]
        content = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailers + b"\r\n"
    head = f"{method} {path} HTTP/1.1\r\n".encode() + lines + b"\r\n"
    return head + content, [Taken(method, path, sent, body)]


def pipelined(*cases: Case) -> Case:
    return b"".join(sent for sent, _ in cases), [each for _, expected in cases for each in expected]


PLAIN = request("POST", "/plain", b"{}")
CASES: dict[str, Case] = {
    "offer without a body": request("GET", "/a", b"", *H2C),
    "websocket": request("GET", "/a", b"", *WEBSOCKET),
    "offer and a body": request("POST", "/a", BODY, *H2C),
    "websocket and a body": request("POST", "/a", BODY, *WEBSOCKET),
    "offer and chunks": request("POST", "/a", BODY, *H2C, chunks=9),
    "no offer, a body that has one": request("POST", "/a", BODY),
    "no offer, chunks that have one": request("PUT", "/a", BODY, chunks=9),
    "offer without Connection": request("POST", "/a", BODY, (b"upgrade", b"h2c")),
    "a length of none": request("POST", "/a", b"", *H2C, (b"content-length", b"0")),
    "trailers": request("POST", "/a", b"{}", chunks=9, trailers=TRAILERS),
    "offer and trailers": request("POST", "/a", b"{}", *H2C, chunks=9, trailers=TRAILERS),
    "trailers, then another": pipelined(request("POST", "/a", b"{}", chunks=1, trailers=TRAILERS), PLAIN),
    "offers in a row": pipelined(
        request("POST", "/a", BODY, *H2C), request("GET", "/b", b"", *WEBSOCKET), request("POST", "/c", b"{}", *H2C)
    ),
    "an offer between": pipelined(PLAIN, request("POST", "/a", BODY, *H2C, chunks=9, trailers=TRAILERS), PLAIN),
}


def cuts(sent: bytes) -> Iterator[list[bytes]]:
    """Whole, byte by byte, and in two wherever that is possible."""
    yield [sent]
    yield [sent[at : at + 1] for at in range(len(sent))]
    for at in range(1, len(sent)):
        yield [sent[:at], sent[at:]]


@pytest.mark.parametrize("case", CASES)
def test_every_cut_gives_the_same_requests(case: str) -> None:
    sent, expected = CASES[case]

    async def check() -> None:
        for pieces in cuts(sent):
            assert await taken(pieces) == expected, pieces

    asyncio.run(check())


@pytest.mark.parametrize("target", ["example.com:443", "[::1]:443"])
def test_nothing_is_read_of_a_tunnel(target: str) -> None:
    head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()
    sent = head + b"\x16\x03\x01GET /inside HTTP/1.1\r\nHost: x\r\n\r\n"

    async def check() -> None:
        for pieces in cuts(sent):
            wire = Wire()
            assert await taken(pieces, wire) == [Taken("CONNECT", target, [(b"host", target.encode())], b"")]
            assert wire.closed

    asyncio.run(check())


MALFORMED = {
    "no method": b"\x00\x01\x02\r\n\r\n",
    "a null in a value": b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "a null in a name": b"GET / HTTP/1.1\r\nHo\x00st: a\r\n\r\n",
    "a null in the target": b"GET /a\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in a name": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "a folded line": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "two framings": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": (
        b"POST / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
    ),
    "a length that is none": b"POST / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: +1\r\n\r\n",
    "a chunk that is none": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk that is none after an offer": (
        b"POST / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    ),
    "a target without a slash": b"GET @example.com HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/2 unasked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_no_request_is_refused_however_it_is_cut(case: str, caplog: pytest.LogCaptureFixture) -> None:
    sent = MALFORMED[case]

    async def check() -> None:
        for pieces in cuts(sent):
            caplog.clear()
            wire = Wire()
            assert await taken(pieces, wire) == []
            assert wire.written.startswith(b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n")
            assert wire.closed
            assert len(caplog.messages) == 1, caplog.messages
            assert "\x00" not in caplog.text

    asyncio.run(check())


def test_requests_before_one_that_is_none_get_their_own_responses() -> None:
    sent, expected = pipelined(PLAIN, PLAIN)
    wire = Wire()
    assert asyncio.run(taken([sent + MALFORMED["no method"]], wire)) == expected
    assert wire.written.count(b"HTTP/1.1 200 ") == 2
    assert wire.written.count(b"HTTP/1.1 ") == 2
    assert wire.closed


def test_a_target_that_is_too_long_is_refused() -> None:
    wire = Wire()
    assert asyncio.run(taken([b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"], wire)) == []
    assert wire.written.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("target", ["http://example.com", "http://example.com?a=/b", "http://example.com/", "*"])
def test_a_target_without_a_path_means_one(target: str) -> None:
    (request_,) = asyncio.run(taken([f"OPTIONS {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()]))
    assert request_.path == ("*" if target == "*" else "/")


@pytest.mark.parametrize(
    "endless",
    [
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 60_000,
        b"GET / HTTP/1.1\r\nA: " + b"b" * 300_000,
        b"GET /" + b"b" * 300_000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + b"A: b\r\n" * 60_000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: " + b"b" * 300_000,
    ],
    ids=["headers", "a header", "a target", "trailers", "a trailer"],
)
def test_a_head_that_does_not_end_is_not_waited_for(endless: bytes) -> None:
    wire = Wire()
    assert asyncio.run(taken([endless[at : at + 1000] for at in range(0, len(endless), 1000)], wire)) == []
    assert wire.written.startswith(b"HTTP/1.1 431 ")
    assert wire.closed


def test_a_large_body_in_small_chunks_is_no_endless_head() -> None:
    body = b"x" * 300_000
    sent, expected = request("POST", "/a", body, chunks=100)
    assert asyncio.run(taken([sent[at : at + 700] for at in range(0, len(sent), 700)])) == expected
