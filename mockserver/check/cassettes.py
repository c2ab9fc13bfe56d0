"""Reads the interactions of cassettes, in YAML and JSON alike: those of vcrpy, Ruby VCR, betamax and go-vcr."""

from typing import Any

from mockserver.check.recorded import (
    RecordedExchange,
    address_of,
    encoded,
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

LISTS = ("interactions", "http_interactions")
"""What the list of interactions is called: by vcrpy and go-vcr, by Ruby VCR and betamax."""


def read_interaction(interaction: Any, number: int, line: int | None) -> RecordedExchange:
    """One interaction; `number` and `line` count from 1. Raises Malformed that names the member of the interaction."""
    interaction = mapping(interaction, "")
    request = mapping(interaction.get("request"), "request")
    method = text_of(request, "method", "request")
    url = text_of(request, "url" if "url" in request and "uri" not in request else "uri", "request")
    headers, body = _headers_and_body(request, "body", "request")
    return RecordedExchange(
        place=f"interaction {number}",
        line=line,
        method=method,
        address=address_of(url),
        headers=headers,
        body=body,
        response=_response(interaction),
        time=seconds_of(interaction["recorded_at"]) if "recorded_at" in interaction else None,
    )


def _response(interaction: dict[str, Any]) -> RecordedResponse | None:
    if interaction.get("response") is None:
        return None
    response = mapping(interaction["response"], "response")
    status: Any = response.get("code", response.get("status", response.get("status_code")))
    code = status_of(status.get("code") if isinstance(status, dict) else status, "response.status.code")
    if not code:
        return None
    headers, body = _headers_and_body(response, "body" if "body" in response else "content", "response")
    return RecordedResponse(code, headers, body or b"", whole=body is not None)


def _headers_and_body(message: dict[str, Any], name: str, place: str) -> tuple[Headers, bytes | None]:
    """The headers of a request or response, and its body, the member `name`; None where its bytes are not known."""
    headers, held = headers_of(message.get("headers"), f"{place}.headers"), message.get(name)
    body = _body(held, f"{place}.body")
    if body is None:
        return headers, None
    text = held.get("string") if isinstance(held, dict) else held
    return without_stale_coding(headers, text if isinstance(text, str) else None, body)


def _body(body: Any, place: str) -> bytes | None:
    """A body as bytes: b"" where there is none, None in a form that nobody knows."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return encoded(body)
    if isinstance(body, dict):
        if isinstance(body.get("base64_string"), str):
            return from_base64(body["base64_string"], f"{place}.base64_string")
        if "string" in body or not body.keys() - {"encoding"}:
            return _body(body.get("string"), f"{place}.string")
    return None
