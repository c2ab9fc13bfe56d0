"""Routes the control API behind its gate, and turns every failure into a problem document (RFC 9457)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mockserver import __version__
from mockserver.accounts.account import Accounts
from mockserver.contracts import Catalogue, served_at
from mockserver.control.clock import ClockCalls
from mockserver.control.conduct import ConductCalls
from mockserver.control.document import CallContract, control_document, published
from mockserver.control.events import EventCalls
from mockserver.control.faults import FaultCalls
from mockserver.control.gate import Gate
from mockserver.control.index import index_of
from mockserver.control.journal import JournalCalls
from mockserver.control.listing import EventListing
from mockserver.control.masking import masked
from mockserver.control.query import AccountSelector, BadCall, account, check_query, json_response, problem_document
from mockserver.control.sources import ContractFiles
from mockserver.control.unclaimed import Unclaimed
from mockserver.control.vendor_calls import vendor_calls
from mockserver.events.reader import EventReader
from mockserver.support.redaction import Redaction, mask, redaction_for
from mockserver.support.suggestions import hint
from mockserver.vendors.conduct import ConductKeeper
from mockserver.vendors.registry import vendor_named
from mockserver.vendors.splitting import splitters

Call = Callable[[Request], Awaitable[Response]]
MASKED_OR_WITHOUT_REQUESTS = frozenset(
    {"/", "/health", "/openapi.json", "/contracts/{vendor}/openapi.json", "/requests", "/requests/{id}", "/export"}
)
"""The routes whose responses show no request, or mask credentials themselves."""


def control_app(catalogue: Catalogue, accounts: Accounts) -> Starlette:
    """The ASGI application of the control API."""
    settings, selector = accounts.settings, AccountSelector(catalogue, accounts)
    gate = Gate(settings)
    vendors = {name: vendor_named(name) for name in catalogue.vendors}
    views = {name: own for name, vendor in vendors.items() if (own := vendor.load_views()) is not None}
    document = control_document(views)
    server = ServerCalls(selector, document)
    redaction = redaction_for(catalogue.operations, accounts.credentials)
    unclaimed = Unclaimed(catalogue, accounts)
    contracts = ContractFiles(settings.schemas)
    reader = EventReader(splitters(catalogue), settings.max_body_bytes, settings.journal_bytes)
    journal = JournalCalls(selector, reader, unclaimed, settings.max_body_bytes, redaction, contracts)
    events = EventCalls(selector, reader, unclaimed, redaction, contracts, EventListing(reader))
    conduct = ConductCalls(selector, ConductKeeper(catalogue, settings.max_body_bytes))
    faults, clock = FaultCalls(selector, settings.max_body_bytes, redaction), ClockCalls(selector)
    calls: list[tuple[str, str, Call]] = [
        ("GET", "/", server.index),
        ("GET", "/health", server.health),
        ("GET", "/openapi.json", server.openapi),
        ("POST", "/reset", server.reset),
        ("GET", "/contracts/{vendor}/openapi.json", server.contract),
        ("POST", "/accounts", server.claim),
        ("GET", "/requests", journal.list),
        ("GET", "/requests/{id}", journal.show),
        ("GET", "/export", journal.export),
        ("GET", "/events", events.listing),
        ("POST", "/verify", events.verify),
        ("POST", "/settle", events.settle),
        ("GET", "/conduct", conduct.show),
        ("GET", "/faults", faults.list),
        ("POST", "/faults", faults.add),
        ("DELETE", "/faults", faults.clear),
        ("GET", "/clock", clock.show),
        ("PUT", "/clock", clock.put),
        ("POST", "/clock/advance", clock.advance),
        *vendor_calls(views, accounts, events.of_vendor),
    ]
    handlers: dict[Any, Any] = {
        HTTPException: lambda request, error: masked(request, _problem(error), redaction),
        BadCall: lambda request, error: masked(request, _bad_call(error), redaction),
        Exception: _bug,
    }
    forwarded = Middleware(ProxyHeadersMiddleware)  # so that addresses in responses have the scheme of a local proxy
    routes = _routes(calls, gate, selector, document, redaction)
    return Starlette(routes=routes, middleware=[forwarded], exception_handlers=handlers)


def _routes(
    calls: list[tuple[str, str, Call]],
    gate: Gate,
    selector: AccountSelector,
    document: Mapping[str, Any],
    redaction: Redaction,
) -> list[Route]:
    """One route per path. It passes the gate, then calls by method what the document allows; a method that the path
    does not have is 405 with the others. The account that it names is claimed; known credentials are masked in the
    response."""
    by_path: dict[str, dict[str, tuple[Call, CallContract]]] = {}
    for method, path, call in calls:
        contract = CallContract(document, path.replace(":path}", "}"), method)
        by_path.setdefault(path, {})[method] = (call, contract)

    def endpoint(path: str, methods: dict[str, tuple[Call, CallContract]]) -> Call:
        async def guarded(request: Request) -> Response:
            gate.check(request, public=path in ("/", "/health"))
            method = "GET" if request.method == "HEAD" else request.method
            if method not in methods:
                raise HTTPException(405, "Method Not Allowed", {"Allow": ", ".join(sorted(methods))})
            call, contract = methods[method]
            check_query(request, contract)
            selector.claim(request)
            response = await call(request)
            return response if path in MASKED_OR_WITHOUT_REQUESTS else masked(request, response, redaction)

        return guarded

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    return [Route(path, endpoint(path, methods), methods=every) for path, methods in by_path.items()]


@dataclass(frozen=True)
class ServerCalls:
    """`GET /`, `GET /health`, `GET /openapi.json`, `POST /reset` and `GET /contracts/{vendor}/openapi.json`."""

    selector: AccountSelector
    document: dict[str, Any]

    async def index(self, _request: Request) -> Response:
        """What this server is, and where it says more."""
        return json_response(index_of(self.selector.catalogue))

    async def health(self, _request: Request) -> Response:
        catalogue = self.selector.catalogue
        vendors = list(catalogue.vendors)
        return json_response({"status": "ok", "version": __version__, "vendors": vendors, "profile": catalogue.profile})

    async def claim(self, request: Request) -> Response:
        """Names the credential of an account that a test answers for, as every call with `account` does."""
        self.selector.accounts.claims.complete = True
        return json_response({"account": mask(account(request) or "")}, 201)

    async def reset(self, request: Request) -> Response:
        """Forgets everything that the selected accounts hold; without `account` and `vendor`, the whole server."""
        forgotten = self.selector.accounts.forget(self.selector.vendor(request), account(request))
        return json_response({"forgotten": forgotten})

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document of this API."""
        return json_response(published(self.document, f"{request.base_url}__admin"))

    async def contract(self, request: Request) -> Response:
        """A vendor's effective contract. It names this server alone, so that no tool calls the vendor's own."""
        vendor, catalogue = request.path_params["vendor"], self.selector.catalogue
        vendors = catalogue.vendors
        if vendor not in vendors:
            raise HTTPException(404, f"vendor {vendor!r} is not served{hint(vendor, vendors)}")
        url = str(request.base_url).rstrip("/") + catalogue.prefix_of(vendor)
        return json_response(served_at(vendors[vendor].document, url))


def _problem(error: HTTPException) -> Response:
    response = problem_document(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


def _bad_call(error: BadCall) -> Response:
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in error.problems]
    errors += [{"parameter": name, "detail": detail} for name, detail in error.parameters]
    return problem_document(400, str(error), **({"errors": errors} if errors else {}))


def _bug(_request: Request, _error: Exception) -> Response:
    return problem_document(500, "this is a bug of mockserver; see its log")
