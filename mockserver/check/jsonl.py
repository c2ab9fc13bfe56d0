"""Reads a line of our own journal, as `mockserver export --format jsonl` writes it."""

from __future__ import annotations

from typing import Any

from mockserver.check.recorded import (
    Address,
    Malformed,
    Recorded,
    address_of,
    from_base64,
    mapping,
    raw,
    request_of,
    seconds_of,
    text_of,
)
from mockserver.model import Headers
from mockserver.support.numbers import is_integer
from mockserver.validation.response import RecordedResponse


def read_line(exchange: Any, number: int) -> Recorded:
    """One line, `number` counting from 1. Raises Malformed that names the member of the exchange."""
    exchange = mapping(exchange, "")
    sent, answered = mapping(exchange.get("request"), "request"), mapping(exchange.get("response"), "response")
    headers = _headers(sent.get("headers"), "request.headers")
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    named = address_of(f"http://{host}/")
    query = raw(str(exchange.get("query") or ""))
    address = Address(named.host, named.port, text_of(exchange, "path", ""), query)
    vendor = exchange.get("vendor")
    body, size = _body(sent, "request"), exchange.get("bytes")
    return Recorded(
        place=f"line {number}",
        line=number,
        host=address.host,
        port=address.port,
        vendor=vendor if isinstance(vendor, str) else None,
        request=request_of(
            text_of(exchange, "method", ""), address, headers, body, size if isinstance(size, int) else 0
        ),
        response=_response(answered),
        time=seconds_of(exchange.get("received")),
        body_known=not sent.get("truncated"),
    )


def _response(answered: dict[str, Any]) -> RecordedResponse | None:
    status = answered.get("status")
    if status is None:
        return None
    if not is_integer(status):
        raise Malformed("response.status", "a number")
    headers = _headers(answered.get("headers"), "response.headers")
    return RecordedResponse(status, headers, _body(answered, "response"), whole=not answered.get("truncated"))


def _body(holder: dict[str, Any], place: str) -> bytes:
    if "body_base64" in holder:
        return from_base64(text_of(holder, "body_base64", place), f"{place}.body_base64")
    return raw(text_of(holder, "body", place))


def _headers(listed: Any, place: str) -> Headers:
    if not isinstance(listed, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in listed):
        raise Malformed(place, "a list of [name, value]")
    return tuple((raw(str(name).lower()), raw(str(value))) for name, value in listed)
