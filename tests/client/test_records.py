"""A test sees everything of a request: what was sent, what came back, on which connection, when and how long."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from mockserver.client.records import Headers
from mockserver.control import journal
from mockserver.testing import Datadog, MockServer, Satori
from tests.support.worlds import Sender, game_event, payment

pytestmark = pytest.mark.socket


def test_a_request_has_headers_body_and_response(datadog: Datadog, sender: Sender) -> None:
    datadog.fail(503, times=1, retry_after=7)
    datadog.allow("wait")
    sender.pay(datadog, headers={**datadog.headers, "X-Trace": "a"})
    sender.pay(datadog)
    first, second = datadog.requests
    assert first.headers["X-TRACE"] == "a"
    assert first.headers["dd-api-key"] != datadog.api_key, "a credential is shown"
    assert (json.loads(first.body), first.json, json.loads(first.text)) == (payment(), payment(), payment())
    assert (first.status, first.response.status, first.response.headers["retry-after"]) == (503, 503, "7")
    assert (second.response.status, second.response.json) == (202, {})
    assert second.response.text == "{}"
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.fault is not None
    assert second.fault is None


def test_a_compressed_body_is_read(datadog: Datadog, http: httpx2.Client) -> None:
    raw = gzip.compress(json.dumps(payment()).encode())
    headers = {**datadog.headers, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    http.post(f"{datadog.url}/api/v2/prodlytics", content=raw, headers=headers)
    (request,) = datadog.requests
    assert (request.body, request.json, json.loads(request.text)) == (raw, payment(), payment())


def test_connections_are_counted(datadog: Datadog, sender: Sender) -> None:
    for _ in range(2):
        with httpx2.Client(trust_env=False) as client:
            own = Sender(client)
            own.pay(datadog)
            own.pay(datadog)
    one, again, other, _ = [request.connection for request in datadog.requests]
    assert one == again
    assert one is not None
    assert other is not None
    assert 1 <= one < other


def test_the_first_connection_of_a_server_is_number_1(sender: Sender) -> None:
    with MockServer(log_level="warning") as server:
        datadog = server.datadog()
        with httpx2.Client(trust_env=False) as client:
            Sender(client).pay(datadog)
        assert [event.connection for event in datadog.events] == [1]


def test_in_process_there_are_no_connections() -> None:
    server = MockServer()
    datadog = server.datadog()

    async def send() -> None:
        transport = httpx2.ASGITransport(app=server.app)
        async with httpx2.AsyncClient(transport=transport, base_url=datadog.url) as client:
            await client.post("/api/v2/prodlytics", json=payment(), headers=datadog.headers)

    asyncio.run(send())
    assert [(request.connection, request.status) for request in datadog.requests] == [(None, 202)]


def test_both_clocks_are_told(datadog: Datadog, sender: Sender) -> None:
    datadog.clock.freeze(1_000_000_000.5)
    sender.pay(datadog)
    datadog.clock.advance(30)
    sender.pay(datadog)
    first, second = datadog.requests
    assert (first.time, second.time) == (1_000_000_000.5, 1_000_000_030.5)
    assert 0 <= second.wall_time - first.wall_time < 30
    assert first.wall_time > 1_700_000_000
    assert 0 < first.duration == first.milliseconds / 1000 < 30


def test_a_held_request_lasts_until_its_connection_is_lost(datadog: Datadog) -> None:
    datadog.drop("hang")
    body = json.dumps(payment()).encode()
    head = f"POST /api/v2/prodlytics HTTP/1.1\r\nHost: a\r\nDD-API-KEY: {datadog.api_key}\r\n"
    address = urlsplit(datadog.url)
    with socket.create_connection((address.hostname, address.port or 80), 30) as client:
        client.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        datadog.assert_received(outcome="rejected", within=30)
        held = datadog.requests[0].milliseconds
    while datadog.requests[0].milliseconds == held:  # until the server has seen the client leave
        continue
    assert datadog.requests[0].milliseconds > held
    assert datadog.requests[0].status is None


def test_an_event_knows_its_request(satori: Satori, sender: Sender) -> None:
    sender.batch(satori, game_event("a", id="1"), game_event("b", id="2"))
    sender.batch(satori, game_event("c", id="3"))
    a, b, c = satori.events
    assert a.request is b.request
    assert a.request_id == a.request.id != c.request.id
    assert json.loads(c.body)["events"][0]["name"] == "c"
    assert (c.response.status, c.headers["content-type"], c.fault) == (200, "application/json", None)
    assert (c.time, c.wall_time, c.duration) == (c.request.time, c.request.wall_time, c.request.duration)
    events = satori.events
    satori.reset()
    with pytest.raises(LookupError, match=f"request {events[0].request_id} of this event is no longer kept"):
        events[0].request  # noqa: B018


def test_headers_are_found_in_any_case_and_all_are_kept() -> None:
    headers = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    assert (headers["a"], headers["B"], headers.get_all("A"), headers.get_all("c")) == ("1, 3", "2", ["1", "3"], [])
    assert (list(headers), len(headers), "A" in headers, headers.get("c")) == (["a", "b"], 2, True, None)
    assert headers == {"a": "1, 3", "b": "2"}
    assert repr(headers) == "Headers({'a': '1, 3', 'b': '2'})"


def test_a_page_of_whole_requests_is_bounded_in_bytes(
    datadog: Datadog, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        sender.pay(datadog, payment(name=f"n{number}", text="x" * 10_000))
    monkeypatch.setattr(journal, "MAX_PAGE_BYTES", 50_000)
    page = sender.control(datadog, "GET", "/requests", bodies="true").json()
    assert (len(page["requests"]), page["total"]) == (2, 5)
    assert page["next"] is not None
    assert [request.json["event"]["name"] for request in datadog.requests] == [f"n{number}" for number in range(5)]
    monkeypatch.setattr(journal, "MAX_PAGE_BYTES", 1)
    page = sender.control(datadog, "GET", "/requests", bodies="true").json()
    assert len(page["requests"]) == 1
    assert sender.control(datadog, "GET", "/requests").json()["next"] is None
