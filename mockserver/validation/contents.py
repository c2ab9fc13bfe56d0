"""Judges a request body of any media type: finds the documented one, reads the body as it asks, checks the value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mockserver.errors import Failure
from mockserver.http.media import accepts, essence, is_json
from mockserver.model import NOT_JUDGED, FailureKind, Json, Request, Verdict, Violation
from mockserver.operations import Operation
from mockserver.support.pointers import escaped
from mockserver.validation.body import judge_body
from mockserver.validation.coercion import values_of
from mockserver.validation.decoding import decompressed, parse_json
from mockserver.validation.forms import FormReading, read_urlencoded
from mockserver.validation.unreadable import unreadable
from mockserver.validation.violations import by_place, schema_violations

if TYPE_CHECKING:
    from mockserver.contracts.contents import Content

FORM = "application/x-www-form-urlencoded"
_TEXTUAL = ("application/xml", "application/javascript", "application/yaml", "application/x-yaml")


class ReadContent(NamedTuple):
    """A body as far as it could be read: `value` is None where it could not or there is none; `failure` says why it was
    refused; `verdict` is that on the body."""

    value: Json = None
    failure: Failure | None = None
    verdict: Verdict = Verdict()


def judge_content(operation: Operation, request: Request, max_bytes: int, now: float) -> ReadContent:
    """Reads and judges the body of a request to an operation, whatever media types it documents. A body of a media type
    that is not documented is refused as MEDIA_TYPE, an absent one that is required as UNREADABLE."""
    header = request.header(b"content-type")
    if not operation.bodies or not (request.body_size or header):
        if operation.bodies and operation.body_required:
            failure = Failure(FailureKind.UNREADABLE, "the body is missing")
            return _refused(failure, Violation("", "required", failure.detail, operation.evidence))
        return ReadContent()
    warnings: tuple[Violation, ...] = ()
    try:
        content = content_for(operation, header)
        if header is None:
            message = f"the content type is missing; the body is taken for {content.media_type}"
            warnings = (_warning(operation, "content-type", message, "Content-Type"),)
        if not request.body_size and not operation.body_required:
            return ReadContent(verdict=Verdict(warnings=warnings))
        value, verdict = _judged(operation, content, request, max_bytes, now)
    except Failure as failure:
        return _refused(failure, _violation(operation, request, failure))
    return ReadContent(value, None, verdict._replace(warnings=warnings + verdict.warnings) if warnings else verdict)


def content_for(operation: Operation, header: bytes | None) -> Content:
    """The documented media type of a body by its Content-Type: the same one, else the narrowest range that it is of.
    Without a header, the first one of JSON, or the first. Raises Failure where none is documented."""
    if header is None:
        return next((each for each in operation.bodies if each.is_json), operation.bodies[0])
    sent = essence(header)
    found = [each for each in operation.bodies if accepts(each.media_type, sent)]
    if not found:
        documented = ", ".join(each.media_type for each in operation.bodies)
        raise Failure(FailureKind.MEDIA_TYPE, f"the content type is {sent or 'missing'}, not {documented}")
    return min(found, key=lambda each: each.media_type.count("*"))


def _refused(failure: Failure, violation: Violation) -> ReadContent:
    return ReadContent(failure=failure, verdict=Verdict((violation,)))


def _violation(operation: Operation, request: Request, failure: Failure) -> Violation:
    """The violation of a body that could not be read, or whose media type is not documented."""
    if failure.kind is FailureKind.UNREADABLE and is_json(request.header(b"content-type")):
        return unreadable(failure, request, operation.evidence)
    parameter = "Content-Type" if failure.kind is FailureKind.MEDIA_TYPE else None
    return Violation("", failure.kind.value, failure.detail, operation.evidence, parameter=parameter)


def _warning(operation: Operation, rule: str, message: str, parameter: str | None = None) -> Violation:
    return Violation("", rule, message, operation.evidence, parameter=parameter, level="warning")


def _judged(
    operation: Operation, content: Content, request: Request, max_bytes: int, now: float
) -> tuple[Json, Verdict]:
    """The value of a body and the verdict on it. Raises Failure where it cannot be read."""
    header = request.header(b"content-type") or content.media_type.encode("latin-1", "replace")
    if request.truncated:
        raise Failure(FailureKind.TOO_LARGE, f"the body is over {max_bytes} bytes")
    data = decompressed(request, max_bytes)
    if is_json(header):
        value = parse_json(data)
        if content.media_type == operation.media_type:
            return value, judge_body(operation, value, now)
        return value, _checked(operation, content, [FormReading(value)])[1]
    readings = _readings(content, data, header)
    if readings is None:
        what = essence(header) or content.media_type
        return None, Verdict(warnings=(_warning(operation, NOT_JUDGED, f"not judged: the body, which is {what}"),))
    return _checked(operation, content, readings)


def _readings(content: Content, data: bytes, header: bytes) -> list[FormReading] | None:
    """The values that a body of another type than JSON may have; None where there is a schema that they say nothing
    of."""
    forms = content.schema.forms if content.schema is not None else ()
    kind = essence(header)
    if kind == FORM:
        return read_urlencoded(data, forms, content.encodings)
    if kind == "multipart/form-data":
        from mockserver.validation.multipart import read_multipart  # noqa: PLC0415 - few need it

        return read_multipart(data, header, forms, content.encodings)
    if content.schema is None:
        return [FormReading(None)]
    if all(form.kind in ("object", "array") for form in forms):
        return None
    textual = kind.startswith("text/") or kind.endswith("+xml") or kind in _TEXTUAL
    try:
        text = data.decode("utf-8" if textual else "latin-1")
    except UnicodeDecodeError:  # in another charset, a character for each byte
        text = data.decode("latin-1")
    return [FormReading(value) for value in values_of(text, forms)]


def _checked(operation: Operation, content: Content, readings: list[FormReading]) -> tuple[Json, Verdict]:
    """The reading that fits the schema, else the first with what is wrong with it."""
    schema = content.schema
    fitting = next((each for each in readings if schema is None or schema.validator.is_valid(each.value)), None)
    reading = fitting or readings[0]
    violations = tuple(_problems(operation, reading))
    if fitting is None and schema is not None:
        violations += tuple(schema_violations(schema, reading.value))
    violations = by_place(violations)
    return reading.value, Verdict(violations, (), violations)


def _problems(operation: Operation, reading: FormReading) -> Iterator[Violation]:
    for name, rule, message in reading.problems:
        yield Violation(f"/{escaped(name)}", rule, message, operation.evidence)
