"""Views of what arrived as the vendors' dashboards would show it: identities, visitors, alerts; and the taxonomy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Accounts
from mockserver.control.query import (
    BadCall,
    check_vendor,
    json_body,
    json_response,
    known_parameters,
    own_account,
)
from mockserver.control.views import event_view
from mockserver.model import Event
from mockserver.vendors.satori.state import TaxonomyError, read_taxonomy, satori_memory_of

EventsOf = Callable[[Request, str], Iterable[Event]]
"""The events of a call's accounts at a vendor, oldest first."""


class VendorViews:
    """`GET /satori/identities[/{id}]`, `PUT /satori/taxonomy`, `GET /supalytics/visitors[/{id}]` and
    `GET /datadog/alerts`."""

    def __init__(self, accounts: Accounts, events_of: EventsOf) -> None:
        self._accounts = accounts
        self._events_of = events_of

    async def identities(self, request: Request) -> Response:
        """Every identity with the number of its events, and how many events are of no player."""
        return json_response(_people(self._kept(request, "satori"), "identities", "non_player_events"))

    async def identity(self, request: Request) -> Response:
        """An identity's events, and its sessions with theirs; an event without a session is under its identity's
        latest one, if that was not over for too long."""
        identity = str(request.path_params["id"])
        events = [event for event in self._kept(request, "satori") if event.identity == identity]
        if not events:
            raise HTTPException(404, f"there is no identity {identity!r}")
        by_session: dict[tuple[str, str], list[Event]] = {}
        for event in events:
            if event.session is not None:
                by_session.setdefault((event.account, event.session), []).append(event)
        sessions = [_session(name, of_session) for (_, name), of_session in by_session.items()]
        view = {"identity": identity, "sessions": sessions, "events": [event_view(event) for event in events]}
        return json_response(view)

    async def put_taxonomy(self, request: Request) -> Response:
        """The taxonomy of an account's project: what it does not name is thrown away from now on."""
        document = await json_body(request)
        try:
            taxonomy = read_taxonomy(document)
        except TaxonomyError as error:
            raise BadCall(str(error)) from None
        owner = own_account(request, self._accounts, "satori", "a taxonomy is an account's own")
        satori_memory_of(owner).taxonomy = taxonomy
        return json_response(document)

    async def visitors(self, request: Request) -> Response:
        """Every visitor with the number of its events, and how many events have none."""
        return json_response(_people(self._kept(request, "supalytics"), "visitors", "events_without_visitor"))

    async def visitor(self, request: Request) -> Response:
        """A visitor's events."""
        visitor = str(request.path_params["id"])
        events = [event for event in self._kept(request, "supalytics") if event.identity == visitor]
        if not events:
            raise HTTPException(404, f"there is no visitor {visitor!r}")
        return json_response({"visitor": visitor, "events": [event_view(event) for event in events]})

    async def alerts(self, request: Request) -> Response:
        """The alert events (v2), those with one aggregation key as one alert, with its latest status."""
        alerts: dict[tuple[str, str | None, str | None], list[Event]] = {}
        for event in self._kept(request, "datadog"):
            attributes = event.attributes["data"]["attributes"] if event.operation == "CreateEventV2" else {}
            if attributes.get("category") == "alert":
                key = attributes.get("aggregation_key")
                alerts.setdefault((event.account, key, None if key else event.id), []).append(event)
        return json_response({"alerts": [_alert(events) for events in alerts.values()]})

    def _kept(self, request: Request, vendor: str) -> list[Event]:
        """The accepted events of a vendor."""
        known_parameters(request, {"account", "vendor"})
        check_vendor(request, vendor)
        return [event for event in self._events_of(request, vendor) if event.outcome == "accepted"]


def _people(events: Iterable[Event], called: str, rest: str) -> dict[str, Any]:
    """Everybody by account and id: the same id is somebody else in another account."""
    counts: dict[tuple[str, str], int] = {}
    nobody = 0
    for event in events:
        if event.identity is None:
            nobody += 1
        else:
            person = (event.account, event.identity)
            counts[person] = counts.get(person, 0) + 1
    people = [{"id": name, "account": label, "events": count} for (label, name), count in counts.items()]
    return {called: people, rest: nobody}


def _session(name: str, of_session: list[Event]) -> dict[str, Any]:
    """A session with what its events say of it."""
    said = [event.attributes for event in of_session if name in (_either(event.attributes, "session_id", "sessionId"),)]
    issued = [_either(one, "session_issued_at", "sessionIssuedAt") for one in said]
    expires = [_either(one, "session_expires_at", "sessionExpiresAt") for one in said]
    return {
        "id": name,
        "issued_at": next((value for value in issued if value is not None), None),
        "expires_at": next((value for value in expires if value is not None), None),
        "events": len(of_session),
    }


def _either(event: Any, *names: str) -> str | None:
    return next((str(event[name]) for name in names if event.get(name) not in (None, "")), None)


def _alert(events: list[Event]) -> dict[str, Any]:
    latest = events[-1].attributes["data"]["attributes"]
    return {
        "aggregation_key": latest.get("aggregation_key"),
        "title": latest["title"],
        "status": latest["attributes"]["status"],
        "priority": latest["attributes"].get("priority", "5"),
        "events": [event.id for event in events],
    }
