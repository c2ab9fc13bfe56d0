"""Runs an application on one event loop, whichever thread or loop it is called from: its state is never raced for."""

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Result = TypeVar("Result")


class OwningLoop:
    """The loop on which an application runs: a server's while it serves, else one in a daemon thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._serving: asyncio.AbstractEventLoop | None = None
        self._idle: asyncio.AbstractEventLoop | None = None

    def serve_on(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """From now on a server's loop, or with None the own one."""
        with self._lock:
            self._serving = loop

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Starts a coroutine on the loop; from any thread."""
        with self._lock:
            return asyncio.run_coroutine_threadsafe(coroutine, self._serving or self._own())

    def runs_here(self) -> bool:
        """Whether the caller is on this loop already. Raises RuntimeError where it is on no asyncio loop."""
        return asyncio.get_running_loop() is (self._serving or self._idle)

    def _own(self) -> asyncio.AbstractEventLoop:
        if self._idle is None:
            self._idle = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(self._idle,), name="mockserver in process", daemon=True).start()
            weakref.finalize(self, self._idle.call_soon_threadsafe, self._idle.stop)
        return self._idle


class OwnedApp:
    """An ASGI application that runs on its owning loop; each message crosses between that and the caller's."""

    def __init__(self, app: ASGIApp, loop: OwningLoop) -> None:
        self._app = app
        self._loop = loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._loop.runs_here():
            await self._app(scope, receive, send)
            return
        here = asyncio.get_running_loop()

        async def receive_there() -> Message:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_started(receive()), here))

        async def send_there(message: Message) -> None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_started(send(message)), here))

        await asyncio.wrap_future(self._loop.submit(_started(self._app(scope, receive_there, send_there))))


async def _started(awaitable: Any) -> Any:
    """An awaitable as the coroutine that a loop takes."""
    return await awaitable


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
