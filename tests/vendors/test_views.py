"""The handles' views of one identity and one visitor, whatever characters their ids have."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from mockserver.testing import MockServer, Satori, Supalytics

IDS = ["plain", "a/b", "50%", "a b?c#d&e", "zoë", "%2F"]


@pytest.fixture(scope="module", params=["over HTTP", "in process"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[MockServer, str]]:
    """A server, and the way in which its handles call it."""
    with MockServer(log_level="error") as running:
        yield running, request.param


@pytest.mark.parametrize("identity", IDS)
def test_an_identity_and_a_visitor_are_found_by_their_id(server: tuple[MockServer, str], identity: str) -> None:
    running, way = server
    satori, supalytics = running.satori(), running.supalytics()
    event = {"name": "won", "timestamp": "2026-01-01T00:00:00Z", "identityId": identity}
    httpx2.post(f"{satori.url}/v1/server-event", json={"events": [event]}, headers=satori.headers, trust_env=False)
    visit = {"name": "won", "visitor_id": identity}
    httpx2.post(f"{supalytics.url}/v1/events", json=visit, headers=supalytics.headers, trust_env=False)
    if way == "over HTTP":
        from mockserver.client.control import HttpControl

        control = HttpControl(running.url)
        satori = Satori(control, running.url, satori.api_key)
        supalytics = Supalytics(control, running.url, supalytics.api_key)
    assert satori.identity(identity)["identity"] == identity
    assert [event["identity"] for event in supalytics.visitor(identity)] == [identity]
    if way == "over HTTP":
        control.close()
