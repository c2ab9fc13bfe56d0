"""Satori: server events, taken by a gRPC gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from mockserver.errors import Failure
from mockserver.http.statuses import phrase
from mockserver.model import EventPart, FailureKind, Headers, Json, Response, Violation
from mockserver.operations import Operation, RequestContext
from mockserver.vendors.base import Behaviour, Problem, Vendor, text_at
from mockserver.vendors.satori import wording
from mockserver.vendors.satori.settings import SatoriSettings

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


class SatoriVendor(Vendor):
    behaviours: ClassVar[Mapping[str, Behaviour]] = {"ServerEvent": server_event}
    settings = SatoriSettings
    key_prefix = "mock-satori-"
    handle = "mockserver.vendors.satori.handle:Satori"
    views = "mockserver.vendors.satori.views:VIEWS"
    dialect = "mockserver.vendors.satori.pages:DIALECT"
    documentation: ClassVar[Mapping[str, str]] = {
        "How to Send Server-Side Analytic Events": "https://heroiclabs.com/docs/satori/guides/server-events"
    }

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        if context.operation.id == "ServerEvent":
            return server_events(context)
        return super().events(context, response)

    def problems(self, operation: Operation, failure: Failure, status: int) -> list[Problem]:
        """One problem: the gateway reports the first only."""
        if failure.violations:
            decoding = [violation for violation in failure.violations if wording.breaks_decoding(violation)]
            if decoding:
                return [Problem(wording.decoding_message(decoding[0], failure.text()))]
            return [Problem(wording.event_message(failure.violations[0]))]
        if failure.kind is FailureKind.UNREADABLE:
            return [Problem(wording.syntax_message(failure))]
        return [Problem(wording.MESSAGES.get(failure.kind) or failure.detail or phrase(status))]

    def code(self, status: int) -> int:
        return wording.GRPC_CODES.get(status, 2)

    def headers(self, operation: Operation, status: int, problems: list[Problem]) -> Headers:
        """On 401 `WWW-Authenticate` repeats the message (a sibling service does)."""
        if status == 401 and problems:
            return ((b"www-authenticate", problems[0].message.encode("latin-1", "replace")),)
        return ()

    def wrong_method(self, operation: Operation) -> Failure:
        """The gateway answers 501 with code 12 (a sibling service does)."""
        return Failure(FailureKind.WRONG_METHOD, "Method Not Allowed", status=501)

    def unknown_path(self, operation: Operation) -> Failure:
        """The gateway answers 404 with code 5."""
        return Failure(FailureKind.UNKNOWN_PATH, "Not Found")

    def refuses_before_credentials(self, violation: Violation) -> bool:
        return wording.breaks_decoding(violation)
