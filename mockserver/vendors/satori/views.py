"""What Satori's dashboard would show, identities with their sessions, and the call that sets a project's taxonomy."""

from pathlib import Path
from typing import Any

from mockserver.model import Event, Json
from mockserver.vendors.satori.state import either, memory_of
from mockserver.vendors.satori.taxonomy import TaxonomyError, read_taxonomy
from mockserver.vendors.views import View, ViewCall, ViewError, Views, count_by_identity


def identities(call: ViewCall) -> Json:
    """Every identity with the number of its events, and how many events are of no player."""
    people, without = count_by_identity(call.events())
    return {"identities": people, "non_player_events": without}


def identity(call: ViewCall) -> Json:
    """An identity's events, and its sessions with theirs; an event without a session is under its identity's latest
    one, if that was not over for too long."""
    name = call.path_values["id"]
    events = [event for event in call.events() if event.identity == name]
    if not events:
        raise ViewError(f"there is no identity {name!r}", status=404)
    by_session: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.session is not None:
            by_session.setdefault((event.account, event.session), []).append(event)
    sessions = [_session(session, of_session) for (_, session), of_session in by_session.items()]
    return {"identity": name, "sessions": sessions, "events": call.event_views(events)}


def put_taxonomy(call: ViewCall) -> Json:
    """The taxonomy of an account's project: what it does not name is thrown away from now on."""
    try:
        taxonomy = read_taxonomy(call.body)
    except TaxonomyError as error:
        raise ViewError(str(error)) from None
    memory_of(call.account()).taxonomy = taxonomy
    return call.body


def _session(name: str, of_session: list[Event]) -> dict[str, Any]:
    """A session with what its events say of it."""
    named = [event.attributes for event in of_session if either(event.attributes, "session_id", "sessionId") == name]
    issued = (either(event, "session_issued_at", "sessionIssuedAt") for event in named)
    expires = (either(event, "session_expires_at", "sessionExpiresAt") for event in named)
    return {
        "id": name,
        "issued_at": next((value for value in issued if value is not None), None),
        "expires_at": next((value for value in expires if value is not None), None),
        "events": len(of_session),
    }


VIEWS = Views(
    (
        View("GET", "/identities", identities),
        View("GET", "/identities/{id:path}", identity),
        View("PUT", "/taxonomy", put_taxonomy),
    ),
    Path(__file__).with_name("control.yaml"),
)
