"""Reads HAR 1.2 entry by entry, so that a file of any size takes the memory of its largest entry."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from mockserver.check.recorded import (
    Malformed,
    Recorded,
    address_of,
    from_base64,
    header_text,
    mapping,
    raw,
    request_of,
    seconds_of,
    status_of,
    text_of,
    undone,
)
from mockserver.model import Headers
from mockserver.validation.response import RecordedResponse

OURS = "mockserver"
"""The creator of the HAR files that keep bodies as they were on the wire; others have undone content codings."""
CUT = "_truncated"
"""The member with which our exports mark a body of which only the beginning was kept."""


def read_entry(entry: Any, number: int, line: int, creator: str) -> Recorded:
    """One member of `log.entries`; `number` and `line` count from 1. Raises Malformed that names the member of the
    entry."""
    entry = mapping(entry, "")
    sent = mapping(entry.get("request"), "request")
    method, address = text_of(sent, "method", "request"), address_of(text_of(sent, "url", "request"))
    headers, body = _request_body(sent, creator)
    size = sent.get("bodySize")
    return Recorded(
        place=f"entry {number}",
        line=line,
        host=address.host,
        port=address.port,
        vendor=None,
        request=request_of(
            method, address, headers, body or b"", size if body is None and isinstance(size, int) else 0
        ),
        response=_response(entry, creator),
        time=seconds_of(entry.get("startedDateTime")),
        body_known=body is not None,
    )


def _request_body(request: dict[str, Any], creator: str) -> tuple[Headers, bytes | None]:
    """The headers and the body of a request: b"" where it has none, None where it has one that was not recorded."""
    headers, posted = _headers(request.get("headers"), "request.headers"), request.get("postData")
    size = request.get("bodySize")
    if not isinstance(posted, dict):
        return headers, None if size != 0 or _promised(headers) else b""
    text = posted.get("text")
    if isinstance(text, str) and (text or not _positive(size)):
        return _body(headers, text, posted, "request.postData.text", creator)
    params = posted.get("params")
    if isinstance(params, list) and params:
        pairs = [(_form(each.get("name")), _form(each.get("value"))) for each in params if isinstance(each, dict)]
        return headers, urlencode(pairs).encode("ascii")
    return headers, None


def _response(entry: dict[str, Any], creator: str) -> RecordedResponse | None:
    answered = entry.get("response")
    if answered is None:
        return None
    answered = mapping(answered, "response")
    status = status_of(answered.get("status"), "response.status")
    if not status:
        return None
    content = answered.get("content")
    content = content if isinstance(content, dict) else {}
    headers, text = _headers(answered.get("headers"), "response.headers"), content.get("text")
    if isinstance(text, str):
        headers, body = _body(headers, text, content, "response.content.text", creator)
    else:
        empty = content.get("size") == 0 and not _positive(answered.get("bodySize")) and not _promised(headers)
        body = b"" if empty else None
    named = content.get("mimeType")
    if not any(name == b"content-type" for name, _ in headers) and named not in (None, "", "x-unknown"):
        headers += ((b"content-type", raw(str(named))),)
    return RecordedResponse(status, headers, body or b"", whole=body is not None)


def _body(
    headers: Headers, text: str, holder: dict[str, Any], place: str, creator: str
) -> tuple[Headers, bytes | None]:
    """The body that a recording holds as text, with the headers that fit it; None where it does not hold all of it."""
    encoded = holder.get("encoding") == "base64"
    body: bytes | None = from_base64(text, place) if encoded else raw(text)
    if holder.get(CUT):
        return headers, None
    if creator != OURS:
        headers, body = undone(headers, None if encoded else text, body or b"")
    return headers, body


def _promised(headers: Headers) -> bool:
    """Whether a head says that a body follows."""
    length = next((value for name, value in headers if name == b"content-length"), b"")
    return (length.isdigit() and int(length[:20]) > 0) or any(name == b"transfer-encoding" for name, _ in headers)


def _form(value: Any) -> bytes:
    return raw("" if value is None else str(value))


def _headers(listed: Any, place: str) -> Headers:
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise Malformed(place, "a list of {name, value}")
    found = []
    for number, member in enumerate(listed):
        header = mapping(member, f"{place}[{number}]")
        name = text_of(header, "name", f"{place}[{number}]")
        if not name.startswith(":"):
            found.append((raw(name.lower()), header_text(header.get("value"), f"{place}[{number}].value")))
    return tuple(found)


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and value > 0
