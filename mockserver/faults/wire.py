"""What a wire fault does to a connection, one small function each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.types import Receive, Send

from mockserver.faults.vocabulary import Wire
from mockserver.http.connection import Connection
from mockserver.http.sending import respond
from mockserver.http.statuses import phrase
from mockserver.model import Headers, Response
from mockserver.support.clock import Clock

GARBAGE = b"\x16\x03\x01\x02\x00mockserver: this is not HTTP\x00\xff\r\n\r\n"
SHAPES_THE_ANSWER = frozenset({"truncate", "malformed", "dribble"})
"""Wire faults that need an answer to spoil; the others send none."""
DELIVERS = frozenset({"dribble", "slow_request"})
"""Wire faults after which the client has its whole answer."""


class Stage(NamedTuple):
    """Where a wire fault plays: the connection (None in process), ASGI, the account's clock, and the answer."""

    connection: Connection | None
    receive: Receive
    send: Send
    clock: Clock
    response: Response
    headers: Headers


async def perform(wire: Wire, stage: Stage) -> None:
    """Does to the client what the wire fault says, and returns when the client is gone or has its answer.

    In process, where there is no connection to break, what needs one raises ConnectionResetError or
    ConnectionAbortedError into the client instead.
    """
    await _PERFORMERS[wire.kind](wire, stage)


async def _reset(_wire: Wire, stage: Stage) -> None:
    _below_http(stage, ConnectionResetError).reset()
    await _until_gone(stage)


async def _empty(_wire: Wire, stage: Stage) -> None:
    _below_http(stage, ConnectionAbortedError).close()
    await _until_gone(stage)


async def _garbage(_wire: Wire, stage: Stage) -> None:
    connection = _below_http(stage, ConnectionAbortedError)
    connection.write(GARBAGE)
    connection.close()
    await _until_gone(stage)


async def _truncate(wire: Wire, stage: Stage) -> None:
    connection = _below_http(stage, ConnectionAbortedError)
    status = stage.response.status
    head = [f"HTTP/1.1 {status} {phrase(status)}\r\n".encode("ascii")]
    head += [name + b": " + value + b"\r\n" for name, value in stage.headers]
    body = stage.response.body
    kept = min(int(len(body) * wire.parameters["keep"]), len(body) - 1)
    connection.write(b"".join(head) + b"\r\n" + body[: max(kept, 0)])
    connection.close()
    await _until_gone(stage)


async def _hang(_wire: Wire, stage: Stage) -> None:
    await _until_gone(stage)


async def _malformed(_wire: Wire, stage: Stage) -> None:
    body = stage.response.body[:-1] + b","
    headers = tuple((name, b"%d" % len(body) if name == b"content-length" else value) for name, value in stage.headers)
    await respond(stage.send, stage.response._replace(body=body), headers)


async def _dribble(wire: Wire, stage: Stage) -> None:
    body, chunks = stage.response.body, int(wire.parameters["chunks"])
    await stage.send({"type": "http.response.start", "status": stage.response.status, "headers": stage.headers})
    pause = wire.parameters["seconds"] / chunks
    for number in range(chunks):
        await stage.clock.sleep(pause, stage.connection)
        chunk = body[len(body) * number // chunks : len(body) * (number + 1) // chunks]
        await stage.send({"type": "http.response.body", "body": chunk, "more_body": number + 1 < chunks})


async def _slow_request(_wire: Wire, stage: Stage) -> None:
    await respond(stage.send, stage.response, stage.headers)


_PERFORMERS: Mapping[str, Callable[[Wire, Stage], Awaitable[None]]] = {
    "reset": _reset,
    "empty": _empty,
    "truncate": _truncate,
    "garbage": _garbage,
    "malformed": _malformed,
    "dribble": _dribble,
    "hang": _hang,
    "slow_request": _slow_request,
}


def _below_http(stage: Stage, in_process: type[ConnectionError]) -> Connection:
    if stage.connection is None:
        raise in_process("a scripted wire fault")
    return stage.connection


async def _until_gone(stage: Stage) -> None:
    """Returns once the client has left: the connection knows it even where other requests wait on it."""
    if stage.connection is not None:
        await stage.connection.gone()
        return
    while (await stage.receive())["type"] != "http.disconnect":
        pass
