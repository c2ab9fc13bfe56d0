"""Reads a line of our own journal, as `mockserver export --format jsonl` writes it."""

from typing import Any

from mockserver.check.recorded import (
    Address,
    Malformed,
    RecordedExchange,
    address_of,
    encoded,
    from_base64,
    mapping,
    seconds_of,
    text_of,
)
from mockserver.model import Headers
from mockserver.support.numbers import is_integer
from mockserver.validation.response import RecordedResponse


def read_line(exchange: Any, number: int) -> RecordedExchange:
    """One line, `number` counting from 1. Raises Malformed that names the member of the exchange."""
    exchange = mapping(exchange, "")
    request, response = mapping(exchange.get("request"), "request"), mapping(exchange.get("response"), "response")
    headers = _headers(request.get("headers"), "request.headers")
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    server, query = address_of(f"http://{host}/"), encoded(str(exchange.get("query") or ""))
    vendor, body = exchange.get("vendor"), _body(request, "request")
    return RecordedExchange(
        place=f"line {number}",
        line=number,
        method=text_of(exchange, "method", ""),
        address=Address(server.host, server.port, text_of(exchange, "path", ""), query),
        headers=headers,
        body=None if request.get("truncated") else body,
        response=_response(response),
        time=seconds_of(exchange.get("received")),
        vendor=vendor if isinstance(vendor, str) else None,
        size=exchange.get("bytes"),
    )


def _response(response: dict[str, Any]) -> RecordedResponse | None:
    status = response.get("status")
    if status is None:
        return None
    if not is_integer(status):
        raise Malformed("response.status", "a number")
    headers = _headers(response.get("headers"), "response.headers")
    return RecordedResponse(status, headers, _body(response, "response"), whole=not response.get("truncated"))


def _body(holder: dict[str, Any], place: str) -> bytes:
    if "body_base64" in holder:
        return from_base64(text_of(holder, "body_base64", place), f"{place}.body_base64")
    return encoded(text_of(holder, "body", place))


def _headers(listed: Any, place: str) -> Headers:
    if not isinstance(listed, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in listed):
        raise Malformed(place, "a list of [name, value]")
    return tuple((encoded(str(name).lower()), encoded(str(value))) for name, value in listed)
