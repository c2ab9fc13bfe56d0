"""What Satori does with a batch of server events, and which events it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.model import EventPart, Json, RequestContext, Response
from mockserver.vendors.base import text_at

if TYPE_CHECKING:
    from mockserver.accounts.account import Account


def server_event(context: RequestContext, account: Account) -> Response:
    """200 `{}`: the batch is taken, and each of its events is kept or thrown away by itself."""
    from mockserver.vendors.satori.state import memory_of  # noqa: PLC0415 - only who is sent events needs it

    memory, now = memory_of(account), account.now()
    event_outcomes = tuple(memory.take(event, now) for event in context.body.get("events") or ())
    return Response(context.operation.success, b"{}", event_outcomes=event_outcomes)


def server_events(context: RequestContext) -> list[EventPart]:
    """The events of a batch."""
    listed = context.body.get("events") if isinstance(context.body, dict) else None
    return [_part(event) for event in listed if isinstance(event, dict)] if isinstance(listed, list) else []


def _part(event: dict[str, Json]) -> EventPart:
    """One event of a batch; a field may have its snake_case or its lowerCamelCase name."""
    return EventPart(
        name=text_at(event, "name"),
        attributes=event,
        dedup_id=text_at(event, "id"),
        timestamp=text_at(event, "timestamp"),
        identity=text_at(event, "identity_id") or text_at(event, "identityId"),
        session=text_at(event, "session_id") or text_at(event, "sessionId"),
    )
