"""Runs the application under uvicorn: binds the address, announces that it serves, and ends cleanly on a signal."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from mockserver.errors import AddressError
from mockserver.http.connection import ConnectionProtocol
from mockserver.settings import Settings

with contextlib.suppress(ImportError):  # uvicorn takes it where there is one, but would import it only as it starts
    import uvloop  # noqa: F401

BACKLOG = 2048
COLLECTED_AFTER = (20_000, 20, 50)
"""What is kept of requests is large and has no cycles: the garbage collector looks for some more seldom than usual."""
GRACE_SECONDS = 5


class ReadyServer(uvicorn.Server):
    """A uvicorn server that calls `ready` once it accepts connections, and that ends with exit code 0 on SIGTERM and
    SIGINT instead of raising the signal again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve_at(app: ASGIApp, settings: Settings, announce: Callable[[str], None]) -> None:
    """Listens at the address of the settings, serves until a signal comes, and removes its socket file. `announce`
    receives the address once requests are served. Raises AddressError."""
    listener = bind(settings.host, settings.port, settings.uds)
    serve(app, listener, lambda: announce(address_of(listener)))
    if settings.uds is not None:
        settings.uds.unlink(missing_ok=True)


def serve(app: ASGIApp, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until a signal comes. `listener` is bound already; it is closed at the end."""
    gc.freeze()  # what was made at start stays: no collection need look at it again
    gc.set_threshold(*COLLECTED_AFTER)
    gc.enable()
    ReadyServer(config_of(app), ready).run(sockets=[listener])


def config_of(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn runs the application, from the command line and in tests alike."""
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLogger().level))
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", partial(ConnectionProtocol, numbers=count(1))),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def bind(host: str, port: int, uds: Path | None) -> socket.socket:
    """A bound socket. Raises AddressError, one line for a person, where the address cannot be had."""
    if uds is not None:
        return _bind_unix(uds)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(
            address,
            family=family,
            backlog=BACKLOG,
            dualstack_ipv6=family == socket.AF_INET6 and socket.has_dualstack_ipv6(),
        )
    except (socket.gaierror, UnicodeError) as error:
        raise AddressError(f"cannot listen on {host}: {error}") from error
    except OverflowError as error:
        raise AddressError(f"cannot listen on port {port}: it is not between 0 and 65535") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise AddressError(f"cannot listen on {url_of(host, port)}: {reason}") from error


def _bind_unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == 0:
                    raise AddressError(f"cannot listen on {path}: another server does")
            path.unlink()
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressError(f"cannot listen on {path}: {error.strerror or error}") from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of a bound socket as the ready line prints it."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return url_of(host, port)


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def log_to_stderr(level: str) -> None:
    """One line per record on standard error."""
    logging.basicConfig(stream=sys.stderr, level=level.upper(), format="%(asctime)s %(levelname)s %(message)s")
