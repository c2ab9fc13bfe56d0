"""Satori: server events, taken by a gRPC gateway."""

from collections.abc import Mapping
from typing import ClassVar

from mockserver.errors import Failure
from mockserver.http.statuses import phrase
from mockserver.model import EventPart, FailureKind, Headers, Json, Operation, RequestContext, Violation
from mockserver.vendors.base import Behaviour, Problem, Vendor
from mockserver.vendors.satori import wording
from mockserver.vendors.satori.behaviour import server_event, server_events
from mockserver.vendors.satori.settings import SatoriSettings


class SatoriVendor(Vendor):
    behaviours: ClassVar[Mapping[str, Behaviour]] = {"ServerEvent": server_event}
    settings = SatoriSettings
    key_prefix = "mock-satori-"
    handle = "mockserver.vendors.satori.handle:Satori"
    views = "mockserver.vendors.satori.views:VIEWS"
    dialect = "mockserver.vendors.satori.pages:DIALECT"

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

    def refuses_before_credentials(self, violation: Violation) -> bool:
        return wording.breaks_decoding(violation)
