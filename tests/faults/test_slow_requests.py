"""A client that is slow to send: what the server takes meanwhile, and that it stores nothing of who leaves."""

from __future__ import annotations

import json

import pytest

from tests.support.faulting import World, leave, read_answer, until
from tests.support.harness import (
    PATIENCE,
    PRODLYTICS,
)

pytestmark = pytest.mark.socket

BRIEF = 0.2


def test_a_slow_request_takes_a_chunked_body(world: World) -> None:
    world.freeze()
    world.fail({"wire": {"slow_request": {"seconds": 30}}})
    body = json.dumps(PRODLYTICS.accepted).encode()
    with world.connected() as client:
        client.sendall(world.head("Transfer-Encoding: chunked"))
        until(lambda: world.fired == [1])
        for half in (body[:10], body[10:]):
            client.sendall(b"%x\r\n%b\r\n" % (len(half), half))
        client.sendall(b"0\r\n\r\n")
        assert world.journal == []
        world.advance(30)
        assert read_answer(client) == (202, b"{}", b"")
    assert world.stored == [True]


def test_a_slow_request_makes_a_client_wait_for_100_continue(world: World) -> None:
    world.freeze()
    world.fail({"wire": {"slow_request": {"seconds": 30}}})
    request = world.wire_form(None, "Expect: 100-continue")
    head, _, body = request.partition(b"\r\n\r\n")
    with world.connected() as client:
        client.sendall(head + b"\r\n\r\n")
        until(lambda: world.fired == [1])
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        client.settimeout(PATIENCE)
        world.advance(30)
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert read_answer(client)[0] == 202


def test_a_slow_request_does_not_take_more_than_it_must_hold(world: World) -> None:
    """While it is slow, the server stops reading: the client cannot get rid of a large body."""
    world.freeze()
    world.fail({"wire": {"slow_request": {"seconds": 30}}})
    with world.connected() as client:
        client.sendall(world.head("Content-Length: 80000000"))
        until(lambda: world.fired == [1])
        client.settimeout(BRIEF)
        with pytest.raises(TimeoutError):
            client.sendall(bytes(80_000_000))
        leave(client)
    world.advance(30)
    until(lambda: world.journal)
    assert world.stored == [False]


def test_a_client_that_leaves_during_a_slow_request_stores_nothing(world: World) -> None:
    world.freeze()
    world.fail({"wire": {"slow_request": {"seconds": 30}}})
    with world.connected() as client:
        client.sendall(world.head("Content-Length: 100"))
        until(lambda: world.fired == [1])
        leave(client)
    until(lambda: world.journal)
    assert world.stored == [False]
