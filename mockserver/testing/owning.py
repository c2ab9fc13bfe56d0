"""Runs an application on one event loop, whichever thread or loop it is called from: its state is never raced for."""

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

Result = TypeVar("Result")


class OwningLoop:
    """The loop on which an application runs, whether it is served or not: in a daemon thread of its own, which starts
    when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Starts a coroutine on the loop; from any thread."""
        with self._lock:
            if self._loop is None:
                self._loop = auto_loop_factory()()
                threading.Thread(target=_run, args=(self._loop,), name="mockserver in process", daemon=True).start()
                weakref.finalize(self, self._loop.call_soon_threadsafe, self._loop.stop)
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def runs_here(self) -> bool:
        """Whether the caller is on this loop already. Raises RuntimeError where it is on no asyncio loop."""
        return asyncio.get_running_loop() is self._loop


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
