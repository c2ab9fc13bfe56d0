"""Serves the vendors' own control calls, each below its vendor's name."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Accounts
from mockserver.control.document import CallContract
from mockserver.control.query import BadCall, account, bad_query, json_body, json_response, opened
from mockserver.control.views import event_view
from mockserver.model import Event
from mockserver.vendors.views import View, ViewCall, ViewError, Views

Call = Callable[[Request], Awaitable[Response]]


def vendor_calls(
    views: Mapping[str, Views], accounts: Accounts, events_of: Callable[[Request, str], Iterable[Event]]
) -> Iterator[tuple[str, str, Call]]:
    """Method, path and function of each call of the vendors' `views`. `events_of` gives the events of a call's accounts
    at a vendor."""

    async def respond(vendor: str, view: View, request: Request) -> Response:
        other = request.query_params.get("vendor", vendor)
        if other != vendor:
            raise bad_query(("vendor", f"vendor must be {vendor} for this call; it is {other[:40]!r}"))
        contract: CallContract = request.state.contract
        call = ViewCall(
            path_values=request.path_params,
            body=await json_body(request) if contract.has_body else None,
            events=lambda: [event for event in events_of(request, vendor) if event.outcome == "accepted"],
            event_views=lambda events: [event_view(event) for event in events],
            account=lambda: opened(accounts, vendor, _credential(request))[0],
            existing_account=lambda: next(iter(accounts.select(vendor, _credential(request))), None),
        )
        try:
            return json_response(view.function(call))
        except ViewError as error:
            if error.status == 404:
                raise HTTPException(404, str(error)) from None
            raise BadCall(str(error), error.problems) from None

    for vendor, own in views.items():
        for view in own.calls:
            yield view.method, f"/{vendor}{view.path}", partial(respond, vendor, view)


def _credential(request: Request) -> str:
    """The credential of the one account whose vendor state a call is about."""
    credential = account(request)
    if credential is None:
        raise bad_query(("account", "account is required: this call is about the state of one account"))
    return credential
