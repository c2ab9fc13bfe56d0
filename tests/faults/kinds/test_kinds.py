"""Every wire fault is declared whole and does what its record says: a new one is tested here without a line more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import httpx2
import pytest

from mockserver.faults import kinds
from mockserver.faults.fault import WIRE
from mockserver.faults.kinds import WIRE_FAULTS
from mockserver.faults.parameters import Problems
from mockserver.faults.wire import Acts, FaultContext, Wire, WireFault
from mockserver.model import Response
from mockserver.server.app import create_app
from mockserver.settings import Settings
from mockserver.support.clock import Clock, start_timer
from tests.support.faulting import World, until
from tests.support.harness import PATIENCE, V1, Server

BRIEF = 0.2
PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
EVERY_KIND = pytest.mark.parametrize("kind", WIRE_FAULTS.values(), ids=WIRE_FAULTS)
EITHER_STAGE = pytest.mark.parametrize("stage", ["before", "after"])


def scripted(kind: WireFault) -> dict[str, Any]:
    """The kind with the least that each of its parameters can be, so that none takes time."""
    return {kind.name: {each.name: each.type.schema["minimum"] for each in kind.parameters}}


def test_every_file_is_a_kind_and_the_reverse() -> None:
    files = {path.stem for path in Path(kinds.__file__).parent.glob("*.py")} - {"__init__"}
    assert {kind.name for kind in WIRE_FAULTS.values()} == set(WIRE_FAULTS) == files


@EVERY_KIND
def test_a_record_is_whole(kind: WireFault) -> None:
    assert iscoroutinefunction(kind.perform)
    assert kind.description.endswith(".")
    for parameter in kind.parameters:
        assert parameter.description.endswith(".")
        assert not parameter.required
        assert parameter.type.schema["minimum"] <= parameter.default <= parameter.type.schema["maximum"]


@EVERY_KIND
def test_a_parameter_keeps_to_its_bounds(kind: WireFault) -> None:
    for parameter in kind.parameters:
        least, most = parameter.type.schema["minimum"], parameter.type.schema["maximum"]
        for value, right in ((least, True), (most, True), (least - 1, False), (most + 1, False)):
            problems = Problems([])
            WIRE.read({kind.name: {parameter.name: value}}, problems)
            assert [pointer for pointer, _ in problems.found] == ([] if right else [f"/{kind.name}/{parameter.name}"])


def test_the_page_about_faults_lists_the_records() -> None:
    rows = []
    for kind in WIRE_FAULTS.values():
        parameters = ", ".join(f"`{each.name}` ({each.default:g})" for each in kind.parameters)
        rows.append(f"| `{kind.name}` | {parameters + ' ' if parameters else ''}| {kind.description} |")
    listed = PAGE.read_text("utf-8").partition("## Wire faults")[2].splitlines()
    assert [line for line in listed if line.startswith("| `")] == rows


def whole_response(read: Callable[[], httpx2.Response]) -> bool:
    """Whether a client gets a response that it can read to its end."""
    try:
        read().json()
    except (httpx2.TransportError, ValueError):
        return False
    return True


@EVERY_KIND
@EITHER_STAGE
def test_the_client_and_the_journal_see_what_the_record_says(
    server: Server, key: str, kind: WireFault, stage: str
) -> None:
    world = World(server, V1, key)
    world.fail({"wire": scripted(kind), "stage": stage, "times": 1})
    wait = httpx2.Timeout(PATIENCE, read=PATIENCE if kind.delivers else BRIEF)
    assert whole_response(lambda: world.post(timeout=wait)) is kind.delivers
    (exchange,) = until(lambda: world.journal)
    stored = kind.delivers or stage == "after"
    assert exchange["status"] == (V1.success if kind.responds else None)
    assert (exchange["stored"], exchange["acknowledged"]) == (stored, kind.delivers)
    assert world.fired == [1]
    assert world.statuses(1) == [V1.success]


@EVERY_KIND
def test_a_client_in_the_same_process_sees_it_too(kind: WireFault) -> None:
    """The connection that cannot be broken there is an error raised into the client, or nothing at all."""

    async def exchange() -> bool:
        transport = httpx2.ASGITransport(app=create_app(Settings()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await client.post("/__admin/faults", json={"wire": scripted(kind), "times": 1})
            return await delivered(client.post(V1.path, json=V1.accepted, headers=V1.headers("key")), kind)

    assert asyncio.run(exchange()) is kind.delivers


async def delivered(response: Awaitable[httpx2.Response], kind: WireFault) -> bool:
    try:
        (await asyncio.wait_for(response, PATIENCE if kind.delivers else BRIEF)).json()
    except (OSError, TimeoutError, ValueError):
        return False
    return True


@EVERY_KIND
def test_a_refused_request_is_refused_behind_it(server: Server, key: str, kind: WireFault) -> None:
    """What the client gets whole is the vendor's refusal; nothing is stored, whatever the stage."""
    world = World(server, V1, key)
    world.fail({"wire": scripted(kind), "stage": "after", "times": 1})
    wait = httpx2.Timeout(PATIENCE, read=PATIENCE if kind.delivers else BRIEF)
    assert whole_response(lambda: world.post({"title": 5}, timeout=wait)) is kind.delivers
    (exchange,) = until(lambda: world.journal)
    assert exchange["status"] == (400 if kind.responds else None)
    assert (exchange["stored"], exchange["acknowledged"]) == (False, False)


def test_malformed_leaves_a_response_without_a_body_alone() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    context = FaultContext(None, AsyncMock(), send, Clock(lambda: 0.0, start_timer), Response(204, b""), ())
    asyncio.run(Wire(WIRE_FAULTS["malformed"], {}).perform(context))
    assert sent[-1]["body"] == b""


@pytest.mark.parametrize("keep", [0, 0.5, 0.99, 1])
@pytest.mark.parametrize("body", [b"{}", b"12345", b'{"a": 1}  \n\n', b'"ok"', b"[[]]", b"accepted", b"null"])
def test_what_truncate_leaves_is_shorter_and_no_whole_json(body: bytes, keep: float) -> None:
    head, separator, kept = truncated(Response(202, body), keep).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert separator
    assert body.startswith(kept)
    assert len(kept) < len(body)
    with pytest.raises(ValueError, match=r"Expect|Extra|Unterminated"):
        json.loads(kept)


def test_truncate_cuts_the_head_of_a_response_without_a_body() -> None:
    assert truncated(Response(204, b""), 1) == b"HTTP/1.1 204 No Content\r\nx-a: b\r\n"


def truncated(response: Response, keep: float) -> bytes:
    """What `truncate` writes on the connection."""
    connection = Mock(gone=AsyncMock())
    context = FaultContext(
        connection, AsyncMock(), AsyncMock(), Clock(lambda: 0.0, start_timer), response, ((b"x-a", b"b"),)
    )
    asyncio.run(Wire(WIRE_FAULTS["truncate"], {"keep": keep}).perform(context))
    connection.close.assert_called_once()
    return b"".join(call.args[0] for call in connection.write.call_args_list)


@pytest.mark.parametrize(
    ("acts", "early", "responds", "delivers"),
    [
        (Acts.EARLY, True, True, True),
        (Acts.INSTEAD, False, False, False),
        (Acts.SHAPES, False, True, False),
        (Acts.DELIVERS, False, True, True),
    ],
)
def test_when_it_acts_says_what_the_client_gets(acts: Acts, early: bool, responds: bool, delivers: bool) -> None:
    kind = WIRE_FAULTS["hang"]._replace(acts=acts)
    assert (kind.early, kind.responds, kind.delivers) == (early, responds, delivers)
