"""A client that reads from the server has its answer before time is skipped, and its time-outs are virtual."""

from __future__ import annotations

import threading
import time

import httpx2
import pytest
import requests

from mockserver.testing import CoupledClock, Datadog, MockServer, RunningServer
from tests.coupling.coupled import PATH, SLACK, pauses, send, within
from tests.support.harness import PRODLYTICS

pytestmark = [pytest.mark.socket, pytest.mark.usefixtures("coupled")]
QUICK = 20.0


def test_a_delay_is_skipped(account: Datadog) -> None:
    account.slow(300, times=2)
    began = time.monotonic()
    with within(QUICK):
        assert [send(account, timeout=None), send(account, timeout=400)] == [202, 202]
    assert time.monotonic() - began == pytest.approx(600, abs=SLACK)
    assert pauses(account) == pytest.approx([300], abs=SLACK)


@pytest.mark.parametrize("fault", ["slow", "hang"])
def test_a_time_out_comes_before_a_later_response(account: Datadog, fault: str) -> None:
    account.drop("hang", times=1) if fault == "hang" else account.slow(300, times=1)
    began = time.monotonic()
    with within(QUICK), pytest.raises(requests.ReadTimeout):
        send(account, timeout=60)
    assert time.monotonic() - began == pytest.approx(60, abs=SLACK)
    assert send(account) == 202


def test_a_response_in_pieces(account: Datadog) -> None:
    """Its body has two bytes; each comes before the time-out, which counts from the one before."""
    account.drop({"dribble": {"chunks": 2, "seconds": 100}}, times=1)
    began = time.monotonic()
    with within(QUICK):
        assert send(account, timeout=70) == 202
    assert time.monotonic() - began == pytest.approx(100, abs=SLACK)


def test_httpx_reads_alike(account: Datadog) -> None:
    account.slow(50, times=1)
    with within(QUICK), httpx2.Client(timeout=30) as client, pytest.raises(httpx2.ReadTimeout):
        client.post(account.url + PATH, json=PRODLYTICS.body, headers=account.headers)


def test_many_clients_and_one_that_sleeps(account: Datadog) -> None:
    """Every request is answered at the time at which it was sent, however many threads send."""
    began = time.time()

    def ticking(number: int) -> None:
        for _ in range(5):
            time.sleep(100 + 10 * number)
            assert send(account) == 202

    threads = [threading.Thread(target=ticking, args=(number,)) for number in range(6)]
    with within(QUICK):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    expected = sorted((100 + 10 * number) * tick for number in range(6) for tick in range(1, 6))
    assert [each.time - began for each in account.requests] == pytest.approx(expected, abs=SLACK)


def test_assertions_wait_in_virtual_time(account: Datadog) -> None:
    def flush() -> None:
        for _ in range(3):
            time.sleep(60)
            send(account)

    began = time.monotonic()
    sender = threading.Thread(target=flush)
    sender.start()
    with within(QUICK):
        account.assert_nothing_received(within=50)
        assert time.monotonic() - began == pytest.approx(50, abs=SLACK)
        account.assert_received(times=1, within=20)
        assert time.monotonic() - began == pytest.approx(60, abs=SLACK)
        account.settle(quiet=1, timeout=100)
        assert time.monotonic() - began == pytest.approx(61, abs=SLACK)
        account.wait_for(3, timeout=200)
        assert time.monotonic() - began == pytest.approx(180, abs=SLACK)
        account.assert_received(times=3, json={"type": lambda value: value == "server"}, within=10)
        with pytest.raises(AssertionError):
            account.assert_received(times=9, within=30)
        assert time.monotonic() - began == pytest.approx(210, abs=SLACK)
    sender.join()


def test_settling_fails_where_requests_go_on(account: Datadog) -> None:
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(10):
            send(account)

    sender = threading.Thread(target=beat)
    sender.start()
    with within(QUICK), pytest.raises(AssertionError, match="still came"):
        account.settle(quiet=30, timeout=300)
    stop.set()
    sender.join()


def test_a_server_that_somebody_else_runs(backend: MockServer, coupled: CoupledClock) -> None:
    """It cannot be asked whether it has answered, so its connections are given real time."""
    running = RunningServer(backend.url)
    other = running.datadog()
    coupled.couple(other)
    other.fail(503, until_waited=True, retry_after=1800)
    with within(QUICK):
        assert send(other) == 503
        time.sleep(1800)
        other.slow(300, times=1)
        assert send(other, timeout=None) == 202
        other.assert_received(times=1, within=60)
        assert other.clock.now == pytest.approx(time.time(), abs=SLACK)
    assert pauses(other) == pytest.approx([2100], abs=SLACK)
    running.stop()


def test_a_server_may_be_started_meanwhile(coupled: CoupledClock) -> None:
    with MockServer(log_level="error") as server:
        other = server.datadog()
        coupled.couple(other)
        other.slow(60, times=1)
        with within(QUICK):
            assert send(other, timeout=None) == 202
