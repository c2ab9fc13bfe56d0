"""Reads and judges one request, the server's own or one that somebody else had: its formalities and its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mockserver.errors import Failure
from mockserver.model import ACCEPTED, Credentials, Json, Operation, Request, Verdict
from mockserver.validation.body import judge, unreadable
from mockserver.validation.decoding import read_json
from mockserver.validation.request import RequestCheck, check_request


class ParsedBody(NamedTuple):
    """What came of a request's body: its value or the failure to read it, and the verdict on the request."""

    body: Json = None
    failure: Failure | None = None
    verdict: Verdict = ACCEPTED


def read_request(
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
    """Decodes and judges a request, whatever will be answered.

    `now` is when it was made, in seconds since the epoch; `max_bytes` bounds the decompressed body where the contract
    does not; `code` is the status that the request asks for. Without `body_known` only what stands outside the body is
    judged.
    """
    found = check_request(operation, request, path_values, credentials, code)
    if not body_known or operation.media_type is None or not (operation.body_required or request.body_size):
        return ParsedBody(verdict=_with(ACCEPTED, found))
    try:
        body = read_json(request, operation.max_body_bytes or max_bytes)
    except Failure as failure:
        verdict = Verdict(violations=(unreadable(failure, operation),))
        return ParsedBody(failure=failure, verdict=_with(verdict, found))
    return ParsedBody(body, None, _with(judge(operation, body, now), found))


def _with(verdict: Verdict, found: RequestCheck) -> Verdict:
    """A verdict on the body together with what was found outside it."""
    if not (found.violations or found.warnings):
        return verdict
    return Verdict(
        found.violations + verdict.violations,
        found.warnings + verdict.warnings,
        found.parameters + verdict.rejections,
    )
