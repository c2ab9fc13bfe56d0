"""Makes documented responses: the media type that the client accepts, an example that fits or a made value, headers."""

from __future__ import annotations

import random

from mockserver.contracts.contents import Body, Content, ResponseContract
from mockserver.http.media import acceptable
from mockserver.model import Evidence, Headers, Request, Response, Violation
from mockserver.operations import NO_PREFERENCES, Operation, Preferences

WITHOUT_BODY = frozenset({204, 205, 304})
NO_HEADERS: Headers = ()
RFC_9110 = Evidence("documented", "RFC 9110, 12.5.1 Accept")
RFC_7240 = Evidence("documented", "RFC 7240, Prefer")


def documented_response(
    operation: Operation, status: int, request: Request, preferences: Preferences, chance: random.Random
) -> Response:
    """The response that the contract documents for a status: in the first documented media type that the client accepts
    (the first of all where it accepts none), with a documented example that fits its schema, else a made value that
    does, and with all documented headers."""
    contract = operation.response_for(status)
    if contract is None:
        return Response(status, b"", b"")
    headers = made_headers(contract)
    if not contract.contents or status in WITHOUT_BODY or status < 200:
        return Response(status, b"", b"", headers)
    content = accepted_content(contract, request)
    warnings: tuple[Violation, ...] = ()
    if content is None:
        content, warnings = contract.contents[0], (_unacceptable(contract, request),)
    body, applied = content.usual, NO_HEADERS
    if preferences is not NO_PREFERENCES and (preferences.example is not None or preferences.dynamic):
        body, applied, more = _preferred(content, preferences, chance)
        warnings += more
    data = b"" if operation.method == "HEAD" else body.data
    return Response(status, data, body.content_type, headers + applied, warnings=warnings)


def is_acceptable(operation: Operation, request: Request) -> bool:
    """Whether the client accepts a media type of the documented success."""
    contract = operation.response_for(operation.success)
    return contract is None or not contract.contents or accepted_content(contract, request) is not None


def made_headers(contract: ResponseContract) -> Headers:
    """The documented headers of a response with their examples or made values; those that the contract fixes are not
    among them."""
    if not contract.documented_headers:
        return ()
    fixed = {name for name, _ in contract.headers}
    lines = [header.line for header in contract.documented_headers]
    return tuple(line for line in lines if line is not None and line[0] not in fixed)


def accepted_content(contract: ResponseContract, request: Request) -> Content | None:
    """The documented media type that the client prefers; None where it accepts none."""
    accept = request.header(b"accept")
    if accept is None or accept == b"*/*":
        return contract.contents[0]
    headers = b",".join(value for name, value in request.headers if name == b"accept")
    number = acceptable(headers.decode("latin-1"), [each.media_type for each in contract.contents])
    return None if number is None else contract.contents[number]


def _unacceptable(contract: ResponseContract, request: Request) -> Violation:
    documented = ", ".join(each.media_type for each in contract.contents)
    accept = (request.header(b"accept") or b"").decode("latin-1")
    message = f"Accept names none of the documented media types: {documented}"
    return Violation("", "accept", message, RFC_9110, accept[:120], parameter="Accept", level="warning")


def _preferred(
    content: Content, preferences: Preferences, chance: random.Random
) -> tuple[Body, Headers, tuple[Violation, ...]]:
    """The body that the request prefers, the header that says so, and a warning where it cannot be had."""
    if preferences.example is not None:
        if preferences.example in content.fitting:
            applied = b"example=" + preferences.example.encode("latin-1", "replace")
            return content.body_of(content.fitting[preferences.example]), ((b"preference-applied", applied),), ()
        names = ", ".join(name for name in content.fitting if name) or "none"
        message = f"there is no example {preferences.example!r} that fits its schema; documented are: {names}"
        return content.usual, (), (Violation("", "prefer", message, RFC_7240, parameter="Prefer", level="warning"),)
    if not content.made:
        return content.usual, (), ()
    return content.body_of(chance.choice(content.made)), ((b"preference-applied", b"dynamic=true"),), ()
