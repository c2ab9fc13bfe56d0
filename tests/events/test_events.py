"""Events: batches taken apart, across all vendors, each with what became of it and why; and their listing."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from mockserver.client import Handle
from mockserver.testing import Datadog, MockServer, Satori, Supalytics
from tests.support.harness import SCALAR
from tests.support.worlds import TIMESTAMP, Sender, game_event, payment

pytestmark = pytest.mark.socket


def outcomes(handle: Handle) -> list[tuple[str | None, str, int]]:
    return [(event.name, event.outcome, event.attempt) for event in handle.events]


def test_an_event_of_each_operation(datadog: Datadog, sender: Sender) -> None:
    datadog.clock.freeze("2025-07-15T12:00:00Z")
    sender.alert(datadog, "Deployed", date_happened=1752580000)
    v2 = {"category": "alert", "title": "Broken", "timestamp": "2025-07-15T11:00:00Z", "attributes": {"status": "ok"}}
    httpx2.post(
        f"{datadog.url}/api/v2/events",
        json={"data": {"type": "event", "attributes": v2}},
        headers=datadog.headers,
        trust_env=False,
    )
    sender.pay(datadog, payment("u1", session={"id": "s1"}))
    first, second, third = datadog.events
    assert (first.operation, first.name, first.timestamp) == ("CreateEventV1", "Deployed", "2025-07-15T11:46:40.000Z")
    assert (second.operation, second.name, second.timestamp) == ("CreateEventV2", "Broken", "2025-07-15T11:00:00Z")
    assert (third.operation, third.name) == ("SubmitProductAnalyticsEvent", "payment.processed")
    assert (third.identity, third.session, third.timestamp) == ("u1", "s1", "2025-07-15T12:00:00.000Z")
    assert third.attributes == payment("u1", session={"id": "s1"})
    assert first.id is not None
    assert second.id is not None
    assert all(event.acknowledged and event.outcome == "accepted" and event.reason is None for event in datadog.events)
    assert [event.request_id for event in datadog.events] == [request.id for request in datadog.requests]


def test_a_batch_is_taken_apart(satori: Satori, sender: Sender) -> None:
    events = [game_event(f"e{number}", id=f"g{number}", identity_id="p1", session_id="s1") for number in range(50)]
    sender.batch(satori, *events)
    found = satori.events
    assert [event.attributes for event in found] == events
    assert {event.request_id for event in found} == {satori.requests[0].id}
    assert {(event.identity, event.session, event.timestamp) for event in found} == {("p1", "s1", TIMESTAMP)}
    assert [event.id for event in found] == [f"g{number}" for number in range(50)]


def test_a_supalytics_event(supalytics: Supalytics, sender: Sender) -> None:
    sender.goal(supalytics, name="signup", visitor_id="v1")
    (event,) = supalytics.events
    assert (event.vendor, event.operation, event.name, event.identity) == ("supalytics", "WriteEvent", "signup", "v1")


def test_a_query_is_no_event(datadog: Datadog) -> None:
    url = f"{datadog.url}{SCALAR.path}"
    assert httpx2.post(url, json=SCALAR.accepted, headers=datadog.headers, trust_env=False).status_code == 200
    assert (len(datadog.requests), datadog.events) == (1, [])


def test_a_rejected_batch_rejects_every_event(satori: Satori, sender: Sender) -> None:
    satori.allow_violations()
    sender.batch(satori, game_event("good"), {"name": "bad", "timestamp": 1})
    assert outcomes(satori) == [("good", "rejected", 1), ("bad", "rejected", 1)]
    assert all((event.reason or "").startswith("400: /events/1/timestamp ") for event in satori.events)
    assert not any(event.acknowledged for event in satori.events)


def test_a_second_event_with_an_id_is_a_duplicate(satori: Satori, sender: Sender) -> None:
    sender.batch(satori, game_event(id="g1"), game_event(id="g2"))
    sender.batch(satori, game_event(id="g1"), game_event(id="g3"))
    assert [(event.id, event.outcome, event.attempt) for event in satori.events] == [
        ("g1", "accepted", 1),
        ("g2", "accepted", 1),
        ("g1", "duplicate", 2),
        ("g3", "accepted", 1),
    ]
    assert satori.events[2].reason == "an event with this id was accepted before"


def test_a_retry_of_what_was_rejected_is_no_duplicate(satori: Satori, sender: Sender) -> None:
    satori.fail(503, times=1)
    satori.allow("wait")
    sender.batch(satori, game_event(id="g1"))
    sender.batch(satori, game_event(id="g1"))
    assert outcomes(satori) == [("levelUp", "rejected", 1), ("levelUp", "accepted", 2)]


def test_attempts_are_counted_by_the_body_where_there_is_no_id(datadog: Datadog, sender: Sender) -> None:
    datadog.fail(503, times=2)
    datadog.allow("wait", "hot")
    for _ in range(3):
        sender.pay(datadog, payment("u1"))
    sender.pay(datadog, payment("u2"))
    sender.pay(datadog, dict(reversed(payment("u1").items())))
    assert [event.attempt for event in datadog.events] == [1, 2, 3, 1, 4]


@pytest.mark.mockserver(profile="observed")
def test_what_the_vendor_drops_says_why(satori: Satori, sender: Sender) -> None:
    satori.allow_violations()
    assert sender.batch(satori, {"timestamp": TIMESTAMP}, game_event()).status_code == 200
    assert [(event.outcome, event.reason) for event in satori.events] == [
        ("dropped", "INVALID_NAME"),
        ("accepted", None),
    ]


def test_a_lost_acknowledgement_is_shown(datadog: Datadog, sender: Sender) -> None:
    datadog.fail(503, times=1, stage="after")
    datadog.allow("wait")
    sender.pay(datadog)
    sender.pay(datadog)
    first, second = datadog.events
    assert (first.outcome, first.acknowledged) == ("accepted", False)
    assert (second.outcome, second.acknowledged, second.attempt) == ("accepted", True, 2)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 503}, "scripted fault f[0-9]+: 503"),
        ({"wire": "reset"}, "scripted fault f[0-9]+: reset"),
        ({"wire": {"truncate": {"keep": 0.5}}}, "400: /event is missing"),
        ({"wire": {"truncate": {"keep": 0.5}}, "stage": "before"}, "scripted fault f[0-9]+: (202|truncate)"),
        ({"delay": 0.001}, "400: /event is missing"),
        ({"wire": {"dribble": {"chunks": 2, "seconds": 0.001}}}, "400: /event is missing"),
        ({"status": 503, "stage": "after"}, "400: /event is missing"),
    ],
    ids=str,
)
def test_the_reason_is_the_fault_only_where_it_was(
    datadog: Datadog, sender: Sender, fault: dict[str, Any], reason: str
) -> None:
    datadog.allow_violations()
    datadog.script([fault])
    body = payment()
    del body["event"]
    try:
        sender.pay(datadog, body)
    except httpx2.TransportError:
        assert "wire" in fault
    (event,) = datadog.events
    assert event.outcome == "rejected"
    assert re.fullmatch(reason, event.reason or ""), event.reason


@pytest.mark.parametrize(
    "body", [b"{", b"null", b"[1, 2]", b'"text"', b'{"events": 7}', b'{"events": [null, 1, []]}', b""]
)
def test_a_body_that_holds_no_events(datadog: Datadog, satori: Satori, sender: Sender, body: bytes) -> None:
    satori.allow_violations()
    httpx2.post(f"{satori.url}/v1/server-event", content=body, headers=satori.headers, trust_env=False)
    assert satori.events == []
    assert len(satori.requests) == 1


def test_the_listing_is_narrowed(datadog: Datadog, satori: Satori, sender: Sender) -> None:
    sender.alert(datadog, "a")
    sender.pay(datadog)
    datadog.fail(503, times=1)
    sender.pay(datadog)

    def names(**query: Any) -> list[tuple[str, str]]:
        found = sender.control(datadog, "GET", "/events", **query)
        assert found.status_code == 200, found.text
        assert found.json()["evicted"] == 0
        return [(event["name"], event["outcome"]) for event in found.json()["events"]]

    paid = "payment.processed"
    assert names() == [("a", "accepted"), (paid, "accepted"), (paid, "rejected")]
    assert names(operation="CreateEventV1") == [("a", "accepted")]
    assert names(name=paid) == [(paid, "accepted"), (paid, "rejected")]
    assert names(name="SubmitProductAnalyticsEvent") == names(name=paid)
    assert names(outcome="rejected") == [(paid, "rejected")]
    assert names(outcome="any", limit=1) == [("a", "accepted")]
    assert names(since=datadog.requests[1].id) == [(paid, "rejected")]
    assert names(limit=0) == []
    assert sender.control(datadog, "GET", "/events", limit=1).json()["total"] == 3


@pytest.mark.parametrize(
    "query", [{"outcome": "x"}, {"since": "yesterday"}, {"limit": "-1"}, {"limit": "x"}, {"nmae": "a"}, {"since": "r²"}]
)
def test_a_wrong_filter_is_a_problem(datadog: Datadog, sender: Sender, query: dict[str, str]) -> None:
    found = sender.control(datadog, "GET", "/events", **query)
    assert found.status_code == 400
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json()["detail"].startswith(next(iter(query)))


def test_a_handle_shows_more_than_ten_thousand_events(sender: Sender) -> None:
    with MockServer(log_level="warning") as server:
        satori = server.satori()
        for start in range(0, 10_400, 400):
            sender.batch(satori, *(game_event(id=f"g{start + number}") for number in range(400)))
        assert len(satori.events) == 10_400
        assert len(satori.wait_for(10_400)) == 10_400


NAMES = ["zahlung.übermittelt", "决済完了", "a/b?c=d&e=f%20g", "né\u0301e", '"quoted" \\ \t', "💶", " "]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_sent_and_asked_for(supalytics: Supalytics, sender: Sender, name: str) -> None:
    supalytics.allow_violations()
    sender.goal(supalytics, name=name, metadata={"who": name})
    supalytics.assert_received(name, json={"metadata": {"who": name}}, outcome="any")
    assert sender.control(supalytics, "GET", "/events", name=name).json()["total"] == 1


@pytest.mark.parametrize("key", ["a&b=c", "a%20b", "100%", "a+b", "a#b?c", "a=b;c", "a/../b", "a'b\"c"])
def test_any_key_can_be_an_account(mockserver: MockServer, sender: Sender, key: str) -> None:
    datadog = mockserver.datadog(key)
    assert sender.pay(datadog).status_code == 202
    datadog.assert_received("payment.processed", times=1)
    datadog.reset()
    assert datadog.requests == []


def test_a_name_that_is_also_an_operation_means_both(datadog: Datadog, sender: Sender) -> None:
    sender.pay(datadog, payment("u1", "CreateEventV1"))
    sender.alert(datadog, "Deployed")
    datadog.assert_received("CreateEventV1", times=2)
    assert sender.verify(datadog, operation="CreateEventV1", times=1).status_code == 200
    assert sender.verify(datadog, name="CreateEventV1", operation="SubmitProductAnalyticsEvent").json()["count"] == 1
