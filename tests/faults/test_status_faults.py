"""Scripted statuses come in the vendor's envelope with the headers that real clients read, and only documented ones."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.support.faulting import NOON, World, read_answer
from tests.support.harness import (
    BY_ID,
    OPERATIONS,
    PRODLYTICS,
    SATORI,
    SUPALYTICS,
    V1,
    V2,
    Operation,
    Server,
    breaches,
    each_operation,
    serving,
)
from tests.support.harness import response_validator as validator

pytestmark = pytest.mark.socket

DOCUMENTED = {
    "CreateEventV1": {202, 400, 403, 429},
    "CreateEventV2": {202, 400, 403, 429},
    "SubmitProductAnalyticsEvent": {202, 400, 401, 403, 408, 413, 429, 500, 503},
    "QueryProductAnalyticsScalar": {200, 400, 403, 429},
    "QueryProductAnalyticsTimeseries": {200, 400, 403, 429},
    "ServerEvent": {200, 400, 401, 403, 404, 429, 500, 501, 503},
    "WriteEvent": {200, 400, 401, 429},
}
FAILURES = [(name, status) for name, statuses in DOCUMENTED.items() for status in sorted(statuses) if status >= 300]


@pytest.mark.parametrize(("operation", "status"), FAILURES)
def test_every_documented_failure_has_the_vendors_envelope(
    server: Server, key: str, operation: str, status: int
) -> None:
    world = World(server, BY_ID[operation], key)
    world.fail({"status": status, "operation": operation, "times": 1})
    answer = world.post()
    assert answer.status_code == status
    referee = validator(server.contract(world.operation.vendor), world.operation.path, status)
    assert breaches(referee, answer.json()) == []
    assert ("retry-after" in answer.headers) == (status in (429, 503))
    assert (world.stored, world.acknowledged) == ([False], [False])
    assert world.post().status_code == world.operation.success


def test_datadogs_headers_of_a_scripted_429(world: World) -> None:
    """Lower case, with the seconds left."""
    world = world.at(V1)
    world.freeze()
    world.fail({"status": 429, "retry_after": 7})
    with world.connected() as client:
        client.sendall(world.wire_form())
        head = client.recv(65536).partition(b"\r\n\r\n")[0].decode()
    lines = head.split("\r\n")
    assert "x-ratelimit-limit: 250000" in lines
    assert "x-ratelimit-period: 60" in lines
    assert "x-ratelimit-remaining: 0" in lines
    assert "x-ratelimit-reset: 7" in lines
    assert "x-ratelimit-name: event_submission" in lines
    assert "retry-after: 7" in lines


def test_datadogs_headers_of_a_scripted_503(world: World) -> None:
    world.fail({"status": 503, "retry_after": 3})
    headers = world.post().headers
    assert (headers["retry-after"], headers["x-ratelimit-reset"]) == ("3", "3")


def test_supalytics_headers_of_a_scripted_429(world: World) -> None:
    """In the page's letters; the reset is a time, in seconds since the epoch."""
    world = world.at(SUPALYTICS)
    world.freeze(NOON)
    world.fail({"status": 429, "retry_after": 7})
    with world.connected() as client:
        client.sendall(world.wire_form())
        lines = client.recv(65536).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert "retry-after: 7" in [line.lower() for line in lines]
    shown = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert shown["x-ratelimit-limit"] == "100"
    assert shown["x-ratelimit-remaining"] == "0"
    assert shown["x-ratelimit-reset"] == str(int(NOON) + 7)


def test_satori_says_retry_after(world: World) -> None:
    world = world.at(SATORI)
    world.fail({"status": 503, "retry_after": 7, "times": 1}, {"status": 429, "retry_after": 8, "times": 1})
    answers = [world.post() for _ in range(2)]
    assert [(answer.headers["retry-after"], answer.json()["code"]) for answer in answers] == [("7", 14), ("8", 8)]


@pytest.mark.parametrize(("given", "told"), [(0, "0"), (0.2, "1"), (1, "1"), (1.5, "2"), (86400, "86400")])
def test_retry_after_is_rounded_up_to_whole_seconds(world: World, given: float, told: str) -> None:
    world.fail({"status": 503, "retry_after": given})
    headers = world.post().headers
    assert (headers["retry-after"], headers["x-ratelimit-reset"]) == (told, told)


@pytest.mark.parametrize("stage", ["before", "after"])
def test_without_retry_after_a_scripted_429_tells_one_second(world: World, stage: str) -> None:
    """Not the rest of the window: clients would wait for most of a minute."""
    world = world.at(V1)
    world.freeze(NOON + 18.5)
    world.fail({"status": 429, "stage": stage})
    headers = world.post().headers
    assert (headers["retry-after"], headers["x-ratelimit-reset"], headers["x-ratelimit-period"]) == ("1", "1", "60")


def test_a_429_that_a_request_asks_for_tells_one_second(world: World) -> None:
    world = world.at(SUPALYTICS)
    world.freeze(NOON)
    headers = world.post(headers={"Prefer": "code=429"}).headers
    assert (headers["retry-after"], headers["x-ratelimit-reset"]) == ("1", str(int(NOON) + 1))


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_scripted_503_has_no_rate_limit_headers_unless_it_asks_for_them(world: World, stage: str) -> None:
    world.fail({"status": 503, "stage": stage, "times": 1}, {"status": 503, "stage": stage, "retry_after": 3})
    bare, asked = world.post().headers, world.post().headers
    assert [name for name in bare if name.startswith("x-ratelimit")] == []
    assert bare["retry-after"] == "1"
    assert (asked["retry-after"], asked["x-ratelimit-reset"]) == ("3", "3")


@each_operation
def test_an_undocumented_status_is_refused_with_the_list(server: Server, key: str, operation: Operation) -> None:
    world = World(server, operation, key)
    refusal = world.refusal({"operation": operation.id, "status": 418})
    listed = ", ".join(map(str, sorted(DOCUMENTED[operation.id])))
    assert list(refusal) == ["/status"]
    assert f"documented are {listed} (" in refusal["/status"]
    assert "undocumented: true" in refusal["/status"]


def test_a_status_that_only_some_operations_document_fires_on_those(world: World) -> None:
    world.fail({"vendor": "datadog", "status": 503})
    assert [world.at(operation).post().status_code for operation in (V1, PRODLYTICS, V2)] == [202, 503, 202]


@pytest.mark.parametrize("status", [418, 500, 507, 302, 201])
@each_operation
def test_an_undocumented_status_comes_where_it_was_asked_for(
    server: Server, key: str, operation: Operation, status: int
) -> None:
    world = World(server, operation, key)
    world.fail({"status": status, "undocumented": True, "times": 1})
    answer = world.post(follow_redirects=False)
    assert answer.status_code == status
    assert isinstance(answer.json(), dict)
    assert world.journal[0]["status"] == status
    assert world.stored == [False]


def test_an_undocumented_status_may_be_one_that_no_standard_knows(key: str) -> None:
    """Proxies answer such ones: 520 to 526, 599."""
    with serving("--log-level", "warning") as server:
        for operation in OPERATIONS:
            world = World(server, operation, key)
            world.fail({"operation": operation.id, "status": 520, "undocumented": True, "times": 1})
            assert world.post().status_code == 520


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body_gets_none(world: World, status: int) -> None:
    """Or the next answer on the connection could not be read."""
    world.fail({"status": status, "undocumented": True, "times": 1})
    with world.connected() as client:
        client.sendall(world.wire_form())
        first, body, rest = read_answer(client)
        client.sendall(world.wire_form())
        second, _, _ = read_answer(client, rest)
    assert (first, body, rest, second) == (status, b"", b"", 202)


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 600, 1000, -1, "503", 503.0, True, [503]])
def test_a_status_that_is_none_is_refused(world: World, status: Any) -> None:
    assert list(world.refusal({"status": status, "undocumented": True})) == ["/status"]


@each_operation
def test_a_scripted_success_is_the_documented_one_and_stores_nothing(
    server: Server, key: str, operation: Operation
) -> None:
    """The vendor says yes and loses it."""
    world = World(server, operation, key)
    world.fail({"operation": operation.id, "status": operation.success, "times": 1})
    answer = world.post()
    assert answer.status_code == operation.success
    referee = validator(server.contract(operation.vendor), operation.path, operation.success)
    assert breaches(referee, answer.json()) == []
    assert (world.stored, world.acknowledged) == ([False], [False])


def test_stage_after_stores_and_loses_the_acknowledgement(world: World) -> None:
    world.fail({"status": 503, "stage": "after", "times": 1, "retry_after": 2})
    answer = world.post()
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["x-ratelimit-reset"]) == (503, "2", "2")
    assert world.post().status_code == 202
    assert (world.stored, world.acknowledged) == ([True, True], [False, True])


def test_stage_after_leaves_a_refused_request_its_own_answer(world: World) -> None:
    world.fail({"status": 503, "stage": "after", "times": 1})
    assert world.post({"type": "server"}).status_code == 400
    assert world.stored == [False]


def test_the_verdict_does_not_depend_on_the_fault(world: World) -> None:
    world.fail({"status": 503, "times": 2})
    world.post()
    world.post({"type": "server"})
    assert [exchange["verdict"] for exchange in world.journal] == ["valid", "invalid"]


def test_prefer_code_asks_for_one_failure(world: World) -> None:
    answer = world.post(headers={"Prefer": "code=429"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (429, "code=429")
    assert int(answer.headers["x-ratelimit-reset"]) == int(answer.headers["retry-after"]) > 0
    assert world.post().status_code == 202
    assert world.stored == [False, True]


def test_prefer_code_that_is_not_documented_is_ignored_with_a_warning(world: World) -> None:
    answer = world.post(headers={"Prefer": "code=418"})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers
    assert [warning["rule"] for warning in world.journal[0]["warnings"]] == ["prefer"]


def test_a_fault_comes_before_a_preference(world: World) -> None:
    world.fail({"status": 503, "times": 1})
    answer = world.post(headers={"Prefer": "code=429"})
    assert answer.status_code == 503
    assert "preference-applied" not in answer.headers
    assert world.post(headers={"Prefer": "code=429"}).status_code == 429


@pytest.mark.parametrize(
    "preference", ["", "code", "code=", "code=abc", "code=99999", "wait=-1", "wait=x", "wait=1e9", ";;,,=", "respond"]
)
def test_a_preference_that_cannot_be_read_is_ignored(world: World, preference: str) -> None:
    answer = world.post(headers={"Prefer": preference})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize(("given", "told"), [(0, 0), (0.2, 1), (5, 5)])
def test_retry_after_can_be_a_date(world: World, given: float, told: int) -> None:
    world.freeze(NOON)
    world.fail({"status": 503, "retry_after": given, "retry_after_date": True})
    assert parsedate_to_datetime(world.post().headers["retry-after"]).timestamp() == NOON + told


def test_a_date_is_never_before_the_seconds_have_passed(world: World) -> None:
    world.freeze(NOON + 0.5)
    world.fail({"status": 429, "retry_after": 1, "retry_after_date": True})
    assert parsedate_to_datetime(world.post().headers["retry-after"]).timestamp() == NOON + 2


def test_an_outage_lasts_its_seconds_from_when_it_first_failed(world: World) -> None:
    world.freeze(NOON)
    world.fail({"status": 503, "lasts": 4})
    world.advance(100)
    statuses = []
    for seconds in (0, 2, 1.9, 0.2, 0):
        world.advance(seconds)
        statuses += world.statuses(1)
    assert statuses == [503, 503, 503, 202, 202]


def test_only_bodies_that_are_larger_fail(world: World) -> None:
    small = len(world.wire_form().partition(b"\r\n\r\n")[2])
    world.fail({"status": 413, "larger_than": small})
    large = {**world.operation.accepted, "application": {"id": "app-1", "name": "x" * 100}}
    assert [world.post(body).status_code for body in (None, large, None)] == [202, 413, 202]
