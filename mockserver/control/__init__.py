"""The control API under `/__admin`. It is built on its first call: most processes never need it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import Accounts
from mockserver.contracts import Catalogue
from mockserver.settings import Settings
from mockserver.support.clock import StartTimer

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute


class Control:
    """The ASGI application of the control API."""

    def __init__(self, settings: Settings, catalogue: Catalogue, accounts: Accounts, start_timer: StartTimer) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._accounts = accounts
        self._start_timer = start_timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        return self._app.routes

    @cached_property
    def _app(self) -> Starlette:
        from mockserver.control.api import control_app  # noqa: PLC0415 - only who calls it pays for it

        return control_app(self._settings, self._catalogue, self._accounts, self._start_timer)
