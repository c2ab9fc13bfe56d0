"""Reads the interactions of cassettes, in YAML and JSON alike: those of vcrpy, Ruby VCR, betamax and go-vcr."""

from __future__ import annotations

from typing import Any

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
    undone,
)
from mockserver.model import Headers
from mockserver.validation.response import RecordedResponse

LISTS = ("interactions", "http_interactions")
"""What the list of interactions is called: by vcrpy and go-vcr, by Ruby VCR and betamax."""


def read_interaction(interaction: Any, number: int, line: int | None) -> Recorded:
    """One interaction; `number` and `line` count from 1. Raises Malformed that names the member of the interaction."""
    interaction = mapping(interaction, "")
    sent = mapping(interaction.get("request"), "request")
    method, url = sent.get("method"), sent.get("uri", sent.get("url"))
    if not isinstance(method, str):
        raise Malformed("request.method", "text")
    if not isinstance(url, str):
        raise Malformed("request.uri", "text")
    address = address_of(url)
    headers, body = _fitting(_headers(sent.get("headers"), "request.headers"), sent.get("body"), "request.body")
    return Recorded(
        place=f"interaction {number}",
        line=line,
        host=address.host,
        port=address.port,
        vendor=None,
        request=request_of(method, address, headers, body or b""),
        response=_response(interaction),
        time=seconds_of(interaction["recorded_at"]) if "recorded_at" in interaction else None,
        body_known=body is not None,
    )


def _response(interaction: dict[str, Any]) -> RecordedResponse | None:
    answered = interaction.get("response")
    if answered is None:
        return None
    answered = mapping(answered, "response")
    status: Any = answered.get("code", answered.get("status", answered.get("status_code")))
    status = status.get("code") if isinstance(status, dict) else status
    code = status_of(status, "response.status.code")
    if not code:
        return None
    headers = _headers(answered.get("headers"), "response.headers")
    headers, body = _fitting(headers, answered.get("body", answered.get("content")), "response.body")
    return RecordedResponse(code, headers, body or b"", whole=body is not None)


def _fitting(headers: Headers, recorded: Any, place: str) -> tuple[Headers, bytes | None]:
    """The body with the headers that fit it, whether the recorder undid its content coding or not."""
    body = _body(recorded, place)
    if body is None:
        return headers, None
    text = recorded.get("string") if isinstance(recorded, dict) else recorded
    return undone(headers, text if isinstance(text, str) else None, body)


def _body(body: Any, place: str) -> bytes | None:
    """A body as bytes, b"" where there is none, None where it is in a form that its text cannot be had from."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return raw(body)
    if isinstance(body, dict):
        encoded = body.get("base64_string")
        if isinstance(encoded, str):
            return from_base64(encoded, f"{place}.base64_string")
        if "string" in body or not body.keys() - {"encoding"}:
            return _body(body.get("string"), f"{place}.string")
    return None


def _headers(given: Any, place: str) -> Headers:
    """Headers by name, each with one value or a list of them."""
    if given is None:
        return ()
    return tuple(
        (header_text(name, place).lower(), header_text(value, f"{place}.{name}"))
        for name, values in mapping(given, place).items()
        for value in (values if isinstance(values, list) else [values])
    )
