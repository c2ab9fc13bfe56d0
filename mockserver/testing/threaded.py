"""Runs uvicorn on the loop of a test's server, and ends it without waiting for clients."""

import socket
import threading

from starlette.types import ASGIApp

from mockserver.http.uvicorn import ReadyServer, config_of
from mockserver.testing.owning import OwningLoop


class ThreadedServer(ReadyServer):
    """uvicorn on the loop of another thread."""

    def __init__(self, app: ASGIApp, listener: socket.socket, loop: OwningLoop) -> None:
        self._serves = threading.Event()
        super().__init__(config_of(app), self._serves.set)
        self._end = loop.submit(self.serve(sockets=[listener]))

    def serves_within(self, seconds: float) -> bool:
        """Whether requests are served within so many seconds."""
        return self._serves.wait(seconds)

    def stop(self, seconds: float) -> None:
        """Returns when the server has ended. Raises TimeoutError after so many seconds."""
        self.should_exit = self.force_exit = True
        self._end.result(seconds)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes every connection first, so that requests on them end as when the client leaves."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)
