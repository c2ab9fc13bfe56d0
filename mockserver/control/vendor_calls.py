"""Serves the vendors' own control calls, each below its vendor's name."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Accounts
from mockserver.control.document import CallContract
from mockserver.control.query import (
    BadCall,
    check_vendor,
    json_body,
    json_response,
    own_account,
    own_known_account,
)
from mockserver.control.views import event_view
from mockserver.model import Event
from mockserver.vendors.views import View, ViewCall, ViewError, Views

Call = Callable[[Request], Awaitable[Response]]


class VendorCalls:
    """The calls of the vendors' `views`. `events_of` gives the events of a call's accounts at a vendor."""

    def __init__(
        self,
        views: Mapping[str, Views],
        accounts: Accounts,
        events_of: Callable[[Request, str], Iterable[Event]],
    ) -> None:
        self._views = views
        self._accounts = accounts
        self._events_of = events_of

    def __iter__(self) -> Iterator[tuple[str, str, Call]]:
        """Method, path and function of each call."""
        for vendor, views in self._views.items():
            for view in views.calls:
                yield view.method, f"/{vendor}{view.path}", partial(self._respond, vendor, view)

    async def _respond(self, vendor: str, view: View, request: Request) -> Response:
        check_vendor(request, vendor)
        contract: CallContract = request.state.contract
        call = ViewCall(
            path_values=request.path_params,
            body=await json_body(request) if contract.has_body else None,
            events=lambda: [event for event in self._events_of(request, vendor) if event.outcome == "accepted"],
            event_views=lambda events: [event_view(event) for event in events],
            account=lambda: own_account(request, self._accounts, vendor),
            existing_account=lambda: own_known_account(request, self._accounts, vendor),
        )
        try:
            return json_response(view.function(call))
        except ViewError as error:
            if error.status == 404:
                raise HTTPException(404, str(error)) from None
            raise BadCall(str(error), error.problems) from None
