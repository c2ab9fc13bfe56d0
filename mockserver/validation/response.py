"""Judges the response of a real vendor, recorded or seen by the proxy, by the contract of its operation."""

from dataclasses import dataclass

from mockserver.errors import Failure
from mockserver.http.media import essence, is_json
from mockserver.model import FailureKind, Headers, Json, Operation, Request, ResponseContract, Violation
from mockserver.validation.decoding import decompressed, parse_json
from mockserver.validation.violations import by_place, schema_violations, shown

WITHOUT_BODY = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """A response as it came. `body` is raw, still compressed; `whole` is set where all of it is there."""

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
    violations = _content_type(operation, contract, response)
    if response.whole:
        violations += _body(operation, contract, response, max_bytes)
    return by_place(violations)


def _content_type(
    operation: Operation, contract: ResponseContract, response: RecordedResponse
) -> tuple[Violation, ...]:
    header = response.header(b"content-type")
    if header is None and response.whole and not response.body:
        return ()
    documented = contract.content_type.encode("latin-1")
    if essence(header) == essence(documented) or (is_json(header) and is_json(documented)):
        return ()
    text = header.decode("latin-1") if header else None
    message = f"the content type is not {essence(documented)}" if essence(header) else "the content type is missing"
    return (Violation("", "content-type", message, operation.evidence, text, parameter="Content-Type"),)


def _body(
    operation: Operation, contract: ResponseContract, response: RecordedResponse, max_bytes: int
) -> tuple[Violation, ...]:
    assert contract.schema is not None
    try:
        value = _value(contract, response, max_bytes)
    except Failure as failure:
        if failure.kind in (FailureKind.ENCODING_UNKNOWN, FailureKind.TOO_LARGE):
            return ()
        beginning = shown(response.body[:60].decode("utf-8", "replace")) if response.body else None
        return (Violation("", failure.kind.value, failure.detail, operation.evidence, beginning),)
    if contract.schema.validator.is_valid(value):
        return ()
    return tuple(schema_violations(contract.schema, value))


def _value(contract: ResponseContract, response: RecordedResponse, max_bytes: int) -> Json:
    """What the schema of a response describes: the JSON value, or the text of a media type that is not JSON."""
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
