"""Satori: the server-event endpoint of a gRPC gateway, with protobuf's JSON errors and gRPC codes."""

from __future__ import annotations

import re

from mockserver.accounts.account import Account
from mockserver.errors import Failure
from mockserver.http.statuses import phrase
from mockserver.model import EventPart, FailureKind, Headers, Json, Operation, RequestContext, Response, Violation
from mockserver.support.pointers import position_of
from mockserver.vendors.base import Behaviour, Problem, Vendor, sample_response, text_at

GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 500: 13, 501: 12, 503: 14}
"""HTTP status → gRPC code, the gateway's table read backwards. 2 (UNKNOWN) stands for any other."""

_FOUND_WHILE_DECODING = frozenset({"type", "pattern", "format", "minimum", "maximum", "not", "oneOf", "anyOf"})
_REQUIRED_FIELD = re.compile(r"/events(/\d+/(name|timestamp))?")
_JITER_PLACE = re.compile(r"^(?P<what>.*) at line (?P<line>\d+) column (?P<column>\d+)$", re.DOTALL)


class Satori(Vendor):
    name = "satori"

    def behaviour(self, operation: Operation) -> Behaviour:
        return server_event if operation.id == "ServerEvent" else sample_response

    def code(self, status: int) -> int:
        return GRPC_CODES.get(status, 2)

    def wrong_method(self, operation: Operation) -> Failure:
        """The gateway answers 501 with code 12 (a sibling service does)."""
        return Failure(FailureKind.WRONG_METHOD, "Method Not Allowed", status=501)

    def refuses_before_credentials(self, violation: Violation) -> bool:
        """protobuf's JSON decoder finds wrong types before the handler looks at the credential."""
        return violation.rule in _FOUND_WHILE_DECODING and not _is_unset(violation)

    def problems(self, operation: Operation, failure: Failure, status: int) -> list[Problem]:
        """One problem: the gateway reports the first only."""
        if failure.violations:
            decoding = [violation for violation in failure.violations if self.refuses_before_credentials(violation)]
            first = (decoding or list(failure.violations))[0]
            return [Problem(_decoding_message(first, failure.text()) if decoding else _event_message(first))]
        if failure.kind is FailureKind.UNREADABLE:
            return [Problem(_syntax_message(failure.detail))]
        if failure.kind is FailureKind.CREDENTIAL_MISSING:
            return [Problem("API key required")]
        if failure.kind is FailureKind.CREDENTIAL_INVALID:
            return [Problem("API key invalid")]
        if failure.kind is FailureKind.TOO_LARGE:
            return [Problem("http: request body too large")]
        return [Problem(failure.detail or phrase(status))]

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        if context.operation.id != "ServerEvent":
            return super().events(context, response)
        listed = context.body.get("events") if isinstance(context.body, dict) else None
        return [_part(event) for event in listed if isinstance(event, dict)] if isinstance(listed, list) else []

    def headers(self, operation: Operation, status: int, problems: list[Problem]) -> Headers:
        """On 401 `WWW-Authenticate` repeats the message (a sibling service does)."""
        if status == 401 and problems:
            return ((b"www-authenticate", problems[0].message.encode("latin-1", "replace")),)
        return ()


def server_event(context: RequestContext, account: Account) -> Response:
    """200 `{}`: the batch is taken, and each of its events is kept or thrown away by itself."""
    from mockserver.vendors.satori.state import satori_memory_of  # noqa: PLC0415 - only who is sent events needs it

    memory, now = satori_memory_of(account), account.now()
    event_outcomes = tuple(memory.take(event, now) for event in context.body.get("events") or ())
    return Response(context.operation.success, b"{}", event_outcomes=event_outcomes)


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


def _decoding_message(violation: Violation, text: str) -> str:
    """protobuf's wording for a value of the wrong type, with its line and column in the body."""
    line, column = position_of(text, violation.pointer)
    place = f"(line {line}:{column})"
    if violation.rule == "not" and isinstance(violation.limit, dict) and "required" in violation.limit:
        return f'proto: {place}: duplicate field "{violation.limit["required"][-1]}"'
    kinds = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    if violation.rule == "type" and {"object", "array"} & set(kinds):
        return f"proto: syntax error {place}: unexpected token {_token(text, violation.pointer)}"
    *above, last = violation.pointer.split("/")
    name, shown = _json_name(last), violation.value or ""
    if above[-1:] == ["metadata"]:
        return f"proto: {place}: invalid value for string field value: {shown}"
    if name == "timestamp":
        return f"proto: {place}: invalid google.protobuf.Timestamp value {shown}"
    kind = "int64" if name in ("sessionIssuedAt", "sessionExpiresAt") else "string"
    return f"proto: {place}: invalid value for {kind} field {name}: {shown}"


def _token(text: str, pointer: str) -> str:
    """The first token of the value at a place: a bracket, or the whole of a plain value."""
    line, column = position_of(text, pointer)
    rest = text.split("\n")[line - 1][column - 1 :]
    found = re.match(r'[{\[]|"(?:[^"\\\\]|\\\\.)*"|[^\s,\]}]+', rest)
    return found[0][:80] if found else rest[:1] or "null"


def _syntax_message(detail: str) -> str:
    place = _JITER_PLACE.match(detail)
    if place is None:
        return f"proto: syntax error (line 1:1): {detail}"
    what = re.sub(r"^Detected duplicate key", "duplicate field", place["what"])
    return f"proto: syntax error (line {place['line']}:{place['column']}): {what}"


def _event_message(violation: Violation) -> str:
    place = re.sub(r"/(\d+)", r"[\1]", violation.pointer.lstrip("/")).replace("/", ".")
    return f"{place or 'body'}: {'is required' if _is_unset(violation) else violation.message}"


def _is_unset(violation: Violation) -> bool:
    """Whether a required field is null, which counts as unset, or an empty text, which does too."""
    empty = (violation.rule, violation.value) in (("type", "null"), ("minLength", '""'))
    return empty and _REQUIRED_FIELD.fullmatch(violation.pointer) is not None


def _json_name(name: str) -> str:
    """protobuf's JSON name of a field: lowerCamelCase."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
