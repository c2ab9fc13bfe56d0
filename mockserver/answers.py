"""Renders failures: one table says which status each gets, one function fills the vendor's documented envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Protocol

import orjson

from mockserver.errors import Failure, FailureKind
from mockserver.model import Answer, BodySchema, Json, Operation
from mockserver.pointers import follow
from mockserver.statuses import phrase, slug

STATUSES: dict[FailureKind, tuple[int, ...]] = {
    FailureKind.UNREADABLE: (400, 422),
    FailureKind.INVALID: (400, 422),
    FailureKind.ENCODING_UNKNOWN: (415, 400),
    FailureKind.TOO_LARGE: (413, 400),
    FailureKind.RATE_LIMITED: (429,),
    FailureKind.WRONG_METHOD: (405,),
    FailureKind.BUG: (500,),
}
"""The statuses of a failure, best first: the first one that the operation documents is answered, else the first."""

PROBLEM_JSON = b"application/problem+json"


class Problem(Protocol):
    """One thing to tell the client, and what it points at."""

    @property
    def message(self) -> str: ...
    @property
    def pointer(self) -> str | None: ...
    @property
    def header(self) -> str | None: ...
    @property
    def parameter(self) -> str | None: ...
    @property
    def bare(self) -> bool: ...


def status_of(operation: Operation, failure: Failure) -> int:
    """The status that answers a failure of an operation."""
    if failure.status is not None:
        return failure.status
    if failure.kind in operation.credential_statuses:
        return operation.credential_statuses[failure.kind]
    choices = STATUSES[failure.kind]
    return next((status for status in choices if status in operation.responses), choices[0])


def render(operation: Operation, status: int, problems: Sequence[Problem], code: int) -> Answer:
    """The documented envelope of a status, filled with what went wrong.

    A status that is not documented gets the envelope of the operation's other failures; a wrong method, and an
    operation that documents no failure, problem+json.
    """
    response = operation.responses.get(status)
    if response is None and status != HTTPStatus.METHOD_NOT_ALLOWED:
        response = next((other for at, other in sorted(operation.responses.items()) if at >= 400), None)
        response = response and replace(response, schema=response.schema and _without_constants(response.schema))
    if response is None or response.schema is None:
        return problem_answer(status, "; ".join(problem.message for problem in problems))
    document = response.schema.document
    body = _fill(document, document, problems, status, code)
    if body is _UNKNOWN:
        body = {"message": "; ".join(problem.message for problem in problems)}
    return Answer(status, orjson.dumps(body), response.content_type.encode("latin-1"))


def problem_answer(status: int, detail: str, **members: Json) -> Answer:
    """An RFC 9457 problem document: what we answer where no vendor's envelope applies."""
    title = phrase(status)
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return Answer(status, orjson.dumps(body), PROBLEM_JSON)


_UNKNOWN: Any = object()


def _without_constants(schema: BodySchema) -> BodySchema:
    """A schema whose constants, which belong to another status, are plain text."""

    def plain(node: Any) -> Any:
        if isinstance(node, dict):
            return {"type": "string"} if "const" in node else {name: plain(inner) for name, inner in node.items()}
        return [plain(inner) for inner in node] if isinstance(node, list) else node

    return replace(schema, document=plain(schema.document))


def _fill(schema: Any, document: Any, problems: Sequence[Problem], status: int, code: int) -> Any:
    """A body for `schema` in which the names that envelopes use are filled and optional others left out; all optional
    ones for a bare problem."""
    schema = _resolved(schema, document)
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "array":
        items = schema.get("items", {})
        filled_items = [_fill(items, document, [problem], status, code) for problem in problems]
        return _UNKNOWN if _UNKNOWN in filled_items else filled_items
    if schema.get("type") == "string":
        return problems[0].message
    filled: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        if problems[0].bare and name not in schema.get("required", ()):
            continue
        value = _member(name, _resolved(inner, document), document, problems, status, code)
        if value is not _UNKNOWN:
            filled[name] = value
    return filled or _UNKNOWN


def _member(name: str, schema: Any, document: Any, problems: Sequence[Problem], status: int, code: int) -> Any:
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind in ("object", "array"):
        return _fill(schema, document, problems, status, code)
    text = "; ".join(problem.message for problem in problems)
    known: dict[str, Any] = {
        "message": text,
        "detail": text,
        "error": text,
        "title": phrase(status),
        "status": str(status) if kind == "string" else status,
        "code": code if kind == "integer" else slug(status),
        "success": False,
        "pointer": problems[0].pointer or None,
        "header": problems[0].header,
        "parameter": problems[0].parameter,
    }
    value = known.get(name)
    return _UNKNOWN if value is None else value


def _resolved(schema: Any, document: Any) -> Any:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = follow(document, schema["$ref"])
    return schema if isinstance(schema, dict) else {}
