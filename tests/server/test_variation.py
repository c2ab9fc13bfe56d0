"""With `--responses varied` successes take every legal form, stay true, keep the contract, and a seed repeats them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.harness import (
    PROFILES,
    SCALAR,
    SUPALYTICS,
    V1,
    V2,
    Operation,
    Server,
    each_operation,
    response_validator,
    serving,
)

pytestmark = pytest.mark.socket

ROUNDS = 60


@pytest.fixture(scope="module", params=PROFILES)
def varying(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving("--responses", "varied", "--seed", "11", "--profile", request.param, "--no-quotas") as server:
        yield server


def bodies(server: Server, operation: Operation, key: str, count: int = ROUNDS) -> list[Any]:
    """The texts of so many answers to the accepted body."""
    answers = [server.post(operation, key) for _ in range(count)]
    assert {answer.status_code for answer in answers} == {operation.success}
    return [answer.text for answer in answers]


@each_operation
def test_every_variation_keeps_the_contract_and_none_is_the_rule(
    varying: Server, operation: Operation, key: str
) -> None:
    referee = response_validator(varying.contract(operation.vendor), operation.path, operation.success)
    texts = bodies(varying, operation, key)
    assert [text for text in texts if not referee.is_valid(json.loads(text))] == []
    assert len({tuple(json.loads(text)) for text in texts}) > 5, "members come, go and change places"
    assert len({text[:3] for text in texts}) > 2, "the spacing changes"
    assert {exchange["status"] for exchange in varying.journal(operation, key)} == {operation.success}


def test_some_answers_come_in_chunks_and_are_recorded_as_they_went_out(varying: Server, key: str) -> None:
    answers = [varying.post(V2, key) for _ in range(ROUNDS)]
    chunked = [answer.headers.get("transfer-encoding") == "chunked" for answer in answers]
    assert True in chunked
    assert False in chunked
    recorded = [varying.whole(exchange)["response"]["body"] for exchange in varying.journal(V2, key)]
    assert [read(body) for body in recorded] == [answer.json() for answer in answers]


def read(body: Any) -> Any:
    """The JSON of a recorded body."""
    text = body if isinstance(body, str) else body.get("text", body)
    return json.loads(text) if isinstance(text, str) else text


def test_what_has_meaning_stays(varying: Server, key: str) -> None:
    sent = {"title": "Deployed", "text": "Oh boy!", "tags": ["a:b"], "priority": "low"}
    for _ in range(ROUNDS):
        event = varying.post(V1, key, json=sent).json()["event"]
        assert {name: event[name] for name in sent} == sent
        assert event["id_str"] == str(event["id"])
        assert varying.post(SUPALYTICS, key).json()["success"] is True
        assert varying.post(V2, key).json()["data"]["attributes"]["attributes"]["evt"]["uid"]


def test_the_result_of_a_query_is_the_usual_one(varying: Server, server: Server, key: str) -> None:
    usual = server.post(SCALAR, key).json()["data"]["attributes"]["columns"]
    for text in bodies(varying, SCALAR, key):
        found = json.loads(text)["data"]["attributes"]["columns"]
        assert [column["values"] for column in found] == [column["values"] for column in usual]


def test_failures_stay_as_they_are(varying: Server, key: str) -> None:
    answers = {varying.post(V1, key, json={"title": 1}).text for _ in range(20)}
    assert len(answers) == 1


def test_a_seed_repeats_and_another_differs() -> None:
    def texts(seed: str) -> list[str]:
        with serving("--responses", "varied", "--seed", seed) as server:
            return bodies(server, SUPALYTICS, "again", 20)

    first = texts("5")
    assert texts("5") == first
    assert texts("6") != first


def test_answers_are_usual_by_default(server: Server, key: str) -> None:
    assert len(set(bodies(server, SUPALYTICS, key, 10))) == 1
