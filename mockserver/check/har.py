"""Reads HAR 1.2 entry by entry, so that a file of any size takes the memory of its largest entry."""

from decimal import Decimal
from typing import Any

from mockserver.check.recorded import (
    Malformed,
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

OURS = "mockserver"
"""The creator of HAR files that hold bodies as they were on the wire; other programs decompress them."""
SANITIZED = {"WebInspector": frozenset({b"authorization", b"cookie"})}
"""The headers of requests that a program leaves out of the HAR files that it writes by default: Chrome, since 130."""
CUT = "_truncated"
"""The member with which our exports mark a body of which only the beginning was kept."""


def read_entry(entry: Any, number: int, line: int, creator: str) -> RecordedExchange:
    """One member of `log.entries`; `number` and `line` count from 1. Raises Malformed that names the member of the
    entry."""
    entry = mapping(entry, "")
    request = mapping(entry.get("request"), "request")
    method, url = text_of(request, "method", "request"), text_of(request, "url", "request")
    headers, body = _request_body(request, creator)
    return RecordedExchange(
        place=f"entry {number}",
        line=line,
        method=method,
        address=address_of(url),
        headers=headers,
        body=body,
        response=_response(entry, creator),
        time=seconds_of(entry.get("startedDateTime")),
        size=request.get("bodySize"),
        unrecorded=SANITIZED.get(creator, frozenset()),
    )


def _request_body(request: dict[str, Any], creator: str) -> tuple[Headers, bytes | None]:
    """The headers and the body of a request: b"" where it has none, None where it has one that was not recorded."""
    headers, post_data = _headers(request.get("headers"), "request.headers"), request.get("postData")
    size = request.get("bodySize")
    if not isinstance(post_data, dict):
        return headers, None if size != 0 or _announces_body(headers) else b""
    text = post_data.get("text")
    if isinstance(text, str) and (text or not _positive(size)):
        return _body(headers, text, post_data, "request.postData.text", creator)
    if post_data.get("params"):
        return headers, form_of(post_data["params"], "request.postData.params")
    return headers, None


def _response(entry: dict[str, Any], creator: str) -> RecordedResponse | None:
    if entry.get("response") is None:
        return None
    response = mapping(entry["response"], "response")
    status = status_of(response.get("status"), "response.status")
    if not status:
        return None
    content = response.get("content")
    content = content if isinstance(content, dict) else {}
    headers, text = _headers(response.get("headers"), "response.headers"), content.get("text")
    if isinstance(text, str):
        headers, body = _body(headers, text, content, "response.content.text", creator)
    else:
        empty = content.get("size") == 0 and not _positive(response.get("bodySize")) and not _announces_body(headers)
        body = b"" if empty else None
    media_type = content.get("mimeType")
    if not any(name == b"content-type" for name, _ in headers) and media_type not in (None, "", "x-unknown"):
        headers += ((b"content-type", encoded(str(media_type))),)
    return RecordedResponse(status, headers, body or b"", whole=body is not None)


def _body(
    headers: Headers, text: str, holder: dict[str, Any], place: str, creator: str
) -> tuple[Headers, bytes | None]:
    """The body that a recording holds as text, with the headers that fit it; None where it does not hold all of it."""
    in_base64 = holder.get("encoding") == "base64"
    body: bytes | None = from_base64(text, place) if in_base64 else encoded(text)
    if holder.get(CUT):
        return headers, None
    if creator != OURS:
        headers, body = without_stale_coding(headers, None if in_base64 else text, body or b"")
    return headers, body


def _announces_body(headers: Headers) -> bool:
    """Whether the headers announce a body."""
    length = next((value for name, value in headers if name == b"content-length"), b"")
    return (length.isdigit() and int(length[:20]) > 0) or any(name == b"transfer-encoding" for name, _ in headers)


def _headers(listed: Any, place: str) -> Headers:
    if listed is not None and not isinstance(listed, list):
        raise Malformed(place, "a list of {name, value}")
    return headers_of(listed, place)


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and value > 0
