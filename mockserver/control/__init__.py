"""The control API under `/__admin`. It is built on its first call: most processes never need it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from mockserver.accounts.account import Accounts
from mockserver.contracts import Catalogue
from mockserver.control.index import ADMIN

if TYPE_CHECKING:
    from starlette.applications import Starlette


def control_routes(catalogue: Catalogue, accounts: Accounts) -> list[BaseRoute]:
    """The routes of the control API, with and without a slash after its path."""
    control = Control(catalogue, accounts)
    return [Route(ADMIN, control), Mount(ADMIN, control)]


@dataclass
class Control:
    """The ASGI application of the control API."""

    catalogue: Catalogue
    accounts: Accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == ADMIN:
            scope = {**scope, "path": f"{ADMIN}/", "root_path": ADMIN}
        await self._app(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        return self._app.routes

    @cached_property
    def _app(self) -> Starlette:
        from mockserver.control.api import control_app  # noqa: PLC0415 - only who calls it pays for it

        return control_app(self.catalogue, self.accounts)
