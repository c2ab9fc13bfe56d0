"""The vendors' rate limits are kept per account, in windows of its clock, and told in the vendors' headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faulting import NOON, World
from tests.support.harness import (
    OPERATIONS,
    PRODLYTICS,
    SATORI,
    SCALAR,
    SUPALYTICS,
    TIMESERIES,
    V1,
    V2,
    Operation,
    Server,
    breaches,
    each_of,
    response_validator,
    run,
    serving,
)

pytestmark = pytest.mark.socket

LIMITS = """
rate_limits:
  CreateEventV1: {limit: 3, period: 60}
  QueryProductAnalyticsScalar: {limit: 2, period: 3600}
  datadog: {limit: 5, period: 60}
  satori: {limit: 4, period: 10}
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with small limits out of a settings file."""
    file = tmp_path_factory.mktemp("settings") / "settings.yaml"
    file.write_text(LIMITS, "utf-8")
    with serving("--config", str(file), "--log-level", "warning") as running:
        yield running


@pytest.fixture(scope="module")
def unlimited() -> Iterator[Server]:
    with serving("--no-quotas", "--log-level", "warning") as running:
        yield running


def standing(world: World) -> tuple[int, str, str]:
    """The status of an answer and what Supalytics' headers say: what is left, and the reset after NOON."""
    answer = world.post()
    left, reset = answer.headers["x-ratelimit-remaining"], answer.headers["x-ratelimit-reset"]
    assert answer.headers["x-ratelimit-limit"] == "100"
    return answer.status_code, left, f"{int(reset) - NOON:g}"


def test_supalytics_takes_100_requests_a_second_of_each_key(server: Server, key: str) -> None:
    world, other = World(server, SUPALYTICS, key), World(server, SUPALYTICS, f"{key}2")
    world.freeze(NOON + 0.25)
    other.freeze(NOON + 0.25)
    assert [standing(world) for _ in range(100)] == [(200, str(99 - number), "1") for number in range(100)]
    refused = world.post()
    assert refused.status_code == 429
    referee = response_validator(server.contract("supalytics"), SUPALYTICS.path, 429)
    assert breaches(referee, refused.json()) == []
    assert refused.headers["retry-after"] == "1"
    assert standing(world) == (429, "0", "1")
    assert standing(other) == (200, "99", "1")
    assert (world.stored.count(True), world.acknowledged.count(True)) == (100, 100)
    world.advance(0.7)
    assert standing(world)[0] == 429
    world.advance(0.05)
    assert standing(world) == (200, "99", "2")


def test_supalytics_headers_come_with_every_answer(world: World) -> None:
    """Also with those that turn the request down; without a valid key or body, too."""
    world = world.at(SUPALYTICS)
    world.freeze(NOON + 0.5)
    answers = [
        world.post(),
        world.post({}),
        world.post(content=b"{"),
        world.post(headers={"Authorization": "Bearer invalid"}),
        world.post(headers={"Prefer": "code=429"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 401, 429]
    for answer in answers:
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(answer.headers)


def test_datadogs_defaults_are_told(world: World) -> None:
    world.freeze(NOON + 20)
    for operation in (SCALAR, TIMESERIES):
        headers = world.at(operation).post().headers
        assert headers["x-ratelimit-limit"] == "12000"
        assert headers["x-ratelimit-period"] == "60"
        assert headers["x-ratelimit-name"] == "global_org"
        assert headers["x-ratelimit-reset"] == "40"
    for operation in (V1, V2, PRODLYTICS):
        assert not any(name.startswith("x-ratelimit") for name in world.at(operation).post().headers)


def test_endpoints_of_one_limit_share_it(world: World) -> None:
    world.freeze()
    left = [int(world.at(operation).post().headers["x-ratelimit-remaining"]) for operation in (SCALAR, TIMESERIES)]
    world.post()
    left.append(int(world.at(SCALAR).post().headers["x-ratelimit-remaining"]))
    assert left == [11999, 11998, 11996]


def test_a_datadog_window_is_aligned_to_the_calendar(limited: Server, key: str) -> None:
    """It began before the first request came, and ends with the minute."""
    world = World(limited, V1, key)
    world.freeze(NOON + 59.5)
    assert world.statuses(3) == [202, 202, 202]
    refused = world.post()
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-reset"] == refused.headers["retry-after"] == "1"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert (refused.headers["x-ratelimit-limit"], refused.headers["x-ratelimit-period"]) == ("3", "60")
    assert breaches(response_validator(limited.contract("datadog"), V1.path, 429), refused.json()) == []
    world.advance(0.5)
    assert world.statuses(4) == [202, 202, 202, 429]
    assert world.post().headers["x-ratelimit-reset"] == "60"
    world.advance(59.9)
    assert world.statuses(1) == [429]
    world.advance(0.2)
    assert world.statuses(1) == [202]


def test_a_client_that_waits_as_told_gets_through(limited: Server, key: str) -> None:
    world = World(limited, SCALAR, key)
    world.freeze(NOON + 1234.5)
    assert world.statuses(3) == [200, 200, 429]
    world.advance(int(world.post().headers["x-ratelimit-reset"]))
    assert world.statuses(1) == [200]


def test_a_limit_of_the_vendor_is_shared_by_its_other_operations(limited: Server, key: str) -> None:
    worlds = [World(limited, operation, key) for operation in (V2, PRODLYTICS, TIMESERIES)]
    worlds[0].freeze()
    assert [worlds[number % 3].post().status_code for number in range(6)] == [202, 202, 200, 202, 202, 429]
    assert World(limited, V1, key).statuses(1) == [202]


def test_satori_has_a_limit_where_the_settings_give_it_one(limited: Server, key: str) -> None:
    world = World(limited, SATORI, key)
    world.freeze(NOON + 3)
    assert world.statuses(5) == [200, 200, 200, 200, 429]
    refused = world.post()
    assert (refused.headers["retry-after"], refused.json()["code"]) == ("7", 8)


def test_what_is_refused_for_its_credential_or_by_a_fault_counts_nothing(limited: Server, key: str) -> None:
    world = World(limited, V1, key)
    world.freeze()
    world.fail({"status": 429, "times": 4})
    assert world.statuses(4) == [429] * 4
    for _ in range(4):
        assert world.post(headers={"Prefer": "code=400"}).status_code == 400
    assert world.statuses(4) == [202, 202, 202, 429]


def test_an_invalid_body_counts(limited: Server, key: str) -> None:
    world = World(limited, V1, key)
    world.freeze()
    assert [world.post({}).status_code for _ in range(4)] == [400, 400, 400, 429]


def test_a_reset_gives_the_quota_back(limited: Server, key: str) -> None:
    world = World(limited, V1, key)
    world.freeze()
    assert world.statuses(4)[-1] == 429
    limited.client.post("/__admin/reset", params=world.query)
    world.freeze()
    assert world.statuses(1) == [202]


def test_without_quotas_nothing_is_counted(unlimited: Server, key: str) -> None:
    world = World(unlimited, SUPALYTICS, key)
    world.freeze()
    assert world.statuses(150) == [200] * 150
    assert "x-ratelimit-limit" not in world.post().headers


@each_of(V1, SCALAR, SUPALYTICS)
def test_without_quotas_a_scripted_429_still_tells_when_to_come_back(
    unlimited: Server, key: str, operation: Operation
) -> None:
    """Real clients wait for as long as these headers say; without them they would guess."""
    world = World(unlimited, operation, key)
    world.freeze()
    world.fail({"status": 429, "retry_after": 2, "times": 1}, {"status": 429, "retry_after": 2, "stage": "after"})
    for _ in range(2):
        headers = world.post().headers
        assert headers["retry-after"] == "2"
        reset = int(headers["x-ratelimit-reset"])
        assert reset == (NOON + 2 if operation is SUPALYTICS else 2)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("{CreateEventV7: {limit: 1, period: 1}}", "CreateEventV7"),
        ("{datadog: {limit: 0, period: 1}}", "rate_limits.datadog"),
        ("{datadog: {limit: 1}}", "rate_limits.datadog"),
        ("{datadog: 5}", "rate_limits.datadog"),
        ("5", "rate_limits"),
    ],
)
def test_a_limit_that_makes_no_sense_stops_the_server(tmp_path: Path, limits: str, said: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(f"rate_limits: {limits}", "utf-8")
    ended = run("serve", "--port", "0", "--config", str(file))
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_every_operation_answers_under_its_default_quota(server: Server, key: str) -> None:
    assert [World(server, operation, key).post().status_code for operation in OPERATIONS] == [
        operation.success for operation in OPERATIONS
    ]
