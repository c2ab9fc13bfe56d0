"""Renders failures in the vendors' documented envelopes. An envelope is read from its schema once, when first used."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

from mockserver.contracts.contents import Content
from mockserver.contracts.schema import CompiledSchema
from mockserver.http.problems import problem_response
from mockserver.http.statuses import phrase, slug
from mockserver.model import Json, Response
from mockserver.operations import Operation
from mockserver.server.messages import tells, with_message
from mockserver.support.keywords import resolved, types_of
from mockserver.vendors.base import Problem


class EnvelopeValues(NamedTuple):
    """What an envelope is filled with: at least one problem, the status, and what the vendor calls `code`."""

    problems: Sequence[Problem]
    status: int
    code: int

    @property
    def text(self) -> str:
        return "; ".join(problem.message for problem in self.problems)


Filler = Callable[[EnvelopeValues], Any]
"""Makes the value at one place of an envelope, or _UNKNOWN where there is nothing to say there."""
_UNKNOWN: Any = object()


Envelope = tuple[bytes, Callable[[EnvelopeValues], bytes]]
"""The documented form of a failure: its content type, and what writes its body."""
_TRIAL = "message"
MAX_DEPTH = 6
"""How deep the members of an envelope are looked for: its schema may be recursive."""


class Envelopes:
    """The envelopes of the operations' failures, by operation and status."""

    def __init__(self) -> None:
        self._known: dict[tuple[Operation, int], Envelope | None] = {}

    def render(self, operation: Operation, status: int, problems: Sequence[Problem], code: int) -> Response:
        """The documented envelope of a status, filled with what went wrong.

        A status that is not documented gets the envelope of the operation's other failures; a wrong method, and an
        operation that documents no failure, problem+json. What the usual members cannot make fit its schema is an
        example or a made value, with the message where it has a place for it.
        """
        key = (operation, status)
        if key not in self._known:
            self._known[key] = _envelope(operation, status, code)
        envelope, values = self._known[key], EnvelopeValues(problems, status, code)
        if envelope is None:
            return problem_response(status, values.text)
        content_type, write = envelope
        return Response(status, write(values), content_type)


def _envelope(operation: Operation, status: int, code: int) -> Envelope | None:
    response = operation.response_for(status)
    constants = response is not None  # those of another status do not fit this one
    if response is None and status != HTTPStatus.METHOD_NOT_ALLOWED:
        response = next((other for at, other in sorted(operation.responses.items()) if at >= 400), None)
    if response is None or not response.contents:
        return None
    content = next((each for each in response.contents if each.is_json), response.contents[0])
    if content.schema is None or not _holds_json(content, content.schema):
        return None if content.schema is None and not content.fitting else _written(content)
    document = content.schema.document if constants else _without_constants(content.schema.document)
    fill = _filler(document, document)
    trial = fill(EnvelopeValues((Problem(_TRIAL),), status, code))
    is_valid = content.schema.validator.is_valid if constants else _is_anything
    if trial is _UNKNOWN or not tells(trial, _TRIAL) or not is_valid(trial):
        fill = _filled_up(fill, content.value, is_valid)
    return content.content_type, partial(_json, fill)


def _holds_json(content: Content, schema: CompiledSchema) -> bool:
    """Whether a failure is JSON, be it under a content type of plain text."""
    as_text = content.media_type.startswith("text/plain") and schema.forms[0].kind in ("object", "array")
    return content.is_json or as_text


def _is_anything(_value: Json) -> bool:
    return True


def _json(fill: Filler, values: EnvelopeValues) -> bytes:
    body = fill(values)
    return orjson.dumps({"message": values.text} if body is _UNKNOWN else body)


def _written(content: Content) -> Envelope:
    """A failure in another media type than JSON: the message where it is plain text, else an example or a made value
    with the message in it."""
    schema = content.schema

    def write(values: EnvelopeValues) -> bytes:
        is_valid = _is_anything if schema is None else schema.validator.is_valid
        known = values.text if isinstance(content.value, str) else None
        return content.body_of(with_message(content.value, known, values.text, is_valid)).data

    return content.usual.content_type, write


def _filled_up(fill: Filler, usual: Json, is_valid: Callable[[Json], bool]) -> Filler:
    """Fills a value that fits: an example or a made one with what the filler knows, as far as it still fits."""

    def filled(values: EnvelopeValues) -> Any:
        known = fill(values)
        known = None if known is _UNKNOWN else known
        if known is not None and tells(known, values.text) and is_valid(known):
            return known
        return with_message(usual, known, values.text, is_valid)

    return filled


def _without_constants(node: Any) -> Any:
    """A schema whose constants are plain text."""
    if isinstance(node, dict):
        if "const" in node:
            return {"type": "string"}
        return {name: _without_constants(inner) for name, inner in node.items()}
    return [_without_constants(inner) for inner in node] if isinstance(node, list) else node


def _filler(schema: Json, document: Json, name: str = "", depth: int = 0) -> Filler:
    """Fills a value for `schema`, that of the member `name` or of an item of an array: the names that envelopes use are
    filled, other optional ones left out, and all optional ones for a bare problem."""
    schema = resolved(schema, document)
    kind = next((each for each in types_of(schema) if each != "null"), None)
    if "const" in schema:
        constant = schema["const"]
        return lambda values: constant
    if kind == "array":
        return _array(_filler(schema.get("items", {}), document, depth=depth + 1)) if depth < MAX_DEPTH else _silent
    if kind == "string" and not name:
        return lambda values: values.problems[0].message
    if name and kind != "object":
        return _TYPED_MEMBERS.get((name, kind)) or _MEMBERS.get(name, lambda values: _UNKNOWN)
    if depth >= MAX_DEPTH:
        return _silent
    known = schema.get("properties", {}).items()
    members = {member: _filler(inner, document, member, depth + 1) for member, inner in known}
    return _object(members, frozenset(schema.get("required", ())))


def _silent(_values: EnvelopeValues) -> Any:
    return _UNKNOWN


def _array(item: Filler) -> Filler:
    """One item for each problem."""

    def fill(values: EnvelopeValues) -> Any:
        items = [item(values._replace(problems=(problem,))) for problem in values.problems]
        return _UNKNOWN if any(each is _UNKNOWN for each in items) else items

    return fill


def _object(members: Mapping[str, Filler], required: frozenset[str]) -> Filler:
    def fill(values: EnvelopeValues) -> Any:
        bare = values.problems[0].bare
        filled = {name: member(values) for name, member in members.items() if not bare or name in required}
        return {name: value for name, value in filled.items() if value is not _UNKNOWN} or _UNKNOWN

    return fill


_MEMBERS: Mapping[str, Filler] = {
    "message": lambda values: values.text,
    "detail": lambda values: values.text,
    "error": lambda values: values.text,
    "title": lambda values: phrase(values.status),
    "status": lambda values: values.status,
    "code": lambda values: slug(values.status),
    "success": lambda values: False,
    "pointer": lambda values: values.problems[0].pointer or _UNKNOWN,
    "header": lambda values: values.problems[0].header or _UNKNOWN,
    "parameter": lambda values: values.problems[0].parameter or _UNKNOWN,
}
_TYPED_MEMBERS: Mapping[tuple[str, Any], Filler] = {
    ("status", "string"): lambda values: str(values.status),
    ("code", "integer"): lambda values: values.code,
}
"""Members that hold something else in this type than otherwise."""
