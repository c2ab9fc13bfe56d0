"""Reads what MockServer, the Java program (mockserver-netty), writes as JSON: expectations, and recorded exchanges."""

import json
from typing import Any

from mockserver.check.recorded import (
    RecordedExchange,
    address_of,
    encoded,
    form_of,
    from_base64,
    headers_of,
    mapping,
    seconds_of,
    status_of,
    text_of,
    without_stale_coding,
)
from mockserver.model import Headers
from mockserver.validation.response import RecordedResponse

SIGNS = ("httpRequest", "httpResponse")
"""The members by which an exchange is recognised."""
BODIES = {"STRING": "string", "JSON": "json", "XML": "xml", "BINARY": "base64Bytes", "PARAMETERS": "parameters"}
"""The member that holds a body, by the body's type."""
MATCHERS = frozenset({"REGEX", "JSON_SCHEMA", "JSON_PATH", "XML_SCHEMA", "XPATH"})
"""The types that say of a body only what it is like."""


def read_expectation(exchange: Any, number: int, line: int) -> RecordedExchange:
    """One member of the list; `number` and `line` count from 1. Raises Malformed that names the member.

    An expectation has only the headers that matter to its test; a recorded exchange, which has a `timestamp`, has all.
    A request that names no host was sent to the program itself.
    """
    exchange = mapping(exchange, "")
    request = mapping(exchange.get("httpRequest"), "httpRequest")
    headers, body = _headers_and_body(request, "httpRequest")
    socket = request.get("socketAddress")
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "localhost")
    if isinstance(socket, dict) and socket.get("host"):
        host = f"{socket['host']}:{socket.get('port') or 443}"
    path, query = text_of(request, "path", "httpRequest"), form_of(request.get("queryStringParameters"), "query")
    return RecordedExchange(
        place=f"exchange {number}",
        line=line,
        method=text_of(request, "method", "httpRequest"),
        address=address_of(f"http://{host}{path}")._replace(query=query),
        headers=headers,
        body=body,
        response=_response(exchange),
        time=seconds_of(exchange.get("timestamp")),
        unrecorded=frozenset() if "timestamp" in exchange else None,
    )


def _response(exchange: dict[str, Any]) -> RecordedResponse | None:
    if exchange.get("httpResponse") is None:
        return None
    response = mapping(exchange["httpResponse"], "httpResponse")
    status = status_of(response.get("statusCode", 200), "httpResponse.statusCode")
    headers, body = _headers_and_body(response, "httpResponse")
    return RecordedResponse(status, headers, body or b"", whole=body is not None) if status else None


def _headers_and_body(message: dict[str, Any], place: str) -> tuple[Headers, bytes | None]:
    headers, body = headers_of(message.get("headers"), f"{place}.headers"), _body(message.get("body"), f"{place}.body")
    return (headers, None) if body is None else without_stale_coding(headers, None, body)


def _body(body: Any, place: str) -> bytes | None:
    """A body as bytes: b"" where there is none, None where only a matcher says what it is like."""
    if body is None or isinstance(body, str):
        return encoded(body or "")
    kind = str(body.get("type")) if isinstance(body, dict) else ""
    if kind in MATCHERS or (kind in BODIES and body.get("not")):
        return None
    value = body.get(BODIES[kind]) if kind in BODIES else body  # JSON may stand for itself
    if kind == "BINARY":
        return from_base64(text_of(body, "base64Bytes", place), f"{place}.base64Bytes")
    if kind == "PARAMETERS":
        return form_of(value, f"{place}.parameters")
    return encoded(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=float))
