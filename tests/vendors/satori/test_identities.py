"""Satori puts events into the sessions of their identities, and each identity has a view."""

from __future__ import annotations

import pytest

from tests.support.fact_finding import HOUR, NOON, call, set_clock
from tests.support.harness import PATIENCE, SATORI, Server, serving
from tests.support.satori import at, event, send, sessions

pytestmark = pytest.mark.socket


def test_an_event_without_a_session_is_of_the_latest_one_within_the_grace_period(either: Server, key: str) -> None:
    set_clock(either, SATORI, key)
    expires = str(NOON + 60)
    send(either, key, at(0), at(0, session_id="s", session_issued_at=str(NOON), session_expires_at=expires))
    send(either, key, at(60 + HOUR), at(61 + HOUR), {**at(30), "identity_id": "somebody else"})
    assert sessions(either, key) == [None, "s", "s", None, None]


def test_the_latest_session_is_the_one_issued_last(either: Server, key: str) -> None:
    send(either, key, at(0, sessionId="new", sessionIssuedAt=NOON, sessionExpiresAt=NOON + HOUR))
    send(either, key, at(1, sessionId="old", sessionIssuedAt=NOON - HOUR, sessionExpiresAt=NOON + HOUR), at(2))
    assert sessions(either, key) == ["new", "old", "new"]


def test_without_an_expiry_a_session_lasts_until_its_last_event(either: Server, key: str) -> None:
    send(either, key, at(0, session_id="s"), at(HOUR, session_id="s"), at(2 * HOUR), at(2 * HOUR + 1))
    assert sessions(either, key) == ["s", "s", "s", None]


def test_the_grace_period_is_a_setting(key: str) -> None:
    with serving("--satori-sessionless-grace-sec", "5") as server:
        send(server, key, at(0, session_id="s"), at(5), at(6))
        assert sessions(server, key) == ["s", "s", None]


def test_an_event_without_an_identity_is_a_non_player_event(either: Server, key: str) -> None:
    send(either, key, event(), event(session_id="s"), at(0))
    view = call(either, "GET", "/satori/identities", key).json()
    assert view["non_player_events"] == 2
    assert [(one["id"], one["events"]) for one in view["identities"]] == [("i", 1)]


def test_an_identity_shows_its_events_and_sessions(either: Server, key: str) -> None:
    dates = {"session_issued_at": str(NOON), "sessionExpiresAt": NOON + HOUR}
    send(either, key, at(0, id="a", session_id="s", **dates), at(1, id="b"), at(1, id="b"), event(id="c"))
    send(either, key, at(2, id="d", sessionId="t"))
    view = call(either, "GET", "/satori/identities/i", key).json()
    assert view["identity"] == "i"
    assert [(one["id"], one["session"]) for one in view["events"]] == [("a", "s"), ("b", "s"), ("d", "t")]
    assert view["sessions"] == [
        {"id": "s", "issued_at": str(NOON), "expires_at": str(NOON + HOUR), "events": 2},
        {"id": "t", "issued_at": None, "expires_at": None, "events": 1},
    ]


@pytest.mark.parametrize(
    "identity", ["a/b", "ü ?#&", "..", "%2F", "x" * 2000], ids=["slash", "odd", "dots", "hex", "long"]
)
def test_any_identity_has_a_view(server: Server, key: str, identity: str) -> None:
    send(server, key, event(identity_id=identity))
    path = "/satori/identities/" + "".join(f"%{byte:02X}" for byte in identity.encode())
    assert call(server, "GET", path, key).json()["identity"] == identity


def test_one_id_in_two_accounts_is_two_identities(server: Server, key: str) -> None:
    for name in (key, f"{key}-other"):
        send(server, name, event(identity_id=key[::-1]))
    listed = call(server, "GET", "/satori/identities", None).json()["identities"]
    assert [one["events"] for one in listed if one["id"] == key[::-1]] == [1, 1]


def test_an_unknown_identity_is_404(server: Server, key: str) -> None:
    assert call(server, "GET", "/satori/identities/nobody", key).status_code == 404


def test_many_sessions_of_one_identity_are_shown_at_once(server: Server, key: str) -> None:
    send(server, key, *(at(0, session_id=f"s{number}") for number in range(20_000)))
    response = call(server, "GET", "/satori/identities/i", key)
    assert len(response.json()["sessions"]) == 20_000
    assert response.elapsed.total_seconds() < PATIENCE / 2
