"""Everything that tells the time follows the account's clock, and the clock's calls refuse what makes no sense."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.support.faulting import NOON, World
from tests.support.harness import PRODLYTICS, V1, V2, Operation, Server, each_operation, marks, serving

pytestmark = pytest.mark.socket

LATEST = 253402300799


@each_operation
def test_the_date_header_follows_the_clock(server: Server, key: str, operation: Operation) -> None:
    world = World(server, operation, key)
    world.freeze(NOON)
    assert world.post().headers["date"] == "Thu, 01 Jan 2026 12:00:00 GMT"
    world.advance(3600.9)
    assert world.post(content=b"{").headers["date"] == "Thu, 01 Jan 2026 13:00:00 GMT"


def test_the_journal_follows_the_clock(world: World) -> None:
    world.freeze(NOON)
    world.post()
    world.advance(1.5)
    world.post()
    assert [exchange["received"] for exchange in world.journal] == [
        "2026-01-01T12:00:00.000Z",
        "2026-01-01T12:00:01.500Z",
    ]


def test_event_ids_follow_the_clock(world: World) -> None:
    """((unix ms - 1264262866000) << 24) | 24 random bits; while time stands still they still rise."""
    world = world.at(V1)
    world.freeze(NOON)
    ids = [world.post().json()["event"]["id"] for _ in range(3)]
    assert (ids[0] >> 24) + 1264262866000 == NOON * 1000
    assert ids == sorted(set(ids))
    world.advance(86400)
    later = world.post().json()["event"]["id"]
    assert (later >> 24) + 1264262866000 == (NOON + 86400) * 1000


def test_the_time_of_an_event_without_one_is_the_clocks(world: World) -> None:
    world = world.at(V1)
    world.freeze(NOON)
    assert world.post().json()["event"]["date_happened"] == NOON


@pytest.mark.parametrize(("age", "rules"), [(18 * 3600, []), (18 * 3600 + 1, ["time-window"])])
def test_the_18_hour_rule_follows_the_clock(world: World, age: int, rules: list[str]) -> None:
    v1, v2 = world.at(V1), world.at(V2)
    world.freeze(NOON)
    v1.post({**V1.body, "date_happened": int(NOON) - age})
    body = V2.body
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOON - age))
    body["data"]["attributes"]["timestamp"] = stamp
    v2.post(body)
    assert [[rule for _, rule in marks(exchange["violations"])] for exchange in world.journal] == [rules, rules]


def test_an_event_becomes_too_old_when_time_is_advanced(world: World) -> None:
    world = world.at(V1)
    world.freeze(NOON)
    body = {**V1.body, "date_happened": int(NOON)}
    world.post(body)
    world.advance(18 * 3600 + 1)
    world.post(body)
    assert [exchange["verdict"] for exchange in world.journal] == ["valid", "invalid"]


def test_a_clock_runs_unless_it_is_frozen(world: World) -> None:
    shown = world.clock(now="2030-05-05T05:05:05Z")
    assert shown["iso"].startswith("2030-05-05T05:05:05")
    assert not shown["frozen"]
    later = world.server.control("/clock", **world.query)
    assert shown["now"] < later["now"] < shown["now"] + 60
    frozen = world.clock(frozen=True)
    assert frozen["frozen"]
    assert world.server.control("/clock", **world.query) == frozen


def test_a_clock_runs_at_the_rate_that_is_set(world: World) -> None:
    """A delay of 10 seconds takes a hundredth, and the client is told the wait in seconds of the clock."""
    shown = world.clock(rate=1000)
    assert shown["rate"] == 1000
    assert world.server.control("/clock", **world.query)["rate"] == 1000
    world.fail({"delay": 10, "times": 1}, {"status": 503, "retry_after": 30})
    began = time.monotonic()
    world.post()
    assert world.post().headers["retry-after"] == "30"
    assert time.monotonic() - began < 10
    assert world.journal[1]["time"] - shown["now"] >= 10
    assert world.clock(rate=1)["rate"] == 1


def test_one_accounts_clock_is_not_anothers(server: Server, key: str) -> None:
    world, other = World(server, PRODLYTICS, key), World(server, PRODLYTICS, f"{key}2")
    world.freeze(NOON)
    date = parsedate_to_datetime(other.post().headers["date"])
    assert abs(date.timestamp() - time.time()) < 60
    assert parsedate_to_datetime(world.post().headers["date"]).timestamp() == NOON


def test_the_servers_clock_moves_every_account_that_has_none_of_its_own(key: str) -> None:
    with serving("--log-level", "warning") as server:
        mine, shared = World(server, PRODLYTICS, key), World(server, PRODLYTICS, f"{key}2")
        mine.freeze(NOON)
        server.client.put("/__admin/clock", json={"now": NOON + 5000, "frozen": True})
        dates = [parsedate_to_datetime(world.post().headers["date"]).timestamp() for world in (mine, shared)]
        assert dates == [NOON, NOON + 5000]
        server.client.post("/__admin/clock/advance", json={"seconds": 10})
        shared.advance(5)
        assert parsedate_to_datetime(shared.post().headers["date"]).timestamp() == NOON + 5015
        assert server.control("/clock")["now"] == NOON + 5010
        server.client.post("/__admin/reset")
        assert abs(server.control("/clock")["now"] - time.time()) < 60


def test_no_clock_goes_beyond_what_a_date_can_say(world: World) -> None:
    """A clock that runs from the last second of the year 9999 stays there, and its delays end."""
    world.clock(now=LATEST)
    world.fail({"delay": 0.01})
    assert world.post().headers["date"] == "Fri, 31 Dec 9999 23:59:59 GMT"
    assert world.server.control("/clock", **world.query)["iso"].startswith("9999-12-31T23:59:59")


def test_advances_of_two_clocks_do_not_add_up_to_more_than_a_date_can_say(key: str) -> None:
    with serving("--log-level", "warning") as server:
        world = World(server, V1, key)
        world.clock(now=LATEST - 10)
        moved = server.client.post("/__admin/clock/advance", json={"seconds": 100000})
        assert moved.status_code == 200
        answer = world.post()
        assert (answer.status_code, answer.headers["date"]) == (202, "Fri, 31 Dec 9999 23:59:59 GMT")
        assert server.control("/clock", **world.query)["now"] == LATEST
        assert server.log == ""


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("PUT", "/clock", {"now": "yesterday"}, "/now"),
        ("PUT", "/clock", {"now": True}, "/now"),
        ("PUT", "/clock", {"now": -1}, "/now"),
        ("PUT", "/clock", {"now": LATEST + 1}, "/now"),
        ("PUT", "/clock", {"now": "9999-12-31T23:59:59-23:59"}, "/now"),
        ("PUT", "/clock", {"frozen": "yes"}, "/frozen"),
        ("PUT", "/clock", {"rate": 0}, "/rate"),
        ("PUT", "/clock", {"rate": 1001}, "/rate"),
        ("PUT", "/clock", {"rate": "20"}, "/rate"),
        ("PUT", "/clock", {"time": 1}, "/time"),
        ("PUT", "/clock", [], ""),
        ("PUT", "/clock", {"now": []}, "/now"),
        ("POST", "/clock/advance", {}, "/seconds"),
        ("POST", "/clock/advance", {"seconds": -1}, "/seconds"),
        ("POST", "/clock/advance", {"seconds": "1"}, "/seconds"),
        ("POST", "/clock/advance", {"seconds": LATEST}, "/seconds"),
        ("POST", "/clock/advance", {"minutes": 1, "seconds": 1}, "/minutes"),
    ],
    ids=str,
)
def test_a_wrong_clock_call_is_refused_and_changes_nothing(
    world: World, method: str, path: str, body: Any, pointer: str
) -> None:
    world.freeze(NOON)
    answer = world.server.client.request(method, f"/__admin{path}", json=body, params=world.query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert world.server.control("/clock", **world.query) == {
        "now": NOON,
        "iso": "2026-01-01T12:00:00.000Z",
        "frozen": True,
        "rate": 1.0,
        "due_in": None,
    }


def test_clock_calls_with_a_wrong_method_or_parameter_are_refused(world: World) -> None:
    client = world.server.client
    assert client.post("/__admin/clock", json={}).status_code == 405
    assert client.get("/__admin/clock/advance").headers["allow"] == "POST"
    assert client.get("/__admin/clock", params={"acount": "x"}).status_code == 400
    assert client.put("/__admin/clock", content=b"{").status_code == 400


def test_a_time_beyond_all_numbers_is_refused(key: str) -> None:
    with serving("--log-level", "warning") as server:
        for method, path, name in (("PUT", "/clock", "now"), ("POST", "/clock/advance", "seconds")):
            content = b'{"%b": %b}' % (name.encode(), b"9" * 400)
            answer = server.client.request(method, f"/__admin{path}", content=content, params={"account": key})
            assert answer.status_code == 400


def test_a_vendor_alone_does_not_move_the_servers_clock(key: str) -> None:
    with serving("--log-level", "warning") as server:
        server.client.put("/__admin/clock", json={"now": NOON, "frozen": True}, params={"vendor": "satori"})
        date = parsedate_to_datetime(World(server, V1, key).post().headers["date"])
        assert abs(date.timestamp() - time.time()) < 60
