"""Decides who may call the control API: beyond loopback callers need a token, and Host and Origin must be ours."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mockserver.settings import Settings

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Gate:
    """Decides who may call the control API.

    A caller with the token may. Without it the server must listen on loopback or a Unix socket and have no token set,
    and the Host header (and Origin, where a browser sends it) must be a loopback name, the bound host or one of
    `admin_host`. That keeps a web page, by DNS rebinding or a cross-site form, from steering the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.admin_token
        self._local = settings.uds is not None or is_loopback(settings.host)
        self._hosts = LOOPBACK_NAMES | {settings.host.lower()} | {name.lower() for name in settings.admin_host}

    def check(self, request: Request) -> None:
        """Raises HTTPException 401 or 403 for a call that is not allowed. Health needs no token, only our Host."""
        if self._token is not None and _bearer(request, self._token):
            return
        for name in ("host", "origin"):
            value = request.headers.get(name)
            if value is not None and _host_of(value) not in self._hosts:
                raise HTTPException(
                    403, f"the {name} {value[:80]!r} is not allowed to call the control API; allow it with --admin-host"
                )
        if request.url.path.endswith("/__admin/health"):
            return
        if self._token is not None:
            raise HTTPException(
                401,
                "the control API requires its token",
                {"WWW-Authenticate": "Bearer"},
            )
        if not self._local:
            raise HTTPException(403, "beyond loopback the control API requires a token: set --admin-token")


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bearer(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def _host_of(value: str) -> str:
    """The name in a Host or Origin header, without scheme, port and brackets."""
    try:
        return (urlsplit(value if "//" in value else f"//{value}").hostname or "").lower()
    except ValueError:
        return ""
