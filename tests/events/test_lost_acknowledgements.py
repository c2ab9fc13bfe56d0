"""What the vendor made of events whose acknowledgement was lost: its own word counts, not the client's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx2
import pytest

from mockserver.testing import Datadog, Satori

pytestmark = pytest.mark.socket

EVENT = {"id": "e-1", "name": "purchaseCompleted", "timestamp": "2025-07-15T12:00:00Z"}


def send(satori: Satori) -> None:
    with suppress(httpx2.HTTPError):
        httpx2.post(f"{satori.url}/v1/server-event", auth=(satori.api_key, ""), json={"events": [EVENT]})


@pytest.mark.parametrize("fault", [{"status": 503}, {"wire": "reset"}, {"wire": "truncate"}], ids=str)
def test_a_duplicate_is_a_duplicate_though_its_response_was_lost(satori: Satori, fault: dict[str, Any]) -> None:
    send(satori)
    satori.script({"faults": [{**fault, "stage": "after", "times": 1}]})
    send(satori)
    assert [event.outcome for event in satori.events] == ["accepted", "duplicate"]
    assert [event.acknowledged for event in satori.events] == [True, False]


@pytest.mark.parametrize("fault", [{"status": 429}, {"wire": "reset"}], ids=str)
def test_an_event_has_the_id_that_the_vendor_gave_it_though_its_response_was_lost(
    datadog: Datadog, fault: dict[str, Any]
) -> None:
    datadog.script({"faults": [{**fault, "stage": "after", "times": 1}]})
    with suppress(httpx2.HTTPError):
        httpx2.post(f"{datadog.url}/api/v1/events", headers=datadog.headers, json={"title": "t", "text": "x"})
    (event,) = datadog.events
    assert event.outcome == "accepted"
    assert event.id is not None
    assert event.id.isdigit()
