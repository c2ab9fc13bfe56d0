"""The command `mockserver proxy`."""

import time
from collections.abc import Callable

import click
from starlette.routing import Router

from mockserver.accounts.account import Accounts
from mockserver.cli.options import settings_options
from mockserver.control import control_routes
from mockserver.http import uvicorn as serving
from mockserver.proxy.app import Proxy
from mockserver.proxy.forwarding import trust
from mockserver.proxy.upstreams import read_upstreams
from mockserver.server.recorder import Recorder
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from mockserver.vendors.conduct import ConductKeeper
from mockserver.vendors.contracts import known_contracts, load_contracts


@click.command("proxy")
@click.option(
    "--upstream", "upstreams", multiple=True, required=True, metavar="VENDOR=URL", help="Where requests are forwarded."
)
@click.option(
    "--enforce", is_flag=True, help="Respond 400 to a request that breaks its contract, instead of forwarding it."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Maximum time for an upstream to respond.",
)
@settings_options(
    *("host", "port", "uds", "profile", "schemas", "log_level", "admin_token", "admin_host", "max_body_bytes"),
    *("journal_entries", "journal_bytes", "accounts"),
)
def proxy(settings: Settings, upstreams: tuple[str, ...], enforce: bool, timeout: float) -> None:
    """Forward live traffic to the vendors, and judge requests and responses on the way.

    Prints `mockserver listening on ADDRESS` once it serves; /__admin shows what passed. Exit code 2, with one line
    that names the reason: the address, a setting or a contract cannot be used.
    """
    serving.log_to_stderr(settings.log_level)
    app = create_proxy(settings, upstreams, timeout=timeout, enforce=enforce)
    serving.serve_at(app, settings, lambda address: click.echo(f"mockserver listening on {address}"))


def create_proxy(
    settings: Settings,
    upstreams: tuple[str, ...],
    *,
    timeout: float,
    enforce: bool = False,
    time_source: Callable[[], float] = time.time,
    timer: Callable[[], float] = time.perf_counter,
) -> Router:
    """The proxy as an ASGI application, with the contracts of the vendors that have an upstream. `upstreams` are
    VENDOR=URL, `timeout` is in seconds.

    Raises ContractError or SettingsError where it could not serve.
    """
    known = read_upstreams(upstreams, tuple(known_contracts(settings.schemas)))
    catalogue = load_contracts(settings.schemas, tuple(known), settings.profile)
    accounts = Accounts(settings, time_source, start_timer)
    accounts.make_conduct = ConductKeeper(catalogue, settings.max_body_bytes).store
    control = control_routes(catalogue, accounts)
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
