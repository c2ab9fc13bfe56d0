"""What is waited for besides the servers has its real time: its answers come first, and its time-outs are real."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mockserver.testing import CoupledClock, Datadog
from tests.coupling.coupled import threads
from tests.support.harness import PRODLYTICS

pytestmark = pytest.mark.socket
HOUR = 3600.0


@pytest.fixture(autouse=True)
def patient(account: Datadog) -> Iterator[None]:
    """Coupled time with more patience than a busy machine needs."""
    with CoupledClock(account, patience=10):
        yield


def real_sleep(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Sleeps in real time: the default was bound before."""
    sleep(seconds)


@pytest.fixture
def slow_server() -> Iterator[int]:
    """The port of somebody else's server, which takes 20 ms to answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10)
            real_sleep(0.02)
            connection.sendall(b"answer")

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    thread.join()
    listener.close()


def test_the_answer_of_another_server_comes_first(slow_server: int) -> None:
    order: list[str] = []

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", slow_server), timeout=10) as connection:
            connection.sendall(b"ask")
            connection.recv(10)
            order.append("answer")

    with threads(ask):
        time.sleep(HOUR)
        order.append("sleep")
    assert order == ["answer", "sleep"]


def test_what_another_process_sends_is_waited_for(account: Datadog) -> None:
    """For as long as the patience lasts, though the assertion waits in virtual time."""
    body, headers = json.dumps(PRODLYTICS.body).encode(), {**account.headers, "content-type": "application/json"}
    code = f"""
import urllib.request
urllib.request.urlopen(urllib.request.Request({account.url + PRODLYTICS.path!r}, {body!r}, {headers!r})).close()
"""
    with subprocess.Popen([sys.executable, "-c", code]):
        account.assert_received(times=1, within=2)


def test_a_time_out_of_another_server_is_real(slow_server: int) -> None:
    with threads(lambda: time.sleep(HOUR)), socket.create_connection(("127.0.0.1", slow_server), 10) as connection:
        connection.sendall(b"ask")
        assert connection.recv(10) == b"answer"
