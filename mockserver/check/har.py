"""Reads HAR 1.2 entry by entry, so that a file of any size takes the memory of its largest entry."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from mockserver.check.recorded import (
    Malformed,
    Recorded,
    address_of,
    from_base64,
    mapping,
    raw,
    request_of,
    seconds_of,
    text_of,
    undone,
)
from mockserver.judging import Response
from mockserver.model import Headers

OURS = "mockserver"
"""The creator of the HAR files that keep bodies as they were on the wire; others have undone content codings."""


def read_entry(entry: Any, number: int, creator: str) -> Recorded:
    """One member of `log.entries`; `number` counts from 1. Raises Malformed that names the member of the entry."""
    entry = mapping(entry, "")
    sent = mapping(entry.get("request"), "request")
    method, address = text_of(sent, "method", "request"), address_of(text_of(sent, "url", "request"))
    headers = _headers(sent.get("headers"), "request.headers")
    body = _posted(sent)
    if creator != OURS:
        headers = undone(headers, body or b"")
    return Recorded(
        place=f"entry {number}",
        line=None,
        host=address.host,
        port=address.port,
        vendor=None,
        request=request_of(method, address, headers, body or b""),
        response=_response(entry, creator),
        time=seconds_of(entry.get("startedDateTime")),
        body_known=body is not None,
    )


def _posted(request: dict[str, Any]) -> bytes | None:
    """The body of a request, b"" where it has none, None where it has one that was not recorded."""
    posted = request.get("postData")
    if not isinstance(posted, dict):
        return None if _positive(request.get("bodySize")) else b""
    text = posted.get("text")
    if isinstance(text, str) and (text or not _positive(request.get("bodySize"))):
        cut = str(posted.get("comment", "")).startswith("the first ")
        body = from_base64(text, "request.postData.text") if posted.get("encoding") == "base64" else raw(text)
        return None if cut else body
    params = posted.get("params")
    if isinstance(params, list) and params:
        pairs = [(str(each.get("name", "")), str(each.get("value", ""))) for each in params if isinstance(each, dict)]
        return urlencode(pairs).encode("ascii")
    return None


def _response(entry: dict[str, Any], creator: str) -> Response | None:
    answered = mapping(entry.get("response"), "response")
    status = answered.get("status")
    if not isinstance(status, int) or isinstance(status, bool):
        raise Malformed("response.status", "a number")
    if not status:
        return None
    content = answered.get("content")
    content = content if isinstance(content, dict) else {}
    text = content.get("text")
    if isinstance(text, str):
        body = from_base64(text, "response.content.text") if content.get("encoding") == "base64" else raw(text)
    else:
        body = b""
    whole = isinstance(text, str) or not (_positive(content.get("size")) or _positive(answered.get("bodySize")))
    headers = _headers(answered.get("headers"), "response.headers")
    if not any(name == b"content-type" for name, _ in headers) and content.get("mimeType") not in (
        None,
        "",
        "x-unknown",
    ):
        headers += ((b"content-type", raw(str(content["mimeType"]))),)
    return Response(status, headers if creator == OURS else undone(headers, body), body, whole)


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
            found.append((raw(name.lower()), raw(str(header.get("value", "")))))
    return tuple(found)


def _positive(value: Any) -> bool:
    return not isinstance(value, (bool, str)) and value is not None and value > 0
