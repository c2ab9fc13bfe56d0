"""Judges one request, the server's own or one that somebody else received: what stands outside its body, and the
body."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from mockserver.errors import Failure
from mockserver.model import ACCEPTED, Json, Request, Verdict
from mockserver.operations import Credentials, Operation
from mockserver.validation.body import judge_body
from mockserver.validation.contents import judge_content
from mockserver.validation.decoding import read_json
from mockserver.validation.request import check_request
from mockserver.validation.unreadable import unreadable

UNKNOWN_TIME = math.nan
"""The time of a request of which nobody knows when it was made: it breaks no rule about time."""


class ParsedBody(NamedTuple):
    """A request's body: its value or the failure to read it, and the verdict on the whole request."""

    body: Json = None
    failure: Failure | None = None
    verdict: Verdict = ACCEPTED


def judge_request(
    operation: Operation,
    request: Request,
    path_values: Mapping[str, str],
    credentials: Credentials,
    now: float,
    max_bytes: int,
    *,
    code: int | None = None,
    body_known: bool = True,
) -> ParsedBody:
    """Decodes and judges a request, whatever the response will be.

    `now` is when it was made, in seconds since the epoch; `max_bytes` bounds the decompressed body where the contract
    does not; `code` is the status that the request asks for. Without `body_known` only what stands outside the body is
    judged.
    """
    outside = check_request(operation, request, path_values, credentials, code)
    if operation.by_media_type:
        if not body_known:
            return ParsedBody(verdict=outside)
        value, failure, verdict = judge_content(operation, request, operation.max_body_bytes or max_bytes, now)
        return ParsedBody(value, failure, _joined(outside, verdict))
    if not body_known or operation.media_type is None or not (operation.body_required or request.body_size):
        return ParsedBody(verdict=outside)
    try:
        empty = operation.extensions.get("x-empty-body")
        body = read_json(request, operation.max_body_bytes or max_bytes, empty)
    except Failure as failure:
        verdict = Verdict((unreadable(failure, request, operation.evidence),))
        return ParsedBody(failure=failure, verdict=_joined(outside, verdict))
    return ParsedBody(body, None, _joined(outside, judge_body(operation, body, now)))


def _joined(outside: Verdict, body: Verdict) -> Verdict:
    """The verdict on a whole request, what stands outside its body first."""
    if outside is ACCEPTED:
        return body
    return Verdict(*(first + second for first, second in zip(outside, body, strict=True)))
