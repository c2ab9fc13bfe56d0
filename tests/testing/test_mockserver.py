"""MockServer without pytest: over a socket and in process, from threads and running loops, stopped and restarted."""

from __future__ import annotations

import asyncio
import gc
import http.client
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from mockserver.client import ControlError, Handle
from mockserver.client.control import HttpControl
from mockserver.errors import AddressError, SettingsError
from mockserver.testing import MockServer, Satori
from mockserver.testing.server import RunningServer
from tests.support.datadog_sdk import restore_legacy_settings
from tests.support.harness import Server, serving
from tests.support.worlds import Sender, payment


def in_process(server: MockServer) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(server.app), base_url=server.url, timeout=20)


async def pay(client: httpx2.AsyncClient, headers: dict[str, str], user: str = "u1") -> int:
    return (await client.post("/api/v2/prodlytics", json=payment(user), headers=headers)).status_code


def test_with(sender: Sender) -> None:
    with MockServer() as server:
        assert (server.host, server.url) == ("127.0.0.1", f"http://127.0.0.1:{server.port}")
        datadog = server.datadog()
        datadog.fail(503, times=1)
        assert [sender.pay(datadog).status_code for _ in range(2)] == [503, 202]
        datadog.assert_received("payment.processed", times=1)
    assert server.port == 0


def test_what_arrived_can_be_read_when_it_has_stopped(sender: Sender) -> None:
    with MockServer() as server:
        datadog = server.datadog()
        sender.pay(datadog)
    datadog.assert_received("payment.processed", times=1)
    assert len(datadog.requests) == 1


def test_it_can_be_started_again(sender: Sender) -> None:
    server = MockServer()
    for count in (1, 2, 3):
        with server:
            datadog = server.datadog("mock-dd-same")
            assert sender.pay(datadog).status_code == 202
            assert len(datadog.events) == count


@pytest.mark.socket
def test_starting_twice_is_starting_once() -> None:
    with MockServer() as server:
        url = server.url
        assert server.start().url == url
    server.stop()


@pytest.mark.socket
def test_async_with() -> None:
    async def go() -> None:
        async with MockServer() as server, httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
            satori = server.satori()
            body = {"events": [{"name": "a", "timestamp": "2025-07-15T12:00:00Z"}]}
            assert (await client.post("/v1/server-event", json=body, headers=satori.headers)).status_code == 200
            await satori.aio.assert_received("a", times=1)

    asyncio.run(go())


def test_in_process_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    server = MockServer()
    datadog, supalytics = server.datadog(), server.supalytics()

    async def go() -> None:
        async with in_process(server) as client:
            datadog.fail(503, times=1)
            assert [await pay(client, datadog.headers) for _ in range(2)] == [503, 202]
            datadog.assert_received("payment.processed", times=1)
            await datadog.aio.assert_received("payment.processed", times=1)
            supalytics.assert_nothing_received()
            datadog.drop("reset", times=1)
            with pytest.raises(ConnectionResetError):
                await pay(client, datadog.headers)

    asyncio.run(go())
    assert [event.outcome for event in datadog.events] == ["rejected", "accepted", "rejected"]


def test_in_process_a_delay_ends_when_another_thread_moves_the_clock() -> None:
    server = MockServer()
    datadog = server.datadog()
    datadog.clock.freeze()
    datadog.slow(3600)

    def move() -> None:
        while not server.control.call("GET", "/faults").body["faults"][0]["fired"]:
            pass
        datadog.clock.advance(3600)

    async def go() -> None:
        async with in_process(server) as client:
            assert await pay(client, datadog.headers) == 202

    with ThreadPoolExecutor(1) as pool:
        started, moving = time.monotonic(), pool.submit(move)
        asyncio.run(asyncio.wait_for(go(), 20))
        assert time.monotonic() - started < 15
        moving.result(20)


def test_in_process_a_wait_sees_what_the_same_loop_sends() -> None:
    server = MockServer()
    datadog = server.datadog()

    async def go() -> None:
        async with in_process(server) as client:
            waiting = asyncio.ensure_future(datadog.aio.wait_for(3, timeout=20))
            await asyncio.gather(*(pay(client, datadog.headers, f"u{number}") for number in range(3)))
            assert len(await waiting) == 3

    asyncio.run(go())


def test_in_process_a_client_that_gives_up_is_gone() -> None:
    server = MockServer()
    datadog = server.datadog()
    datadog.drop("hang", times=1)

    async def go() -> None:
        async with in_process(server) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pay(client, datadog.headers), 0.05)
            assert await pay(client, datadog.headers) == 202

    asyncio.run(go())
    datadog.assert_received("payment.processed", times=1)


@pytest.mark.socket
def test_in_process_with_a_token() -> None:
    server = MockServer(admin_token="t0ken")
    assert server.datadog().events == []
    with server:
        assert server.datadog().events == []


@pytest.mark.socket
def test_a_server_that_nobody_holds_leaves_no_thread() -> None:
    others = set(threading.enumerate())
    server = MockServer()
    assert server.datadog().events == []
    own = set(threading.enumerate()) - others
    assert own
    del server
    gc.collect()
    for thread in own:
        thread.join(5)
    assert not any(thread.is_alive() for thread in own)


@pytest.mark.parametrize("settings", [{"prot": 1}, {"port": "x"}, {"profile": "none"}, {"journal_entries": 0}], ids=str)
def test_a_wrong_setting_is_told(settings: dict[str, Any]) -> None:
    with pytest.raises((SettingsError, TypeError, KeyError)):
        MockServer(**settings)


@pytest.mark.socket
def test_a_taken_port_is_told() -> None:
    with MockServer() as server, pytest.raises(AddressError, match=str(server.port)):
        MockServer(port=server.port).start()


@pytest.mark.socket
@pytest.mark.parametrize("wire", ["hang", {"dribble": {"chunks": 2, "seconds": 600}}], ids=str)
def test_stop_does_not_wait_for_connections_that_hang(wire: Any, caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(8) as pool:
        server = MockServer().start()
        datadog = server.datadog()
        datadog.drop(wire)
        address = urlsplit(server.url)

        def ask() -> bool:
            connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
            try:
                connection.request("POST", "/api/v1/events", b'{"title": "a", "text": "b"}', datadog.headers)
                return bool(connection.getresponse().read())
            except (http.client.HTTPException, ConnectionError):
                return False
            finally:
                connection.close()

        asking = [pool.submit(ask) for _ in range(8)]
        while len(server.control.call("GET", "/faults").body["faults"]) and not all(
            fault["fired"] == 8 for fault in server.control.call("GET", "/faults").body["faults"]
        ):
            assert not any(each.done() for each in asking)
        with socket.create_connection((address.hostname or "", address.port or 0)) as half:
            half.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < 3
        assert [each.result(20) for each in asking] == [False] * 8
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_environment_variables_point_the_sdks_here() -> None:
    server = MockServer()
    datadog, satori, supalytics = server.datadog("k"), server.satori("s"), server.supalytics("sly_x")
    assert datadog.env()["DD_API_KEY"] == datadog.env()["DATADOG_API_KEY"] == "k"
    assert datadog.env()["DD_APP_KEY"] == datadog.application_key
    for handle in (datadog, satori, supalytics):
        environment = handle.env()
        assert all(isinstance(value, str) for value in environment.values())
        assert environment["MOCKSERVER_URL"] == handle.url
        assert handle.api_key in environment.values()


@pytest.mark.socket
def test_the_legacy_datadog_client_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from datadog import initialize
    from datadog.api.events import Event

    with MockServer() as server:
        datadog = server.datadog()
        for name, value in datadog.env().items():
            monkeypatch.setenv(name, value)
        restore_legacy_settings(monkeypatch)
        initialize(mute=False)
        Event.create(title="Deployed", text="1.2.3")
        datadog.assert_received("Deployed", times=1)


@pytest.mark.socket
def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    with MockServer() as first:
        first_url, control = first.url, HttpControl(first.url)
        port = first.port
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: control.call("GET", "/health"), range(16)))
    with MockServer(port=port):
        for _ in range(8):
            assert control.call("GET", "/health").status == 200
    with pytest.raises(ControlError, match=rf"GET /health: no response from {re.escape(first_url)}: "):
        control.call("GET", "/health")
    control.close()


def test_a_call_of_many_threads_over_http(server: Server) -> None:
    running, another = RunningServer(server.url), RunningServer(server.url)
    handles = [running.datadog() for _ in range(16)]
    assert len({handle.api_key for handle in handles}) == 16
    assert another.datadog().api_key not in {handle.api_key for handle in handles}
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda handle: [handle.fail(503, times=1) for _ in range(20)], handles))
    for handle in handles:
        assert running.control.call("GET", "/faults", {"account": handle.api_key}).body["total"] == 20
    running.stop()
    another.stop()


def test_a_token_is_given(sender: Sender) -> None:
    with serving("--admin-token", "t0ken") as server:
        running = RunningServer(server.url, "t0ken")
        datadog = running.datadog()
        sender.pay(datadog)
        datadog.assert_received("payment.processed")
        running.stop()
        with pytest.raises(ControlError, match="requires its token"):
            RunningServer(server.url)


def test_reset_forgets_everything_of_one_account(sender: Sender) -> None:
    with MockServer() as server:
        ours, theirs = server.datadog(), server.datadog()
        for handle in (ours, theirs):
            handle.fail(503, times=5)
            handle.clock.freeze(1_700_000_000)
            sender.pay(handle)
        ours.reset()
        assert (ours.requests, ours.events, ours.clock.frozen) == ([], [], False)
        assert sender.pay(ours).status_code == 202
        assert (len(theirs.requests), theirs.clock.now) == (1, 1_700_000_000)
        assert sender.pay(theirs).status_code == 503


@pytest.mark.parametrize("missing", ["headers", "env"])
def test_a_handle_that_lacks_something_cannot_be_made(missing: str) -> None:
    made = {name: getattr(Satori, name) for name in ("headers", "env", "vendor") if name != missing}
    with pytest.raises(TypeError, match=missing):
        MockServer().handle(type("Incomplete", (Handle,), made))
