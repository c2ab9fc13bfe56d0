"""Composes the parts of the server into one ASGI application."""

import logging
import time
from collections.abc import Callable

from starlette.routing import Router

from mockserver.accounts.account import Account, Accounts
from mockserver.accounts.quotas import rate_limit_of
from mockserver.contracts import Catalogue
from mockserver.control import control_routes
from mockserver.control.index import index_of
from mockserver.errors import SettingsError
from mockserver.faults.scenario import read_scenario
from mockserver.server.pipeline import Pipeline
from mockserver.server.recorder import Recorder
from mockserver.server.responder import Responder
from mockserver.server.routing import DocumentedRouter, documented_routes
from mockserver.server.undocumented import Undocumented
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from mockserver.support.suggestions import hint
from mockserver.vendors.base import Behaviour
from mockserver.vendors.conduct import ConductKeeper
from mockserver.vendors.contracts import known_contracts, load_contracts
from mockserver.vendors.registry import vendor_named

log = logging.getLogger("mockserver")


def create_app(
    settings: Settings, *, time_source: Callable[[], float] = time.time, timer: Callable[[], float] = time.perf_counter
) -> Router:
    """The whole server as an ASGI application. `time_source` is the wall clock in seconds since the epoch, `timer` a
    monotonic one for durations.

    Raises ContractError or SettingsError where it could not serve.
    """
    catalogue = load_contracts(settings.schemas, settings.vendor, settings.profile)
    check_names(settings, catalogue, tuple(known_contracts(settings.schemas)))
    accounts = Accounts(settings, time_source, start_timer)
    accounts.claims.keyless = keyless(catalogue)
    accounts.on_new = warn_of_real_keys
    accounts.make_conduct = ConductKeeper(catalogue, settings.max_body_bytes).store
    narrowed = settings.vendor and settings.scenario  # a script may name operations that are not served
    everything = load_contracts(settings.schemas, (), settings.profile) if narrowed else catalogue
    for name in settings.scenario:
        accounts.faults.add(read_scenario(name, everything.operations).script)
    recorder, responders = Recorder(accounts, timer), responders_of(settings, catalogue)
    pipeline = Pipeline(accounts, recorder, responders, settings.seed if settings.responses == "varied" else None)
    undocumented = Undocumented(
        catalogue.operations, accounts, recorder, responders, settings.max_body_bytes, index_of(catalogue)
    )
    routes = [
        *documented_routes(catalogue.operations, pipeline.handle, undocumented.wrong_method),
        *control_routes(catalogue, accounts),
    ]
    return DocumentedRouter(routes, undocumented.unknown_path)


def responders_of(settings: Settings, catalogue: Catalogue) -> dict[str, Responder]:
    """A responder for each served vendor."""
    limits = {  # two vendors may have operations of one name
        name: {operation.id: rate_limit_of(operation, settings.rate_limits) for operation in contract.operations}
        for name, contract in catalogue.vendors.items()
    }
    stateful = _stateful_behaviours(catalogue, settings) if settings.state else {}
    return {
        name: Responder(vendor_named(name), settings, limits[name], stateful.get(name, {}))
        for name in catalogue.vendors
    }


def _stateful_behaviours(catalogue: Catalogue, settings: Settings) -> dict[str, dict[str, Behaviour]]:
    """By vendor, what the operations on its resources do."""
    from mockserver.server.state import Bounds, stateful_behaviours  # noqa: PLC0415 - a server without state does without

    bounds = Bounds(settings.journal_entries, settings.journal_bytes)
    return {name: stateful_behaviours(each.operations, bounds) for name, each in catalogue.vendors.items()}


def keyless(catalogue: Catalogue) -> frozenset[str]:
    """The vendors that take no credentials: the one account of each is everybody's."""
    contracts = catalogue.vendors.items()
    return frozenset(
        name for name, each in contracts if not any(operation.credentials for operation in each.operations)
    )


def warn_of_real_keys(account: Account) -> None:
    """One warning for a credential that has the form of the vendor's real ones."""
    if account.vendor and vendor_named(account.vendor).looks_real(account.credential):
        log.warning(
            "the key %s has the form of a real %s key: give the fake one that is made up", account.label, account.vendor
        )


def check_names(settings: Settings, catalogue: Catalogue, vendors: tuple[str, ...]) -> None:
    """Raises SettingsError where a setting names a vendor or an operation that there is not."""
    for vendor in settings.accepted_keys:
        if vendor not in vendors:
            raise SettingsError(f"accepted_keys: unknown vendor '{vendor}'{hint(vendor, vendors)}")
    known = {*vendors, *(operation.id for operation in catalogue.operations)}
    for name in settings.rate_limits:
        if name not in known:
            raise SettingsError(f"rate_limits: unknown vendor or operation '{name}'{hint(name, known)}")
