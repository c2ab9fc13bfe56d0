"""What the shop does right."""

from __future__ import annotations

import unittest

import pytest
from shop.analytics import send_batch, send_goal, send_payment
from shop.background import BackgroundSender
from shop.deployments import announce

from mockserver.client import any_value, close_to_now, matching, uuid


def test_a_payment_is_sent(datadog, client):
    assert send_payment(client, datadog.url, datadog.headers, "u1") == 202
    datadog.assert_received("payment.processed", times=1, json={"usr": {"id": "u1"}})
    assert [event.identity for event in datadog.events] == ["u1"]


@pytest.mark.mockserver(allow=["wait", "hot"])  # the shop does not wait
def test_a_payment_is_sent_again_after_503(datadog, client):
    datadog.fail(503, times=2, retry_after=1)
    assert send_payment(client, datadog.url, datadog.headers, "u1") == 202
    datadog.assert_received("payment.processed", times=1)
    assert [request.status for request in datadog.requests] == [503, 503, 202]
    assert [event.attempt for event in datadog.events] == [1, 2, 3]


@pytest.mark.mockserver(scenario="brown-out", allow=["wait", "hot"])
def test_a_payment_is_lost_in_a_brown_out(datadog, client):
    assert send_payment(client, datadog.url, datadog.headers, "u1") == 503
    datadog.assert_received("payment.processed", times=3, outcome="rejected")


def test_a_deployment_is_announced(datadog):
    announce(datadog.url, datadog.api_key, "1.2.3")
    datadog.assert_received("Deployed 1.2.3", times=1, json={"tags": ["service:shop"], "text": any_value("string")})


def test_a_batch_is_sent(satori, client):
    event = {"name": "levelUp", "timestamp": "2025-07-15T12:00:00Z", "id": "2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11"}
    send_batch(client, satori.url, satori.headers, [event, {**event, "name": "gameOver", "id": "g1"}])
    satori.assert_sequence("levelUp", ("gameOver", {"id": "g1"}))
    satori.assert_received("levelUp", json={"id": uuid()})


def test_a_goal_is_sent(supalytics, client):
    assert send_goal(client, supalytics.url, supalytics.headers, "signup", plan="pro") == 200
    supalytics.assert_received("signup", json={"metadata": {"plan": matching("^p")}})


def test_the_clock_can_be_moved(datadog, satori, client):
    satori.clock.freeze("2025-07-15T12:00:00Z")
    satori.clock.advance(60)
    event = {"name": "levelUp", "timestamp": "2025-07-15T12:01:00Z"}
    send_batch(client, satori.url, satori.headers, [event])
    satori.assert_received("levelUp", json={"timestamp": close_to_now(1)})
    assert not datadog.clock.frozen


def test_payments_are_sent_in_the_background(datadog):
    sender = BackgroundSender(datadog.url, datadog.headers)
    for number in range(5):
        sender.paid(f"u{number}")
    assert len(datadog.wait_for(5)) == 5
    datadog.settle()
    sender.close()


def test_two_accounts_do_not_meet(make_datadog, client):
    ours, theirs = make_datadog(), make_datadog()
    send_payment(client, ours.url, ours.headers, "u1")
    ours.assert_received("payment.processed")
    theirs.assert_nothing_received()


@pytest.mark.parametrize("number", range(20))
def test_nothing_is_left_by_other_tests(datadog, client, number):
    datadog.assert_nothing_received()
    send_payment(client, datadog.url, datadog.headers, f"u{number}")
    assert [event.identity for event in datadog.events] == [f"u{number}"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_async_test_can_wait(datadog):
    sender = BackgroundSender(datadog.url, datadog.headers)
    sender.paid("u1")
    assert len(await datadog.aio.wait_for(1)) == 1
    sender.close()


class TestInAClass(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _handles(self, datadog, client):
        self.datadog, self.client = datadog, client

    def test_a_payment_is_sent(self):
        send_payment(self.client, self.datadog.url, self.datadog.headers, "u1")
        self.datadog.assert_received("payment.processed")
