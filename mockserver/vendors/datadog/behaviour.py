"""Datadog: what its five documented operations answer, and how its envelopes word a failure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from mockserver.accounts.account import Account
from mockserver.errors import Failure
from mockserver.http.statuses import phrase
from mockserver.model import (
    EventPart,
    FailureKind,
    Headers,
    Json,
    Operation,
    Quota,
    RequestContext,
    Response,
    Violation,
)
from mockserver.vendors.base import Behaviour, Problem, Vendor, json_response, sample_response, text_at
from mockserver.vendors.datadog.product_analytics import query_scalar, query_timeseries, submit_event

ID_EPOCH_MS = 1264262866000
ID_RANDOM_BITS = 24
EVENT_URL = "https://app.datadoghq.com/event/event"


class Datadog(Vendor):
    name = "datadog"

    def behaviour(self, operation: Operation) -> Behaviour:
        return _BEHAVIOURS.get(operation.id, sample_response)

    def problems(self, operation: Operation, failure: Failure, status: int) -> list[Problem]:
        if failure.violations:
            problems = super().problems(operation, failure, status)
            return [min(problems, key=_asked_for_first)] if operation.extensions.get("x-first-only") else problems
        if failure.kind in operation.credential_statuses:
            return [_credential_problem(operation, failure.kind)]
        if failure.kind is FailureKind.UNREADABLE:
            return [Problem(f"Malformed payload: {failure.detail}")]
        return [Problem(_scripted_message(operation, status) if not failure.detail else failure.detail)]

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        operation, body = context.operation.id, context.body
        if operation == "CreateEventV1":
            happened: Json = body.get("date_happened") if isinstance(body, dict) else None
            number = isinstance(happened, (int, float)) and not isinstance(happened, bool)
            when = float(happened) if number and abs(happened) < 1e300 else None
            return [EventPart(text_at(body, "title"), body, None, text_at(response, "event", "id_str"), when)]
        if operation == "CreateEventV2":
            uid = text_at(response, "data", "attributes", "attributes", "evt", "uid")
            name, when_text = (text_at(body, "data", "attributes", key) for key in ("title", "timestamp"))
            return [EventPart(name, body, None, uid, when_text)]
        if operation == "SubmitProductAnalyticsEvent":
            identity = text_at(body, "usr", "id") or text_at(body, "account", "id")
            session = text_at(body, "session", "id")
            return [EventPart(text_at(body, "event", "name"), body, identity=identity, session=session)]
        return [] if operation in _ANALYTICS else super().events(context, response)

    def looks_real(self, credential: str) -> bool:
        return re.fullmatch(r"[0-9a-f]{32}", credential) is not None

    def rate_limit_headers(self, operation: Operation, status: int, quota: Quota, reset_in: int) -> Headers:
        """Lower-case names, seconds left (recorded); on other answers than 429 and 503 only where the contract says
        so, for an accepted event v1 carries none (recorded)."""
        if status not in (429, 503) and operation.extensions.get("x-rate-limit", {}).get("headers") != "always":
            return ()
        values = {
            b"x-ratelimit-limit": quota.limit,
            b"x-ratelimit-period": quota.period,
            b"x-ratelimit-remaining": quota.remaining,
            b"x-ratelimit-reset": reset_in,
            b"x-ratelimit-name": quota.name,
        }
        return tuple((name, str(value).encode("latin-1")) for name, value in values.items())

    def problem(self, operation: Operation, violation: Violation) -> Problem:
        """The wording of the recorded replies where there is one, ours in the same form elsewhere."""
        place, message = violation.pointer, violation.message
        if violation.parameter:
            return Problem(message, parameter=violation.parameter)
        if operation.id == "CreateEventV1":
            return Problem(_worded_v1(violation), pointer=place)
        if operation.id == "CreateEventV2":
            if violation.rule == "enum":  # in alphabetical order (recorded)
                options = ", ".join(f'"{option}"' for option in sorted(map(str, violation.limit)))
                message = f"must be one of: [{options}]"
            return Problem(f"JSON validation failed at {_json_path(place)}: value {message}.", pointer=place)
        if operation.id in _ANALYTICS and place == "/data/type" and violation.rule == "enum":
            return Problem(f'API input validation failed: Invalid type. Expected "{violation.limit[0]}".')
        if operation.id in _ANALYTICS:
            return Problem(f"API input validation failed: {place or 'the body'}: {message}.")
        return Problem(f"{place or 'the body'}: {message}", pointer=place)


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


_BEHAVIOURS: Mapping[str, Behaviour] = {
    "CreateEventV1": post_event_v1,
    "CreateEventV2": post_event_v2,
    "SubmitProductAnalyticsEvent": submit_event,
    "QueryProductAnalyticsScalar": query_scalar,
    "QueryProductAnalyticsTimeseries": query_timeseries,
}
_ANALYTICS = frozenset({"QueryProductAnalyticsScalar", "QueryProductAnalyticsTimeseries"})


def _credential_problem(operation: Operation, kind: FailureKind) -> Problem:
    """Intake hosts say one sentence for a missing and an invalid key (reported); the api host says two (recorded), and
    only to a bad key in its full envelope."""
    header = operation.application_key if kind is FailureKind.APPLICATION_KEY_MISSING else operation.credentials[0]
    name = header.name if header else None
    if operation.id in ("CreateEventV2", "SubmitProductAnalyticsEvent"):
        return Problem("API key is missing or invalid", header=name)
    message = "API key required" if kind is FailureKind.CREDENTIAL_MISSING else "Forbidden"
    return Problem(message, header=name, bare=kind is not FailureKind.CREDENTIAL_INVALID)


def _scripted_message(operation: Operation, status: int) -> str:
    limit = operation.extensions.get("x-rate-limit")
    if status == 429 and limit:
        return f"Rate limit of {limit['limit']} requests in {limit['period']} seconds reached. Please try again later."
    return phrase(status)


def _asked_for_first(problem: Problem) -> int:
    """The place of a problem with an event v1 in the order in which the live service looks: title, text, the rest."""
    return {"/title": 0, "/text": 1}.get(problem.pointer or "", 2)


def _worded_v1(violation: Violation) -> str:
    if violation.rule == "time-window":
        return violation.message
    name = violation.pointer.lstrip("/")
    if violation.rule == "required":
        return f"'{name}' is a required field for events"
    return f"'{name}' {violation.message}" if name else f"the body {violation.message}"


def _json_path(pointer: str) -> str:
    """A JSON pointer in the notation of the recorded replies: $.data.attributes.tags[0]."""
    parts = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    return "$" + "".join(f"[{part}]" if re.fullmatch(r"\d+", part) else f".{part}" for part in parts)
