"""Judges what only an exchange of somebody else has: masked credentials, an unknown time, and the response."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from mockserver.errors import Failure
from mockserver.model import (
    Credential,
    Credentials,
    FailureKind,
    Headers,
    Json,
    Operation,
    Request,
    ResponseContract,
    Violation,
)
from mockserver.validation.body import by_place, explained
from mockserver.validation.credentials import read_credentials
from mockserver.validation.decoding import decompressed, parse_json
from mockserver.validation.request import is_json, undocumented

UNKNOWN_TIME = math.nan
"""The time of a request of which nobody knows when it was made: no rule about time holds against it."""

WITHOUT_BODY = frozenset({204, 205, 304})
MASKED = re.compile(
    r"…[0-9a-f]{12}$|^\W*(?:redacted|filtered|masked|hidden|removed|sanitized|scrubbed|secret|dummy|fake|x{3,})\b"
    r"|^[*#.•]{3,}$|^<[^>]+>$|^\[[^\]]+\]$|^\{+[^}]+\}+$",
    re.IGNORECASE,
)
"""What recorders write in place of a credential: our own mask, and the words and marks that are usual elsewhere."""


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """A response as it came. `body` is raw, still compressed; `whole` says that all of it is there."""

    status: int
    headers: Headers
    body: bytes
    whole: bool = True

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header; `name` in lower case."""
        return next((value for key, value in self.headers if key == name), None)


def judge_response(
    operation: Operation, response: RecordedResponse, max_bytes: int, *, any_status: bool = False
) -> tuple[Violation, ...]:
    """Every way in which a response departs from the contract of its operation, sorted by place.

    Rules of our own: `status` for one that the contract does not document (`any_status`: it documents a default for
    the others), `content-type`, and those of a body that cannot be read. A body that is not whole, or in a content
    coding that is not read here, is not judged.
    """
    contract = operation.responses.get(response.status)
    if contract is None:
        if any_status:
            return ()
        message = f"{operation.id} documents {', '.join(map(str, sorted(operation.responses)))}"
        return (Violation("", "status", message, operation.evidence, value=str(response.status)),)
    if contract.schema is None or operation.method == "HEAD" or response.status in WITHOUT_BODY:
        return ()
    found = _content_type(operation, contract, response)
    if response.whole:
        found += _response_body(operation, contract, response, max_bytes)
    return by_place(found)


def with_default(document: Mapping[str, Json], operations: Iterable[Operation]) -> frozenset[str]:
    """The ids of the operations for which a contract documents a default, for every status that it does not name."""
    paths = document["paths"]
    return frozenset(
        operation.id
        for operation in operations
        if "default" in (paths[operation.path][operation.method.lower()].get("responses") or {})
    )


def wrong_method(operation: Operation, allowed: Iterable[str]) -> Violation:
    """The violation of a request to the path of an operation with a method that the path does not have."""
    return undocumented("method", f"{operation.path} takes {', '.join(sorted(allowed))}", operation.evidence)


def credentials_of(operation: Operation, request: Request) -> Credentials:
    """What a recorded request presented, a credential that the recorder masked counting as a good one."""
    credentials = read_credentials(operation, request)
    credential, application = credentials.credential, credentials.application_key
    if not credential:
        credential = next((MASK for accepted in operation.credentials if _is_masked(accepted, request)), "")
    wanted = operation.application_key
    if not application and wanted is not None and _is_masked(wanted, request):
        application = MASK
    return Credentials(credential, application, credentials.malformed and not credential)


MASK = "masked"
EVERY_CREDENTIAL = Credentials(MASK, MASK)
"""What a request presents of which the recorder is known to have left the credentials out."""


def _is_masked(credential: Credential, request: Request) -> bool:
    """Whether something stands in place of a credential that a recorder would put there."""
    if credential.location == "query":
        return bool(parse_qs(request.query.decode("latin-1")).get(credential.name, [""])[0])
    raw = request.header(credential.header)
    text = raw.decode("utf-8", "replace").strip() if raw else ""
    if credential.scheme != "apiKey" and " " in text:
        scheme, _, text = text.partition(" ")
        if scheme.lower() != credential.scheme:
            return False
    return MASKED.search(text.strip()) is not None


def _content_type(
    operation: Operation, contract: ResponseContract, response: RecordedResponse
) -> tuple[Violation, ...]:
    given = response.header(b"content-type")
    if given is None and response.whole and not response.body:
        return ()
    text = given.decode("latin-1") if given is not None else ""
    expected, actual = _essence(contract.content_type), _essence(text)
    if actual == expected or (is_json(given) and is_json(expected.encode("latin-1"))):
        return ()
    message = f"the content type is not {expected}" if actual else "the content type is missing"
    return (Violation("", "content-type", message, operation.evidence, text or None, parameter="Content-Type"),)


def _essence(content_type: str) -> str:
    """A media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _response_body(
    operation: Operation, contract: ResponseContract, response: RecordedResponse, max_bytes: int
) -> tuple[Violation, ...]:
    if contract.schema is None:
        return ()
    try:
        value = _value(contract, response, max_bytes)
    except Failure as failure:
        if failure.kind in (FailureKind.ENCODING_UNKNOWN, FailureKind.TOO_LARGE):
            return ()
        message = failure.detail.replace("request body", "response body")
        return (Violation("", failure.kind.value, message, operation.evidence, _beginning(response.body)),)
    if contract.schema.validator.is_valid(value):
        return ()
    return tuple(explained(contract.schema, value))


def _value(contract: ResponseContract, response: RecordedResponse, max_bytes: int) -> Json:
    """What the schema of a response speaks about: the JSON value, or the text of a media type that is not JSON."""
    carrier = Request("", "", b"", response.headers, response.body, len(response.body))
    data = decompressed(carrier, max_bytes)
    if len(data) > max_bytes:
        raise Failure(FailureKind.TOO_LARGE)
    try:
        return parse_json(data)
    except Failure:
        if is_json(contract.content_type.encode("latin-1")):
            raise
        return data.decode("utf-8", "replace")


def _beginning(body: bytes) -> str | None:
    return json.dumps(body[:60].decode("utf-8", "replace"), ensure_ascii=False) if body else None
