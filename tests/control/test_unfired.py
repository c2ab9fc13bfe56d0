"""Faults that were to fire and did not: which they are, and why."""

from typing import Any

import pytest

from tests.support.faulting import World
from tests.support.harness import PRODLYTICS

pytestmark = pytest.mark.socket


def unfired(world: World) -> list[tuple[int, str]]:
    """How often each fault fired that did not fire as scripted, and the reason."""
    listed = world.server.control("/faults", account=world.key, unfired="true")["faults"]
    return [(fault["fired"], fault["reason"]) for fault in listed]


@pytest.fixture
def own(world: World) -> World:
    assert world.operation is PRODLYTICS
    return world


def test_no_request_came(own: World) -> None:
    own.fail({"status": 503, "times": 1})
    assert unfired(own) == [(0, "no request came")]
    own.post()
    assert unfired(own) == []


def test_it_fired_less_often_than_it_was_to(own: World) -> None:
    own.fail({"status": 503, "times": 3, "after": 1})
    own.statuses(3)
    assert unfired(own) == [(2, "3 matching requests came, of which it skips the first 1")]


def test_requests_came_to_another_operation(own: World) -> None:
    own.fail({"status": 429, "times": 1, "operation": "CreateEventV1"})
    own.post()
    ((_, reason),) = unfired(own)
    assert reason.startswith("no request came to CreateEventV1; the last was request r")
    assert reason.endswith("POST SubmitProductAnalyticsEvent")


def test_no_request_matched(own: World) -> None:
    own.fail({"status": 503, "times": 1, "match": {"event": {"name": "refund"}}})
    own.post()
    ((_, reason),) = unfired(own)
    assert reason.endswith('came nearest: /event/name expected "refund", received "payment.processed"')


@pytest.mark.parametrize(
    "fault",
    [{"probability": 0.5, "times": 9}, {"optional": True, "times": 9}, {}],
    ids=["random", "optional", "endless"],
)
def test_what_need_not_fire_is_not_listed(own: World, fault: dict[str, Any]) -> None:
    own.fail({"status": 503, **fault})
    assert unfired(own) == []


def test_a_fault_until_the_client_waited_must_fire_once(own: World) -> None:
    own.fail({"status": 429, "retry_after": 5, "until_waited": True})
    assert unfired(own) == [(0, "no request came")]
    assert own.statuses(3) == [429, 429, 429]
    assert unfired(own) == []
    own.advance(5)
    assert own.statuses(2) == [202, 202]
    (fault,) = own.armed
    assert (fault["fired"], fault["armed"], fault["remaining"]) == (3, False, None)


@pytest.mark.parametrize("key", ["times", "every", "probability"])
def test_until_waited_stands_alone(own: World, key: str) -> None:
    fault = {"status": 429, "retry_after": 5, "until_waited": True, key: 1}
    refused = own.server.client.post("/__admin/faults", json=fault)
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"pointer": f"/{key}", "detail": f"`{key}` and `until_waited` are mutually exclusive"}
    ]
    del fault[key], fault["retry_after"]
    assert "needs a `retry_after`" in own.server.client.post("/__admin/faults", json=fault).text
