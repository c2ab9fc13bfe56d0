"""Maps each failure to a status, and makes the problem documents that are our own responses."""

import orjson

from mockserver.errors import Failure
from mockserver.http.statuses import phrase
from mockserver.model import FailureKind, Json, Response
from mockserver.operations import Operation

STATUSES: dict[FailureKind, tuple[int, ...]] = {
    FailureKind.UNREADABLE: (400, 422),
    FailureKind.INVALID: (400, 422),
    FailureKind.ENCODING_UNKNOWN: (415, 400),
    FailureKind.MEDIA_TYPE: (415, 400, 422),
    FailureKind.TOO_LARGE: (413, 400),
    FailureKind.RATE_LIMITED: (429,),
    FailureKind.WRONG_METHOD: (405,),
    FailureKind.UNKNOWN_PATH: (404,),
    FailureKind.BUG: (500,),
}
"""The statuses of a failure, best first: the first one that the operation documents, else the first of all."""

PROBLEM_JSON = b"application/problem+json"


def status_of(operation: Operation, failure: Failure) -> int:
    """The status of the response to a failure of an operation."""
    if failure.status is not None:
        return failure.status
    if failure.kind in operation.credential_statuses:
        return operation.credential_statuses[failure.kind]
    choices = STATUSES[failure.kind]
    return next((status for status in choices if status in operation.responses), choices[0])


def problem_response(status: int, detail: str, **members: Json) -> Response:
    """An RFC 9457 problem document: our response where no vendor's envelope applies."""
    title = phrase(status)
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return Response(status, orjson.dumps(body), PROBLEM_JSON)
