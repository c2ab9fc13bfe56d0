"""A bug of ours is a 500 of ours: a problem document, logged with its traceback, in the journal, nobody's 400."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx2
import pytest

from mockserver.server.app import create_app
from mockserver.settings import Settings
from mockserver.testing import MockServer
from mockserver.vendors.registry import vendor_named
from tests.support.harness import V1, Operation, each_operation


class Slip(Exception):
    """What the broken behaviour raises."""


def slip(*_: object, **__: object) -> Any:
    raise Slip("we did this")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, operation: Operation) -> None:
    """The operation's vendor has a behaviour that does not work."""
    monkeypatch.setattr(type(vendor_named(operation.vendor)), "behaviour", lambda *_: slip)


def exchange(operation: Operation, body: Any) -> tuple[httpx2.Response, dict[str, Any]]:
    """The answer of a server in this process, and what its journal says of it."""

    async def talk() -> tuple[httpx2.Response, dict[str, Any]]:
        transport = httpx2.ASGITransport(app=create_app(Settings()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.post(operation.path, json=body, headers=operation.headers("key"))
            (listed,) = (await client.get("/__admin/requests")).json()["requests"]
            return answer, (await client.get(f"/__admin/requests/{listed['id']}")).json()

    return asyncio.run(talk())


@pytest.mark.usefixtures("broken")
@each_operation
def test_a_bug_is_our_500(operation: Operation) -> None:
    answer, _ = exchange(operation, operation.body)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "bug of mockserver" in answer.json()["detail"]
    assert "we did this" not in answer.text


@pytest.mark.usefixtures("broken")
@each_operation
def test_a_bug_is_in_the_journal_with_its_traceback(operation: Operation) -> None:
    _, recorded = exchange(operation, operation.body)
    assert (recorded["operation"], recorded["status"], recorded["verdict"]) == (operation.id, 500, "valid")
    assert recorded["error"].startswith("Traceback")
    assert "Slip: we did this" in recorded["error"]
    assert recorded["request"]["json"] == operation.accepted


@pytest.mark.usefixtures("broken")
@each_operation
def test_a_bug_is_logged_with_its_traceback(operation: Operation, caplog: pytest.LogCaptureFixture) -> None:
    exchange(operation, operation.body)
    (logged,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert operation.id in logged.getMessage()
    assert logged.exc_info is not None
    assert logged.exc_info[0] is Slip


@pytest.mark.usefixtures("broken")
@each_operation
def test_a_request_that_is_turned_down_never_meets_the_bug(operation: Operation) -> None:
    answer, recorded = exchange(operation, [])
    assert answer.status_code == 400
    assert recorded["error"] is None


@pytest.mark.parametrize("operation", [V1], ids=["judging"])
def test_a_bug_while_judging_is_ours_too(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.validation.exchange.judge_body", slip)
    answer, recorded = exchange(operation, operation.body)
    assert answer.status_code == recorded["status"] == 500
    assert "Slip" in recorded["error"]


@pytest.mark.socket
def test_a_bug_keeps_the_fault_that_fired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(vendor_named(V1.vendor)), "behaviour", lambda *_: slip)
    with MockServer() as server:
        datadog = server.datadog()
        datadog.violations_allowed = True
        datadog.fail(429, stage="after")
        response = httpx2.post(f"{server.url}{V1.path}", json=V1.body, headers=datadog.headers)
        (request,) = datadog.requests
    assert response.status_code == 500
    assert request.fault is not None
    assert request.fault["status"] == 429
