"""A client works with a newer server, which has members that it does not know, and with one of the last version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pytest

from mockserver.client import ControlError, ReceivedEvent, ReceivedRequest
from mockserver.client.control import Control, ControlResponse, whole_listing
from mockserver.client.records import Violation
from mockserver.client.views import EventView, RequestView, ViolationView
from mockserver.testing import Datadog, MockServer
from tests.support.worlds import Sender, payment

pytestmark = pytest.mark.socket


NEW = {"next", "fix", "time", "wall_time", "connection", "request", "response"}


class OtherControl:
    """The control API of a server of another version: bodies are changed, and a query parameter is refused."""

    def __init__(self, control: Control, changed: Callable[[Any], Any], refused: str = "") -> None:
        self._control = control
        self._refused = refused
        self._changed = changed

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> ControlResponse:
        if self._refused in (query or {}):
            return ControlResponse(400, {"detail": f"{self._refused} is an unknown parameter"})
        status, told = self._control.call(method, path, query, body, timeout)
        return ControlResponse(status, self._changed(told))


def newer_body(body: Any) -> Any:
    """With one more member in every object."""
    if isinstance(body, list):
        return [newer_body(each) for each in body]
    if isinstance(body, dict):
        return {"new": "member", **{name: newer_body(value) for name, value in body.items()}}
    return body


def older_body(body: Any) -> Any:
    """As version 0.1.0 has it, which lists no bodies."""
    if isinstance(body, list):
        return [older_body(each) for each in body]
    if isinstance(body, dict):
        return {name: older_body(value) for name, value in body.items() if name not in NEW}
    return body


@pytest.fixture
def newer(mockserver: MockServer) -> Datadog:
    return Datadog(OtherControl(mockserver.control, newer_body), mockserver.url, mockserver.datadog().api_key)


def test_a_handle_works_with_a_newer_server(newer: Datadog, sender: Sender) -> None:
    newer.clock.freeze("2026-01-01T12:00:00Z")
    newer.fail(503, times=1)
    for body in (payment("u1"), payment("u1"), {"type": "client"}):
        sender.pay(newer, body)
    assert [event.attempt for event in newer.events] == [1, 2, 1]
    assert [request.status for request in newer.requests] == [503, 202, 400]
    assert newer.requests[2].violations[0].evidence["kind"] == "documented"
    assert newer.clock.now == 1767268800
    newer.assert_received("payment.processed", times=1)
    newer.assert_sequence("payment.processed")
    assert len(newer.wait_for(1)) == 1
    with pytest.raises(AssertionError, match="expected at least 1 accepted event"):
        newer.assert_received("other")
    with pytest.raises(AssertionError, match="expected not to receive"):
        newer.assert_nothing_received()
    with pytest.raises(AssertionError, match="broke the contract"):
        newer.assert_contract_kept()
    newer.reset()


def test_a_handle_works_with_a_server_of_the_last_version(mockserver: MockServer, sender: Sender) -> None:
    control = OtherControl(mockserver.control, older_body, refused="bodies")
    older = Datadog(control, mockserver.url, mockserver.datadog().api_key)
    sender.pay(older, {**payment(), "type": "client"})
    assert [event.outcome for event in older.events] == ["rejected"]
    (request,) = older.requests
    assert (request.time > 1.7e9, request.body, request.response.status) == (True, b"", None)
    (violation,) = request.violations
    assert violation.fix == 'set it to "server"'
    with pytest.raises(ControlError, match="older than this client and lists 0 of 1"):
        whole_listing(control, "/requests", {"account": older.api_key, "limit": "0"})


@pytest.mark.parametrize(
    ("record", "view"), [(ReceivedEvent, EventView), (ReceivedRequest, RequestView), (Violation, ViolationView)]
)
def test_a_record_has_the_members_of_its_view(record: Any, view: Any) -> None:
    names = {field.name for field in fields(record)}
    of_bodies_or_the_client = {"attempt", "headers", "body", "truncated", "json", "response", "_find"}
    of_bodies_or_the_client |= {"body_digest", "event_keys", "dedup_ids"}
    assert names - of_bodies_or_the_client <= view.__required_keys__ | view.__optional_keys__
    assert (view.__required_keys__ | view.__optional_keys__) - names <= {"remedy", "response_violations", "unclaimed"}


def test_the_fix_has_its_old_name_for_one_more_version(datadog: Datadog, sender: Sender) -> None:
    datadog.allow_violations()
    sender.pay(datadog, {**payment(), "type": "client"})
    (shown,) = sender.control(datadog, "GET", "/requests").json()["requests"][0]["violations"]
    assert shown["fix"] == shown["remedy"] == 'set it to "server"'
    (violation,) = datadog.requests[0].violations
    assert violation.fix == shown["fix"]
    with pytest.deprecated_call(match=r"Violation\.fix"):
        assert violation.remedy == violation.fix
