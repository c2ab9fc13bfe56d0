"""Which request a fault fires on: its selectors, its schedule, the order of the faults, and the seed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.faulting import World, storm
from tests.support.harness import (
    OPERATIONS,
    PRODLYTICS,
    SATORI,
    SUPALYTICS,
    V1,
    V2,
    Operation,
    Server,
    each_operation,
    serving,
)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({}, "xxxxxxxx"),
        ({"times": 1}, "x......."),
        ({"times": 3}, "xxx....."),
        ({"after": 2}, "..xxxxxx"),
        ({"after": 2, "times": 2}, "..xx...."),
        ({"every": 3}, "..x..x.."),
        ({"every": 3, "times": 1}, "..x....."),
        ({"after": 1, "every": 2, "times": 2}, "..x.x..."),
        ({"after": 8}, "........"),
        ({"probability": 0}, "........"),
        ({"probability": 1.0}, "xxxxxxxx"),
    ],
    ids=str,
)
def test_a_schedule_fires_on_these_requests(world: World, schedule: dict[str, Any], expected: str) -> None:
    world.fail({"status": 503, **schedule})
    assert "".join("x" if status == 503 else "." for status in world.statuses(8)) == expected
    assert world.fired == [expected.count("x")]


def test_probability_fires_on_about_its_share(world: World) -> None:
    world.fail({"status": 503, "probability": 0.3}, seed=5)
    assert 60 <= world.statuses(300).count(503) <= 120


def test_probability_and_times_fire_so_often_in_the_end(world: World) -> None:
    world.fail({"status": 503, "probability": 0.5, "times": 3}, seed=1)
    statuses = world.statuses(60)
    assert statuses.count(503) == 3
    assert 202 in statuses[: max(index for index, status in enumerate(statuses) if status == 503)]


def fails_at(server: Server, key: str) -> set[str]:
    """The operations at which a key now meets a fault."""
    return {
        operation.id
        for operation in OPERATIONS
        if server.post(operation, key, headers=operation.headers(key)).status_code == 429
    }


def share_key(world: World, fault: dict[str, Any]) -> set[str]:
    """Where a fault for a key of every vendor fires."""
    for credential in (world.key, f"sly_{world.key}"):
        answer = world.server.client.post("/__admin/faults", json=fault, params={"account": credential})
        assert answer.status_code == 201, answer.text
    return fails_at(world.server, world.key)


def test_without_selectors_a_fault_fires_everywhere_in_its_account(world: World, key: str) -> None:
    assert share_key(world, {"status": 429}) == {operation.id for operation in OPERATIONS}
    assert fails_at(world.server, f"other{key}") == set()


@pytest.mark.parametrize("vendor", ["datadog", "satori", "supalytics"])
def test_a_vendor_selects_its_operations(world: World, vendor: str) -> None:
    expected = {operation.id for operation in OPERATIONS if operation.vendor == vendor}
    assert share_key(world, {"status": 429, "vendor": vendor}) == expected


@each_operation
def test_an_operation_selects_itself(world: World, operation: Operation) -> None:
    assert share_key(world, {"status": 429, "operation": operation.id}) == {operation.id}


def test_an_account_in_the_script_selects_it(server: Server, key: str) -> None:
    script = {"faults": [{"account": key, "status": 503}]}
    assert server.client.post("/__admin/faults", json=script).status_code == 201
    assert World(server, PRODLYTICS, key).statuses(1) == [503]
    assert World(server, PRODLYTICS, f"{key}2").statuses(1) == [202]


@pytest.mark.parametrize(
    ("match", "fires"),
    [
        ({}, True),
        ({"event": {"name": "payment.processed"}}, True),
        ({"event": {"name": "payment.refused"}}, False),
        ({"usr": {"id": "123"}, "type": "server"}, True),
        ({"usr": {"id": 123}}, False),
        ({"tags": ["a", "b"]}, True),
        ({"tags": ["b", "a"]}, False),
        ({"tags": {"$unordered": ["b", "a"]}}, True),
        ({"tags": {"$containing": ["b"]}, "none": {"$one_of": [None, 1]}, "more": {"$absent": True}}, True),
        ({"tags": ["c"]}, False),
        ({"items": [{"sku": 2}]}, False),
        ({"items": [{}, {"sku": 2}]}, True),
        ({"items": {"$containing": [{"sku": 2}]}}, True),
        ({"items": [{"sku": 2, "count": 1}]}, False),
        ({"paid": True}, True),
        ({"paid": 1}, False),
        ({"none": None}, True),
        ({"absent": None}, False),
        ([], False),
    ],
    ids=json.dumps,
)
def test_match_is_a_subset_of_the_body(world: World, match: Any, fires: bool) -> None:
    body = {
        **PRODLYTICS.body,
        "tags": ["a", "b"],
        "items": [{"sku": 1, "count": 1}, {"sku": 2, "count": 2}],
        "paid": True,
        "none": None,
    }
    world.fail({"status": 503, "match": match})
    assert (world.post(body).status_code == 503) is fires
    assert world.fired == [int(fires)]


def test_a_body_that_cannot_be_read_matches_nothing(world: World) -> None:
    world.fail({"status": 503, "match": {}})
    assert world.post(content=b"{").status_code == 400
    assert world.fired == [0]


def test_only_matching_requests_count(world: World) -> None:
    world.fail({"status": 503, "after": 1, "times": 1, "match": {"event": {"name": "b"}}})
    bodies = [{**PRODLYTICS.body, "event": {"name": name}} for name in "abaabb"]
    assert [world.post(body).status_code for body in bodies] == [202, 202, 202, 202, 503, 202]
    assert world.armed[0]["matched"] == 2


def test_the_first_fault_that_fires_wins_and_later_ones_do_not_count(world: World) -> None:
    world.fail({"status": 500, "times": 1, "after": 1}, {"status": 503, "times": 2}, {"status": 429, "times": 1})
    assert world.statuses(6) == [503, 500, 503, 429, 202, 202]
    assert world.fired == [1, 2, 1]


def test_an_accounts_fault_comes_before_the_servers(server: Server, key: str) -> None:
    """Whatever was armed first. The server-wide one is narrowed by the body, for other tests use the server too."""
    body = {**PRODLYTICS.body, "event": {"name": f"only {key}"}}
    wide = {"status": 500, "match": {"event": {"name": f"only {key}"}}, "times": 3}
    assert server.client.post("/__admin/faults", json=wide).status_code == 201
    world = World(server, PRODLYTICS, key)
    world.fail({"status": 503, "times": 2})
    assert [world.post(body).status_code for _ in range(6)] == [503, 503, 500, 500, 500, 202]


def test_requests_without_a_credential_are_an_account_too(world: World, key: str) -> None:
    fault = {"status": 503, "times": 1, "match": {"event": {"name": key}}}
    armed = world.server.client.post("/__admin/faults", json=fault, params={"account": ""})
    assert armed.status_code == 201
    body = {**PRODLYTICS.body, "event": {"name": key}}
    assert world.post(body).status_code == 202
    assert world.server.client.post(PRODLYTICS.path, json=body).status_code == 503


def test_a_wrong_method_and_an_unknown_path_meet_no_fault(world: World) -> None:
    world.fail({"status": 503}, {"wire": "reset"})
    client, headers = world.server.client, PRODLYTICS.headers(world.key)
    assert client.get(PRODLYTICS.path, headers=headers).status_code == 405
    assert client.head(PRODLYTICS.path, headers=headers).status_code == 405
    assert client.post(f"{PRODLYTICS.path}/more", json={}, headers=headers).status_code == 404
    assert world.fired == [0, 0]


def test_faults_are_listed_with_counters_and_cleared_by_account(world: World, key: str) -> None:
    other = World(world.server, PRODLYTICS, f"{key}2")
    other.fail({"status": 503})
    (armed,) = world.fail({"status": 503, "times": 2, "after": 1})
    assert (armed["matched"], armed["fired"], armed["armed"]) == (0, 0, True)
    world.statuses(2)
    (listed,) = world.armed
    assert listed == {**armed, "matched": 2, "fired": 1, "remaining": 1}
    cleared = world.server.client.delete("/__admin/faults", params={"account": key})
    assert cleared.json() == {"cleared": 1}
    assert world.armed == []
    assert len(other.armed) == 1
    assert world.statuses(2) == [202, 202]
    assert other.statuses(1) == [503]


def test_reset_disarms_an_accounts_faults(world: World) -> None:
    world.fail({"status": 503})
    assert world.server.client.post("/__admin/reset", params={"account": world.key}).status_code == 200
    assert world.statuses(1) == [202]


def test_the_account_of_a_fault_is_never_shown_whole(server: Server) -> None:
    """Neither in the list of faults nor with the exchange that it fired on."""
    secret = "a-secret-key-that-nobody-may-read-1234567890"
    script = {"account": secret, "status": 503}
    added = server.client.post("/__admin/faults", json=script)
    World(server, PRODLYTICS, secret).post()
    shown = [added, server.client.get("/__admin/faults", params={"account": secret})]
    (exchange,) = server.control("/requests", account=secret)["requests"]
    assert exchange["fault"]["status"] == 503
    shown.append(server.client.get(f"/__admin/requests/{exchange['id']}"))
    assert not any(secret in answer.text for answer in shown)
    assert secret not in json.dumps(exchange)


def test_spent_faults_make_room_for_new_ones(server: Server, key: str) -> None:
    """A server that runs for long is not worn out by faults that have done their work."""
    with serving("--log-level", "warning") as fresh:
        spent = World(fresh, PRODLYTICS, f"{key}-spent")
        spent.fail({"status": 503, "times": 1})
        assert spent.statuses(1) == [503]
        lasting = World(fresh, PRODLYTICS, key)
        for _ in range(9):
            lasting.fail(*[{"status": 503, "match": {"never": 1}}] * 1000)
        lasting.fail(*[{"status": 503, "match": {"never": 1}}] * 999)
        lasting.fail({"status": 503, "match": {"never": 1}})
        assert spent.armed == []
        refused = lasting.post_faults({"status": 503})
        assert refused.status_code == 400
        assert "10000" in refused.json()["detail"]
        assert lasting.statuses(1) == [202]


RANDOM_FAULTS = [
    {"status": 503, "probability": 0.4},
    {"status": 429, "probability": 0.5, "vendor": "datadog"},
    {"status": 500, "probability": 0.1},
]


def sent(number: int) -> Operation:
    return (PRODLYTICS, V1, SATORI, PRODLYTICS, V2)[number % 5]


def outcomes(server: Server, key: str) -> list[int]:
    return [server.post(sent(number), key).status_code for number in range(80)]


def outcomes_in_process(seed: int, key: str) -> list[int]:
    async def exchange() -> list[int]:
        transport = httpx2.ASGITransport(app=create_app(Settings()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await client.post("/__admin/faults", json={"seed": seed, "faults": RANDOM_FAULTS}, params={"account": key})
            found = []
            for number in range(80):
                operation = sent(number)
                answer = await client.post(operation.path, json=operation.body, headers=operation.headers(key))
                found.append(answer.status_code)
            return found

    return asyncio.run(exchange())


def test_the_same_seed_gives_the_same_outcomes_by_every_door(server: Server, key: str, tmp_path: Path) -> None:
    """In process, over HTTP and from YAML; twice over HTTP, for two accounts."""
    script = tmp_path / "random.yaml"
    script.write_text(json.dumps({"seed": 42, "faults": RANDOM_FAULTS}), "utf-8")
    with serving("--scenario", str(script)) as scripted:
        from_yaml = outcomes(scripted, key)
    assert len(set(from_yaml)) == 5
    for name in (key, f"{key}2"):
        World(server, PRODLYTICS, name).server.client.post(
            "/__admin/faults", json={"seed": 42, "faults": RANDOM_FAULTS}, params={"account": name}
        )
        assert outcomes(server, name) == from_yaml
    assert outcomes_in_process(42, key) == from_yaml
    assert outcomes_in_process(43, key) != from_yaml


def test_a_seed_means_the_same_in_every_version(world: World) -> None:
    """Whoever notes down a seed gets what it gave: a change here is one that the changelog must tell."""
    world.fail({"status": 503, "probability": 0.3}, {"status": 500, "probability": 0.3}, seed=7)
    assert world.statuses(12) == [202, 503, 202, 503, 503, 500, 202, 202, 503, 202, 500, 503]


def test_a_seed_fails_as_many_requests_at_once_as_one_after_the_other(server: Server, key: str) -> None:
    """Chance goes by the number of the request, not by the order in which concurrent ones are decided."""
    worlds = [World(server, PRODLYTICS, f"{key}{number}") for number in range(2)]
    for world in worlds:
        world.fail({"status": 503, "probability": 0.3, "after": 10, "times": 100}, seed=3)
    failed = worlds[0].statuses(200).count(503)
    assert storm(worlds[1], 200, 16) == {"202": 200 - failed, "503": failed}
    assert 40 <= failed <= 75


def test_clearing_and_arming_again_gives_the_same_outcomes_again(world: World) -> None:
    def run() -> list[int]:
        world.fail({"status": 503, "probability": 0.5}, seed=9)
        seen = world.statuses(40)
        world.server.client.delete("/__admin/faults", params={"account": world.key})
        return seen

    assert run() == run()


def test_supalytics_keys_are_accounts_of_their_own(server: Server, key: str) -> None:
    world = World(server, SUPALYTICS, key)
    world.fail({"status": 429, "times": 1})
    assert world.statuses(2) == [429, 200]
