"""Runs uvicorn in a thread of the test's process, and ends it without waiting for clients."""

import asyncio
import socket
import threading
from collections.abc import Callable

from starlette.types import ASGIApp

from mockserver.http.uvicorn import ReadyServer, config_of


class ServerThread:
    """uvicorn in a daemon thread. `on_ready` is told the thread's event loop before the server is used."""

    def __init__(
        self, app: ASGIApp, listener: socket.socket, on_ready: Callable[[asyncio.AbstractEventLoop], None]
    ) -> None:
        self._ready = threading.Event()
        self._on_ready = on_ready
        self._server = LeavingServer(config_of(app), self._is_ready)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="mockserver", daemon=True
        )

    def start_serving(self, seconds: float) -> bool:
        """Whether requests are served within so many seconds."""
        self._thread.start()
        return self._ready.wait(seconds)

    def stop_serving(self, seconds: float) -> None:
        """Returns when the server has ended, after so many seconds at most."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(seconds)

    def _is_ready(self) -> None:
        self._on_ready(asyncio.get_running_loop())
        self._ready.set()


class LeavingServer(ReadyServer):
    """Closes every connection before it ends, so that requests on them end as when the client leaves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)
