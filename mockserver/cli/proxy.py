"""Runs `mockserver proxy`: loads the contracts of the vendors that have an upstream, and serves."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
from starlette.routing import Mount, Router

from mockserver.accounts.account import Accounts, Bounds
from mockserver.contracts import load_catalogue, packaged_schemas, vendors_in
from mockserver.control import Control
from mockserver.http import uvicorn as serving
from mockserver.proxy.app import Proxy
from mockserver.proxy.forwarding import trust
from mockserver.proxy.upstreams import read_upstreams
from mockserver.server.recorder import Recorder
from mockserver.settings import Settings
from mockserver.support.clock import start_timer


def create_proxy(
    settings: Settings,
    upstreams: tuple[str, ...],
    *,
    timeout: float,
    enforce: bool = False,
    time_source: Callable[[], float] = time.time,
    timer: Callable[[], float] = time.perf_counter,
) -> Router:
    """The proxy as an ASGI application. `upstreams` are VENDOR=URL, `timeout` is in seconds.

    Raises ContractError or SettingsError where it could not serve.
    """
    schemas = settings.schemas or packaged_schemas()
    known = read_upstreams(upstreams, vendors_in(schemas))
    catalogue = load_catalogue(schemas, tuple(known), settings.profile)
    bounds = Bounds(settings.journal_entries, settings.journal_bytes, settings.accounts)
    accounts = Accounts(bounds, time_source, start_timer, settings.seed, {})
    control = Mount("/__admin", Control(settings, catalogue, accounts, start_timer))
    proxy = Proxy(
        catalogue,
        known,
        accounts,
        Recorder(accounts, timer),
        timeout=timeout,
        max_body_bytes=settings.max_body_bytes,
        enforce=enforce,
        tls=trust() if any(upstream.scheme == b"https" for upstream in known.values()) else None,
    )
    return proxy.routes(control)


def run(settings: Settings, upstreams: tuple[str, ...], *, timeout: float, enforce: bool) -> None:
    """Serves until SIGTERM or SIGINT; prints the ready line when it really does."""
    serving.log_to_stderr(settings.log_level)
    app = create_proxy(settings, upstreams, timeout=timeout, enforce=enforce)
    serving.serve_at(app, settings, lambda address: click.echo(f"mockserver listening on {address}"))
