"""The control API under `/__admin`. It is built on its first call: most processes never need it."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass
class Control:
    """The ASGI application of the control API."""

    settings: Settings
    catalogue: Catalogue
    accounts: Accounts
    start_timer: StartTimer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        return self._app.routes

    @cached_property
    def _app(self) -> Starlette:
        from mockserver.control.api import control_app  # noqa: PLC0415 - only who calls it pays for it

        return control_app(self.settings, self.catalogue, self.accounts, self.start_timer)
