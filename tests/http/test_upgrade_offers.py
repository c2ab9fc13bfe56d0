"""A client that offers another protocol gets its answer in HTTP/1.1, and its body is read."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable

import pytest

from tests.support.harness import PRODLYTICS, Server

BODY = json.dumps(PRODLYTICS.accepted).encode()


def answers(server: Server, key: str, pieces: Iterable[bytes], count: int = 1) -> bytes:
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=10) as client:
        for piece in pieces:
            client.sendall(piece)
        received = b""
        while received.count(b"HTTP/1.1 ") < count or not received.endswith(b"{}"):
            more = client.recv(65536)
            assert more, received
            received += more
    return received


def offering(key: str, *headers: str) -> bytes:
    lines = [f"POST {PRODLYTICS.path} HTTP/1.1", "Host: test", f"DD-API-KEY: {key}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(BODY)}", *headers, "", ""]).encode()


H2C = (
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
)
OFFERS = [H2C, ("UPGRADE: h2c", "CONNECTION: upgrade"), ("Connection: Upgrade", "Upgrade: websocket, h2c")]


@pytest.mark.parametrize("headers", OFFERS)
@pytest.mark.parametrize("apart", [False, True])
def test_an_offer_is_passed_over(server: Server, key: str, headers: tuple[str, ...], apart: bool) -> None:
    head = offering(key, *headers)
    received = answers(server, key, [head, BODY] if apart else [head + BODY])
    assert received.startswith(b"HTTP/1.1 202 ")
    (exchange,) = server.journal(PRODLYTICS, key)
    assert exchange["violations"] == []
    offered = next(line.split(": ")[1] for line in headers if line.lower().startswith("upgrade"))
    assert ["upgrade", offered] in server.control(f"/requests/{exchange['id']}")["request"]["headers"]


def test_the_next_request_of_the_connection_is_read_too(server: Server, key: str) -> None:
    received = answers(server, key, [offering(key, *H2C) + BODY, offering(key) + BODY], count=2)
    assert received.count(b"HTTP/1.1 202 ") == 2


def test_what_looks_like_an_offer_in_a_body_is_left_alone(server: Server, key: str) -> None:
    body = BODY[:-1] + b',"note": "Upgrade: h2c"}'
    head = offering(key, "Upgrade-Insecure-Requests: 1").replace(f"{len(BODY)}".encode(), f"{len(body)}".encode())
    assert answers(server, key, [head + body]).startswith(b"HTTP/1.1 202 ")
    (exchange,) = server.journal(PRODLYTICS, key)
    assert json.loads(server.control(f"/requests/{exchange['id']}")["request"]["body"])["note"] == "Upgrade: h2c"
