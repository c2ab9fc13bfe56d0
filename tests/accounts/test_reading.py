"""Who only reads leaves no trace: a made-up account that is looked at is not made, and pushes no real one out."""

from __future__ import annotations

import os
import re
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.testing import MockServer
from tests.support.harness import V1, Server, serving
from tests.support.worlds import Sender, payment

READS = int(os.environ.get("MANY_READS", "2000"))

READING: list[tuple[str, str, Any, int]] = [
    ("GET", "/requests", None, 200),
    ("GET", "/requests/r1", None, 404),
    ("GET", "/export", None, 200),
    ("GET", "/events", None, 200),
    ("POST", "/verify", {"times": 0}, 200),
    ("POST", "/settle", {"quiet": 0}, 200),
    ("GET", "/faults", None, 200),
    ("GET", "/clock", None, 200),
    ("GET", "/datadog/alerts", None, 200),
    ("GET", "/datadog/segments", None, 200),
    ("GET", "/datadog/segments/{uuid}", None, 404),
    ("DELETE", "/datadog/segments/{uuid}", None, 200),
    ("DELETE", "/faults", None, 200),
    ("POST", "/reset", None, 200),
    ("GET", "/satori/identities", None, 200),
    ("GET", "/satori/identities/nobody", None, 404),
    ("GET", "/supalytics/visitors", None, 200),
    ("GET", "/supalytics/visitors/nobody", None, 404),
]
REFUSED: list[tuple[str, str, Any, int]] = [
    ("PUT", "/clock", {"now": "x"}, 400),
    ("PUT", "/clock", {"frozen": 1}, 400),
    ("POST", "/clock/advance", {}, 400),
    ("PUT", "/datadog/queries", {"running": "x"}, 400),
    ("PUT", "/datadog/segments/{uuid}", {"users": 7}, 400),
    ("PUT", "/datadog/segments/no-uuid", {"users": []}, 400),
    ("PUT", "/satori/taxonomy", {"events": 7}, 400),
    ("POST", "/faults", {"status": "x"}, 400),
]


@pytest.fixture(scope="module")
def crowded() -> Iterator[MockServer]:
    """A server that has room for one account more than it has."""
    with MockServer(accounts=4, log_level="warning") as server:
        yield server


@pytest.mark.parametrize(("method", "path", "body", "status"), [*READING, *REFUSED], ids=str)
def test_a_call_that_sets_nothing_makes_no_account(
    crowded: MockServer, sender: Sender, method: str, path: str, body: Any, status: int
) -> None:
    real = [crowded.datadog() for _ in range(4)]
    for datadog in real:
        sender.pay(datadog)
    path = path.replace("{uuid}", str(uuid.uuid4()))
    for number in range(4):
        reply = crowded.control.call(method, path, {"account": f"made-up-{number}"}, body)
        assert reply.status == status, reply.body
    assert [len(datadog.requests) for datadog in real] == [1, 1, 1, 1]


def test_what_is_set_is_kept_for_an_account_that_is_not_there_yet(crowded: MockServer, sender: Sender) -> None:
    datadog = crowded.datadog()
    datadog.clock.freeze("2030-01-01T00:00:00Z")
    assert (datadog.clock.frozen, datadog.clock.now) == (True, 1893456000.0)
    sender.pay(datadog, payment())
    assert datadog.requests[0].received == "2030-01-01T00:00:00.000Z"


def test_the_clock_of_an_account_that_was_never_used_is_the_servers() -> None:
    server = MockServer(log_level="warning")
    server.control.call("PUT", "/clock", {}, {"now": 1893456000, "frozen": True})
    clock = server.datadog().clock
    assert (clock.frozen, clock.now) == (True, 1893456000.0)


def test_an_account_can_be_set_by_its_label(server: Server, key: str) -> None:
    """The label, which listings show, is the account's own name; it makes no other account."""
    server.post(V1, key)
    label = server.last(V1, key)["account"]
    server.client.put("/__admin/clock", params={"account": label, "vendor": "datadog"}, json={"now": 1, "frozen": True})
    assert server.control("/clock", account=key, vendor="datadog")["now"] == 1
    assert server.client.post("/__admin/reset", params={"account": label}).json() == {"forgotten": 1}


def pipelined(server: Server, targets: list[str]) -> list[int]:
    """The statuses of many GET requests, sent on one connection without waiting for answers."""
    heads = [f"GET {target} HTTP/1.1\r\nHost: localhost\r\n" for target in targets]
    heads[-1] += "Connection: close\r\n"
    address = urlsplit(server.url)
    received = bytearray()
    with (
        socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        sending = pool.submit(connection.sendall, "".join(f"{head}\r\n" for head in heads).encode())
        while piece := connection.recv(1 << 16):
            received += piece
        sending.result(60)
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


@pytest.mark.socket
def test_reading_many_made_up_accounts_leaves_the_real_ones() -> None:
    """More than there is room for."""
    with serving("--accounts", "100", "--log-level", "error") as server:
        server.post(V1, "real")
        paths = ("/clock", "/requests", "/events", "/faults", "/datadog/segments")
        made_up = [f"/__admin{paths[number % len(paths)]}?account=made-up-{number}" for number in range(READS)]
        assert pipelined(server, made_up) == [200] * READS
        assert len(server.journal(V1, "real")) == 1
        assert server.client.post("/__admin/reset").json() == {"forgotten": 1}
