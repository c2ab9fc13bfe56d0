"""Judges the response of a real vendor, recorded or seen by the proxy, by the contract of its operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.errors import Failure
from mockserver.http.media import accepts, essence, is_json
from mockserver.model import FailureKind, Headers, Json, Request, Violation
from mockserver.operations import Operation
from mockserver.validation.coercion import Texts, values_of
from mockserver.validation.decoding import decompressed, parse_json
from mockserver.validation.violations import by_place, schema_violations, shown

if TYPE_CHECKING:
    from mockserver.contracts.contents import Content, ResponseContract
    from mockserver.contracts.schema import CompiledSchema

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


def judge_response(operation: Operation, response: RecordedResponse, max_bytes: int) -> tuple[Violation, ...]:
    """Every way in which a response departs from the contract of its operation, sorted by place.

    Rules of our own: `status` for one that the contract documents neither by itself nor in a range nor by a default,
    `content-type`, and those of a body that cannot be read. A body that is not whole, or in a content coding or of a
    media type that is not read here, is not judged.
    """
    contract = operation.response_for(response.status)
    if contract is None:
        message = f"{operation.id} documents {', '.join(map(str, sorted(operation.responses)))}"
        return (Violation("", "status", message, operation.evidence, value=str(response.status)),)
    violations = tuple(_headers(operation, contract, response))
    if not contract.contents or operation.method == "HEAD" or response.status in WITHOUT_BODY:
        return violations
    header = response.header(b"content-type")
    if header is None and response.whole and not response.body:
        header = contract.contents[0].media_type.encode("latin-1", "replace")
    content = _content_for(contract, header)
    if content is None:
        violations += (_wrong_type(operation, contract, header),)
    content = content or contract.contents[0]
    if response.whole and content.schema is not None:
        violations += _body(operation, content, content.schema, response, max_bytes)
    return by_place(violations)


def _headers(operation: Operation, contract: ResponseContract, response: RecordedResponse) -> Iterator[Violation]:
    """What is wrong with the documented headers."""
    for header in contract.documented_headers:
        subject, value = f"header '{header.name}'", response.header(header.name.lower().encode("latin-1", "replace"))
        if value is None:
            if header.required:
                yield Violation("", "required", f"{subject} is missing", operation.evidence, parameter=header.name)
            continue
        text = value.decode("latin-1")
        form = header.schema.forms[0]
        texts: Texts = [each.strip() for each in text.split(",")] if form.kind == "array" else text
        readings = list(values_of(texts, header.schema.forms))
        if form.kind != "object" and not any(map(header.schema.validator.is_valid, readings)):
            for each in schema_violations(header.schema, readings[0]):
                message = f"{subject} {each.message}"
                yield Violation("", each.rule, message, operation.evidence, each.value, each.limit, header.name)


def _content_for(contract: ResponseContract, header: bytes | None) -> Content | None:
    """The documented media type of a response; all types of JSON count as one."""
    sent, as_json = essence(header), is_json(header)
    fitting = [each for each in contract.contents if accepts(each.media_type, sent) or (as_json and each.is_json)]
    return min(
        fitting, key=lambda each: (essence(each.media_type.encode()) != sent, each.media_type.count("*")), default=None
    )


def _wrong_type(operation: Operation, contract: ResponseContract, header: bytes | None) -> Violation:
    documented = " or ".join(essence(each.media_type.encode("latin-1", "replace")) for each in contract.contents)
    text = header.decode("latin-1") if header else None
    message = f"the content type is not {documented}" if essence(header) else "the content type is missing"
    return Violation("", "content-type", message, operation.evidence, text, parameter="Content-Type")


def _body(
    operation: Operation, content: Content, schema: CompiledSchema, response: RecordedResponse, max_bytes: int
) -> tuple[Violation, ...]:
    try:
        value = _value(content, response, max_bytes)
    except Failure as failure:
        if failure.kind in (FailureKind.ENCODING_UNKNOWN, FailureKind.TOO_LARGE):
            return ()
        beginning = shown(response.body[:60].decode("utf-8", "replace")) if response.body else None
        return (Violation("", failure.kind.value, failure.detail, operation.evidence, beginning),)
    if schema.validator.is_valid(value):
        return ()
    if isinstance(value, str) and not content.is_json and all(form.kind != "string" for form in schema.forms):
        return ()  # a schema says nothing of the text of XML and the like
    return tuple(schema_violations(schema, value))


def _value(content: Content, response: RecordedResponse, max_bytes: int) -> Json:
    """What the schema of a response describes: the JSON value, or the text of a media type that is not JSON."""
    carrier = Request("", "", b"", response.headers, response.body, len(response.body))
    data = decompressed(carrier, max_bytes)
    if len(data) > max_bytes:
        raise Failure(FailureKind.TOO_LARGE)
    if (
        not content.is_json
        and content.schema is not None
        and any(form.kind == "string" for form in content.schema.forms)
    ):
        return data.decode("utf-8", "replace")
    try:
        return parse_json(data)
    except Failure:
        if content.is_json:
            raise
        return data.decode("utf-8", "replace")
