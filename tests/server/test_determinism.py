"""The same seed and the same time give the same answers, and accounts used at once never see each other."""

from __future__ import annotations

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
from starlette.types import ASGIApp

from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.harness import OPERATIONS, PRODLYTICS, SCALAR, V1, V2, Operation, Server

NOW = 1_760_000_000.25


def application(seed: int = 0, now: float = NOW) -> ASGIApp:
    """The whole server in this process, its time standing still."""
    return create_app(Settings(seed=seed), time_source=lambda: now, timer=lambda: 0.0)


def answers(app: ASGIApp, *sent: tuple[Operation, str]) -> list[bytes]:
    """The bodies of the answers to accepted requests, sent one after another."""

    async def exchange() -> list[bytes]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
            return [
                (await client.post(operation.path, json=operation.body, headers=operation.headers(key))).content
                for operation, key in sent
            ]

    return asyncio.run(exchange())


EVERYTHING = [(operation, "key") for operation in OPERATIONS] * 3


def test_the_same_seed_and_time_give_the_same_answers() -> None:
    assert answers(application(seed=7), *EVERYTHING) == answers(application(seed=7), *EVERYTHING)


def test_another_seed_gives_other_ids() -> None:
    one, other = (answers(application(seed=seed), (V1, "key"), (V2, "key"), (SCALAR, "key")) for seed in (1, 2))
    assert all(first != second for first, second in zip(one, other, strict=True))


def test_an_accounts_answers_do_not_depend_on_other_accounts() -> None:
    alone = answers(application(), *[(V1, "a")] * 3)
    among = answers(application(), (V1, "b"), (V1, "a"), (V2, "c"), (V1, "a"), (V1, "b"), (V1, "a"))
    assert alone == [among[1], among[3], among[5]]


def test_an_id_tells_the_time_as_in_the_recordings() -> None:
    (body,) = answers(application(), (V1, "key"))
    identifier = json.loads(body)["event"]["id"]
    assert (identifier >> 24) + 1264262866000 == int(NOW * 1000)
    assert json.loads(body)["event"]["date_happened"] == int(NOW)


def test_a_uid_tells_the_time_as_in_the_recordings() -> None:
    (body,) = answers(application(), (V2, "key"))
    uid = base64.urlsafe_b64decode(json.loads(body)["data"]["attributes"]["attributes"]["evt"]["uid"])
    assert len(uid) == 18
    assert int.from_bytes(uid[:6], "big") == int(NOW * 1000)
    assert (uid[6:8], uid[16:]) == (bytes(2), bytes(2))


def test_ids_of_one_account_only_grow() -> None:
    bodies = answers(application(), *[(V1, "key")] * 200)
    identifiers = [json.loads(body)["event"]["id"] for body in bodies]
    assert identifiers == sorted(set(identifiers))


def test_accounts_used_at_once_never_see_each_other(server: Server, key: str) -> None:
    def use(number: int) -> list[dict[str, Any]]:
        mine = f"{key}-{number}"
        for turn in range(10):
            operation = (V1, V2, PRODLYTICS)[turn % 3]
            headers = {**operation.headers(mine), "X-Owner": f"number {number}"}
            httpx2.post(server.url + operation.path, json=operation.body, headers=headers, trust_env=False)
        return server.journal(V1, mine)

    with ThreadPoolExecutor(8) as pool:
        journals = list(pool.map(use, range(16)))
    for number, journal in enumerate(journals):
        turns = ["CreateEventV1", "CreateEventV2", "SubmitProductAnalyticsEvent"] * 4
        assert [exchange["operation"] for exchange in journal] == turns[:10]
        owners = {dict(server.whole(exchange)["request"]["headers"])["x-owner"] for exchange in journal[:2]}
        assert owners == {f"number {number}"}
