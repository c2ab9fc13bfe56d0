"""MockServer: a server that runs beside a test, in a thread with its own event loop, or in process without a socket."""

import asyncio
import itertools
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from mockserver.client.control import Control, ControlError, HttpControl
from mockserver.client.handle import Handle
from mockserver.http.uvicorn import bind, url_of
from mockserver.server.app import create_app
from mockserver.settings import Settings, load_settings
from mockserver.testing.in_process import AsgiControl
from mockserver.testing.owning import OwnedApp, OwningLoop
from mockserver.testing.threaded import ThreadedServer
from mockserver.vendors.datadog.handle import Datadog
from mockserver.vendors.registry import vendor_named, vendor_settings
from mockserver.vendors.satori.handle import Satori
from mockserver.vendors.supalytics.handle import Supalytics

HandleType = TypeVar("HandleType", bound=Handle)
START_SECONDS = 30.0
IN_PROCESS_URL = "http://localhost"


class Backend(ABC):
    """A server on which tests have accounts: one that this process runs, or one that somebody else does."""

    url: str
    control: Control
    profile: str
    shared: ClassVar[bool] = False
    """Whether others use it too."""

    def datadog(self, api_key: str | None = None) -> Datadog:
        """A handle on a Datadog account: a new one, or the one of a key."""
        return self.handle(Datadog, api_key)

    def satori(self, api_key: str | None = None) -> Satori:
        """A handle on a Satori account: a new one, or the one of a key."""
        return self.handle(Satori, api_key)

    def supalytics(self, api_key: str | None = None) -> Supalytics:
        """A handle on a Supalytics account: a new one, or the one of a key."""
        return self.handle(Supalytics, api_key)

    def account(self, vendor: str, api_key: str | None = None) -> Handle:
        """A handle on an account at any vendor that is served: a new one, or the one of a key."""
        return self.handle(vendor_named(vendor).load_handle(), api_key)

    def handle(self, kind: type[HandleType], api_key: str | None = None) -> HandleType:
        """A handle of a class, on a new account or the one of a key."""
        handle = kind(self.control, self.url, api_key or vendor_named(kind.vendor).key_prefix + self._new_key())
        self._claim(handle)
        return handle

    def _claim(self, handle: Handle) -> None:
        """Says that a test answers for the account of a handle."""
        handle.claim()

    @abstractmethod
    def stop(self) -> None:
        """Ends what this process runs or holds open of it."""

    @abstractmethod
    def _new_key(self) -> str:
        """A key that no other account has."""


class MockServer(Backend):
    """A server for tests: `with MockServer() as server: server.datadog().fail(503)`.

    Keywords are those of the settings, such as `profile="observed"` or `journal_entries=100`, and `config`, a settings
    file; `port` 0, the default
    here, picks a free one. Without `with`, `app` is the ASGI application, for clients that call it in process
    (`httpx.ASGITransport(server.app)`), and handles work all the same. `async with` works like `with`. Handles may be
    used from any thread and any event loop, and still read what arrived after the server has stopped.
    """

    def __init__(self, **settings: Any) -> None:
        config = settings.pop("config", None)
        given = {"port": 0, **settings}
        self.settings: Settings = load_settings(given, {}, config and Path(config), vendor_settings())
        self._loop = OwningLoop()
        self._inner: ASGIApp = create_app(self.settings)
        self.app: ASGIApp = OwnedApp(self._inner, self._loop)
        self.control = self._in_process = AsgiControl(self._inner, self._loop)
        self.profile = self.settings.profile
        self._server: ThreadedServer | None = None
        self._numbers = itertools.count(1)
        self.url = IN_PROCESS_URL

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port that it listens on; 0 while it does not."""
        return urlsplit(self.url).port or 0

    def start(self) -> Self:
        """Listens, and returns once requests are served. Raises AddressError where it cannot."""
        if self._server is not None:
            return self
        listener = bind(self.settings.host, self.settings.port, None)
        self._server = ThreadedServer(self._inner, listener, self._loop)
        if not self._server.serves_within(START_SECONDS):
            raise ControlError(f"the server did not start within {START_SECONDS:g} s")
        self.url = url_of(*listener.getsockname()[:2])
        return self

    def stop(self) -> None:
        """Stops listening; open connections are closed."""
        if self._server is not None:
            self._server.stop(START_SECONDS)
            self._server = None
            self.url = IN_PROCESS_URL

    def _new_key(self) -> str:
        return str(next(self._numbers))

    def _claim(self, handle: Handle) -> None:
        self._in_process.start("POST", "/accounts", {"account": handle.api_key, "vendor": handle.vendor})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)


class RunningServer(Backend):
    """A server that somebody else runs, at a URL. Keys are new in every run and process, so that runs do not meet."""

    shared = True

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = self.control = HttpControl(self.url, token)
        self._run = uuid.uuid4().hex[:12]
        self._numbers = itertools.count(1)
        try:
            self.profile = self._greeted()
        except ControlError:
            self.stop()
            raise

    def _greeted(self) -> str:
        """The profile that it serves. Raises ControlError where no mockserver answers, or not to this process."""
        health = self._http.call("GET", "/health").body
        if not isinstance(health, dict) or health.get("status") != "ok":
            raise ControlError(f"there is no mockserver at {self.url}")
        allowed = self._http.call("GET", "/requests", {"limit": "0"})
        if allowed.status != 200:
            raise ControlError(f"{self.url}: {allowed.body['detail']} (MOCKSERVER_ADMIN_TOKEN)")
        return str(health["profile"])

    def stop(self) -> None:
        self._http.close()

    def _new_key(self) -> str:
        return f"{self._run}-{next(self._numbers)}"
