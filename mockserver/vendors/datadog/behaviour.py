"""What Datadog's documented operations answer, and which events their requests hold."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mockserver.model import EventPart, Json, Response
from mockserver.operations import RequestContext
from mockserver.support.numbers import is_number
from mockserver.vendors.base import Behaviour, json_response, text_at
from mockserver.vendors.datadog.product_analytics import query_scalar, query_timeseries, submit_event

if TYPE_CHECKING:
    from mockserver.accounts.account import Account

ID_EPOCH_MS = 1264262866000
ID_RANDOM_BITS = 24
EVENT_URL = "https://app.datadoghq.com/event/event"
ANALYTICS = frozenset({"QueryProductAnalyticsScalar", "QueryProductAnalyticsTimeseries"})


def event_id(account: Account, milliseconds: int) -> int:
    """An event id: ((unix ms − 1264262866000) << 24) | 24 random bits, always above the account's last one.

    Source: fits every id in the public recordings.
    """
    since = max(milliseconds, ID_EPOCH_MS) - ID_EPOCH_MS
    fresh = (since << ID_RANDOM_BITS) | account.random.getrandbits(ID_RANDOM_BITS)
    last = account.state.get("last_event_id", 0)
    identifier = fresh if fresh > last else last + 1 + account.random.getrandbits(8)
    account.state["last_event_id"] = identifier
    return identifier


def event_uid(account: Account, milliseconds: int) -> str:
    """An event uid: base64url of 6 bytes unix ms, 2 zero, 8 random, 2 zero. Source: public recordings."""
    raw = (
        (max(0, milliseconds) & ((1 << 48) - 1)).to_bytes(6, "big") + bytes(2) + account.random.randbytes(8) + bytes(2)
    )
    return base64.urlsafe_b64encode(raw).decode("ascii")


def post_event_v1(context: RequestContext, account: Account) -> Response:
    """202 with the event as stored, keys in the recorded order; nulls only where the contract says `x-nulls`."""
    operation, body, now = context.operation, context.body, account.now()
    identifier, happened = event_id(account, int(now * 1000)), body.get("date_happened")
    event = {
        "id": identifier,
        "id_str": str(identifier),
        "title": body.get("title"),
        "text": body.get("text"),
        "date_happened": int(now if happened is None else happened),
        "handle": None,
        "priority": body.get("priority"),
        "related_event_id": None,
        "tags": body.get("tags"),
        "url": f"{EVENT_URL}?id={identifier}",
    }
    if not operation.extensions.get("x-nulls"):
        event = {name: value for name, value in event.items() if value is not None}
    return json_response(operation.success, {"status": "ok", "event": event})


def post_event_v2(context: RequestContext, account: Account) -> Response:
    """202 with the event's id and uid of one moment, in the recorded form (`data.id` is "_" on the live service)."""
    milliseconds = int(account.now() * 1000)
    uid = event_uid(account, milliseconds)
    evt = {"id": str(event_id(account, milliseconds)), "uid": uid}
    data = {"attributes": {"attributes": {"evt": evt}}, "id": "_", "type": "event"}
    return json_response(context.operation.success, {"data": data, "links": {"self": f"{EVENT_URL}?uid={uid}"}})


BEHAVIOURS: Mapping[str, Behaviour] = {
    "CreateEventV1": post_event_v1,
    "CreateEventV2": post_event_v2,
    "SubmitProductAnalyticsEvent": submit_event,
    "QueryProductAnalyticsScalar": query_scalar,
    "QueryProductAnalyticsTimeseries": query_timeseries,
}


def event_v1(context: RequestContext, response: Json) -> list[EventPart]:
    """The one event, with the id that Datadog gave it and the time at which it happened."""
    body = context.body
    happened: Json = body.get("date_happened") if isinstance(body, dict) else None
    when = float(happened) if is_number(happened) and abs(happened) < 1e300 else None
    return [EventPart(text_at(body, "title"), body, None, text_at(response, "event", "id_str"), when)]


def event_v2(context: RequestContext, response: Json) -> list[EventPart]:
    """The one event, with the uid that Datadog gave it."""
    body, uid = context.body, text_at(response, "data", "attributes", "attributes", "evt", "uid")
    name, when = (text_at(body, "data", "attributes", key) for key in ("title", "timestamp"))
    return [EventPart(name, body, None, uid, when)]


def analytics_event(context: RequestContext, _response: Json) -> list[EventPart]:
    """The one event, of its user or else its account."""
    body = context.body
    identity = text_at(body, "usr", "id") or text_at(body, "account", "id")
    return [EventPart(text_at(body, "event", "name"), body, identity=identity, session=text_at(body, "session", "id"))]


EVENTS: Mapping[str, Callable[[RequestContext, Json], list[EventPart]]] = {
    "CreateEventV1": event_v1,
    "CreateEventV2": event_v2,
    "SubmitProductAnalyticsEvent": analytics_event,
    **dict.fromkeys(ANALYTICS, lambda _context, _response: []),
}
"""The events of a request, by operation id."""
