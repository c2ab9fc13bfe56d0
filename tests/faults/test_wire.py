"""What faults below HTTP do to real clients on real sockets, and that they leave nothing behind."""

from __future__ import annotations

import json
import socket
import time
from http.client import BadStatusLine, RemoteDisconnected
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
import urllib3

from tests.support.faulting import World, address, causes, leave, read_all, read_answer, until
from tests.support.harness import (
    PATIENCE,
    PRODLYTICS,
    SATORI,
    SUPALYTICS,
    V1,
    Operation,
    Server,
    command,
    each_of,
    each_operation,
    serving,
)

pytestmark = pytest.mark.socket

BREAKS = ("reset", "empty", "truncate", "garbage")
BRIEF = 0.2


def with_httpx(world: World, read_timeout: float = PATIENCE) -> httpx2.Response:
    timeout = httpx2.Timeout(PATIENCE, read=read_timeout)
    with httpx2.Client(timeout=timeout, trust_env=False) as client:
        operation = world.operation
        return client.post(
            world.server.url + operation.path, json=operation.accepted, headers=operation.headers(world.key)
        )


def with_requests(world: World, read_timeout: float = PATIENCE) -> requests.Response:
    operation = world.operation
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            world.server.url + operation.path,
            json=operation.accepted,
            headers=operation.headers(world.key),
            timeout=(PATIENCE, read_timeout),
        )


@pytest.mark.parametrize(
    ("wire", "error", "cause"),
    [
        ("reset", httpx2.ReadError, ConnectionResetError),
        ("empty", httpx2.RemoteProtocolError, httpx2.RemoteProtocolError),
        ("truncate", httpx2.RemoteProtocolError, httpx2.RemoteProtocolError),
        ("garbage", httpx2.RemoteProtocolError, httpx2.RemoteProtocolError),
        ("hang", httpx2.ReadTimeout, TimeoutError),
    ],
)
@each_of(V1, PRODLYTICS, SATORI, SUPALYTICS)
def test_httpx_sees_it_as_its_own_error(
    server: Server, key: str, operation: Operation, wire: str, error: type[Exception], cause: type[Exception]
) -> None:
    world = World(server, operation, key)
    world.fail({"wire": wire, "times": 1})
    with pytest.raises(error) as raised:
        with_httpx(world, BRIEF if wire == "hang" else PATIENCE)
    assert cause in causes(raised.value)
    assert world.stored == [wire == "truncate"]
    assert with_httpx(world).status_code == operation.success


@pytest.mark.parametrize(
    ("wire", "error", "cause"),
    [
        ("reset", requests.ConnectionError, ConnectionResetError),
        ("empty", requests.ConnectionError, RemoteDisconnected),
        ("truncate", requests.exceptions.ChunkedEncodingError, urllib3.exceptions.IncompleteRead),
        ("garbage", requests.ConnectionError, BadStatusLine),
        ("hang", requests.ReadTimeout, TimeoutError),
    ],
)
def test_requests_sees_it_as_its_own_error(
    world: World, wire: str, error: type[Exception], cause: type[Exception]
) -> None:
    world.fail({"wire": wire, "times": 1})
    with pytest.raises(error) as raised:
        with_requests(world, BRIEF if wire == "hang" else PATIENCE)
    assert cause in causes(raised.value)
    assert with_requests(world).status_code == 202
    assert world.stored == [wire == "truncate", True]


@pytest.mark.parametrize("send", [with_httpx, with_requests])
def test_malformed_json_comes_with_a_right_header(world: World, send: Any) -> None:
    world.fail({"wire": "malformed", "times": 1})
    answer = send(world)
    assert (answer.status_code, answer.headers["content-type"]) == (202, "application/json")
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Expect|expect|EOF|property name"):
        answer.json()
    assert world.stored == [True]


@pytest.mark.parametrize("send", [with_httpx, with_requests])
@pytest.mark.parametrize("wire", [{"dribble": {"chunks": 4, "seconds": 0.08}}, {"slow_request": {"seconds": 0.08}}])
def test_a_slow_wire_delivers_everything_in_the_end(world: World, send: Any, wire: Any) -> None:
    world = world.at(V1)
    world.fail({"wire": wire, "times": 1})
    began = time.monotonic()
    answer = send(world)
    assert time.monotonic() - began >= 0.08
    assert answer.status_code == 202
    assert answer.json()["event"]["title"] == V1.accepted["title"]
    assert (world.stored, world.acknowledged) == ([True], [True])


def test_a_reset_is_a_reset_before_any_byte(world: World) -> None:
    world.fail({"wire": "reset"})
    with world.connected() as client:
        client.sendall(world.wire_form())
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_an_empty_reply_is_an_end_without_a_byte(world: World) -> None:
    world.fail({"wire": "empty"})
    with world.connected() as client:
        client.sendall(world.wire_form())
        assert client.recv(1) == b""


def test_garbage_is_no_http(world: World) -> None:
    world.fail({"wire": "garbage"})
    with world.connected() as client:
        client.sendall(world.wire_form())
        received = read_all(client)
    assert received
    assert not received.startswith(b"HTTP/")


@pytest.mark.parametrize(("keep", "share"), [(0, 0.0), (0.5, 0.5), (0.9, 0.9), (1, 1.0)])
def test_a_body_is_cut_at_its_share(world: World, keep: float, share: float) -> None:
    world = world.at(V1)
    world.fail({"wire": {"truncate": {"keep": keep}}})
    with world.connected() as client:
        client.sendall(world.wire_form())
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert head.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert len(body) < length
    assert len(body) == min(int(length * share), length - 1)


def test_dribble_comes_in_its_number_of_chunks(world: World) -> None:
    """Each behind a pause of its own, here on a clock that the test moves."""
    world = world.at(V1)
    world.freeze()
    world.fail({"wire": {"dribble": {"chunks": 5, "seconds": 50}}})
    with world.connected() as client:
        client.sendall(world.wire_form())
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        assert body == b""
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        for number in range(5):
            world.advance(10)
            body += client.recv(65536)
            assert len(body) == length * (number + 1) // 5
    assert json.loads(body)["status"] == "ok"


def test_a_hanging_request_gets_no_byte(world: World) -> None:
    world.freeze()
    world.fail({"wire": "hang"})
    with world.connected() as client:
        client.sendall(world.wire_form())
        until(lambda: world.journal)
        world.advance(3600)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
    assert world.journal[0]["status"] is None


@pytest.mark.parametrize("wire", [{"dribble": {"chunks": 3, "seconds": 0}}, "malformed"])
def test_the_connection_lives_on_after_a_whole_answer(world: World, wire: Any) -> None:
    world.fail({"wire": wire, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form() + world.wire_form())
        first, _, rest = read_answer(client)
        second, body, rest = read_answer(client, rest)
    assert (first, second, body, rest) == (202, 202, b"{}", b"")
    assert world.fired == [1]


@pytest.mark.parametrize("wire", BREAKS)
def test_what_is_pipelined_behind_a_broken_request_is_not_served(world: World, wire: str) -> None:
    world.fail({"wire": wire, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form() * 3)
        try:
            received = read_all(client)
        except ConnectionResetError:
            received = b""
    assert received.count(b"HTTP/1.1") == (wire == "truncate")
    assert world.statuses(1) == [202]
    assert [(exchange["status"], exchange["stored"]) for exchange in world.journal] == [
        (202, True) if wire == "truncate" else (None, False),
        (202, True),
    ]


@pytest.mark.parametrize("wire", ["truncate", "malformed"])
def test_a_success_that_is_spoilt_is_the_requests_own_and_is_stored(world: World, wire: str) -> None:
    """The client saw the status of a success: what it sent has arrived, unless the script has it otherwise."""
    world = world.at(V1)
    world.fail({"wire": wire, "times": 1}, {"wire": wire, "stage": "before", "times": 1})
    own, other = {**V1.accepted, "title": "its very own"}, {**V1.accepted, "title": "never stored"}
    received = []
    for body in (own, other):
        with world.connected() as client:
            client.sendall(world.wire_form(body, "Connection: close"))
            received.append(read_all(client))
    assert received[0].startswith(b"HTTP/1.1 202 ")
    assert (b"its very own" in received[0], b"never stored" in received[1]) == (True, False)
    assert (world.stored, world.acknowledged) == ([True, False], [False, False])


@pytest.mark.parametrize("wire", ["truncate", "malformed"])
def test_a_refusal_is_spoilt_as_one(world: World, wire: str) -> None:
    world.fail({"wire": wire})
    with world.connected() as client:
        client.sendall(world.wire_form({"type": "server"}, "Connection: close"))
        assert read_all(client).startswith(b"HTTP/1.1 400 ")
    assert world.stored == [False]


def test_stage_before_stores_nothing_and_stage_after_stores(world: World) -> None:
    for wire in ("reset", "empty", "truncate", "garbage", "malformed"):
        world.fail({"wire": wire, "times": 1, "stage": "before"}, {"wire": wire, "times": 1, "stage": "after"})
        for _ in range(2):
            with world.connected() as client:
                client.sendall(world.wire_form())
                try:
                    client.recv(65536)
                except ConnectionResetError:
                    assert wire == "reset"
    assert world.stored == [False, True] * 5
    assert world.acknowledged == [False, False] * 5


def test_a_hang_after_the_event_was_stored(world: World) -> None:
    world.fail({"wire": "hang", "stage": "after", "times": 1})
    with pytest.raises(httpx2.ReadTimeout):
        with_httpx(world, BRIEF)
    (exchange,) = world.journal
    assert (exchange["stored"], exchange["acknowledged"], exchange["status"]) == (True, False, None)


def test_a_refused_request_is_not_stored_by_stage_after(world: World) -> None:
    world.fail({"wire": "reset", "stage": "after", "times": 1})
    with pytest.raises(httpx2.ReadError):
        world.post({"type": "server"})
    assert (world.stored, world.acknowledged) == ([False], [False])


def test_the_journal_shows_the_fault_and_that_nothing_was_answered(world: World) -> None:
    (armed,) = world.fail({"wire": "reset", "times": 1})
    with pytest.raises(httpx2.ReadError):
        world.post()
    (exchange,) = world.journal
    assert exchange["status"] is None
    assert exchange["fault"] == {"id": armed["id"], "vendor": "datadog", "wire": "reset", "times": 1}
    assert exchange["verdict"] == "valid"


@pytest.mark.parametrize("wire", ["hang", {"dribble": {"chunks": 2, "seconds": 60}}], ids=["hang", "dribble"])
@pytest.mark.parametrize("pipelined", ["alone", "together", "later"])
def test_a_client_that_leaves_takes_its_connection_along(server: Server, key: str, wire: Any, pipelined: str) -> None:
    """Also where further requests wait on it, sent with the first or behind it: no task and no socket stay."""
    world = World(server, PRODLYTICS, key)
    world.freeze()
    world.fail({"wire": wire, "times": 1})
    before = sockets_of(server)
    with world.connected() as client:
        client.sendall(world.wire_form() * (2 if pipelined == "together" else 1))
        until(lambda: world.fired == [1])
        if pipelined == "later":
            client.sendall(world.wire_form())
        assert sockets_of(server) == before + 1
        client.close()
    until(lambda: sockets_of(server) == before)


def sockets_of(server: Server) -> int:
    """How many sockets the server's process holds."""
    descriptors = Path(f"/proc/{server.process.pid}/fd").iterdir()
    return sum(name.startswith("socket:") for name in (_target(descriptor) for descriptor in descriptors))


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def test_a_hundred_clients_that_leave_in_a_hang_leave_no_socket(world: World) -> None:
    before = sockets_of(world.server)
    world.fail({"wire": "hang"})
    clients = [socket.create_connection(address(world.server), timeout=PATIENCE) for _ in range(100)]
    for client in clients:
        client.sendall(world.wire_form())
    until(lambda: world.fired == [100])
    for number, client in enumerate(clients):
        (leave if number % 2 else socket.socket.close)(client)
    until(lambda: sockets_of(world.server) == before)
    assert world.stored == [False] * 100


@pytest.mark.parametrize(
    "fault",
    [
        {"wire": "hang"},
        {"delay": 3600},
        {"delay": 3600, "stage": "after"},
        {"wire": {"dribble": {"chunks": 2, "seconds": 3600}}},
        {"wire": {"slow_request": {"seconds": 3600}}},
    ],
    ids=str,
)
def test_sigterm_ends_a_server_at_once_though_requests_are_held(key: str, fault: dict[str, Any]) -> None:
    """With exit code 0 and no traceback; the clients see their connection reset."""
    with serving("--log-level", "warning") as server:
        world = World(server, PRODLYTICS, key)
        world.fail(fault)
        clients = [socket.create_connection(address(server), timeout=PATIENCE) for _ in range(3)]
        for client in clients:
            client.sendall(world.wire_form())
        until(lambda: world.fired == [3])
        server.process.terminate()
        assert server.process.wait(4) == 0
        for client in clients:
            with pytest.raises(ConnectionResetError):
                read_all(client)
            client.close()
        assert server.log == ""


@each_operation
def test_every_operation_has_an_answer_to_spoil(server: Server, key: str, operation: Operation) -> None:
    world = World(server, operation, key)
    world.fail({"wire": "truncate", "times": 1}, {"wire": "malformed", "times": 1})
    with pytest.raises(httpx2.RemoteProtocolError):
        world.post()
    with pytest.raises(ValueError, match=r"Expect|expect|EOF|property name"):
        world.post().json()


def test_wire_faults_work_on_a_unix_socket(key: str, tmp_path: Path) -> None:
    with serving(line=command("serve", "--uds", str(tmp_path / "s"), "--log-level", "warning")) as server:
        world = World(server, PRODLYTICS, key)
        world.fail(*({"wire": wire, "times": 1} for wire in BREAKS))
        for _ in BREAKS:
            with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
                world.post()
        assert world.statuses(1) == [202]
        assert server.log == ""
