"""What the shop does wrong: each of these tests fails, and mockserver says why."""

from __future__ import annotations

from shop.analytics import send_batch, send_payment


def test_missing_event(datadog, client):
    send_payment(client, datadog.url, datadog.headers, "u1")
    datadog.assert_received("payment.refunded")


def test_wrong_field(datadog, client):
    send_payment(client, datadog.url, datadog.headers, "u1")
    datadog.assert_received("payment.processed", json={"usr": {"id": "u2"}})


def test_wrong_count(datadog, client):
    send_payment(client, datadog.url, datadog.headers, "u1")
    send_payment(client, datadog.url, datadog.headers, "u1")
    datadog.assert_received("payment.processed", times=1)


def test_broken_contract(satori, client):
    send_batch(client, satori.url, satori.headers, [{"name": "levelUp", "timestamp": "yesterday"}])


def test_broken_contract_and_failed(satori, client):
    assert send_batch(client, satori.url, satori.headers, [{"name": "levelUp", "timestamp": "yesterday"}]) == 200
