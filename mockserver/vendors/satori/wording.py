"""How Satori's gateway words a failure: protobuf's JSON errors, with line and column, and gRPC codes."""

import json
import re

from mockserver.errors import Failure
from mockserver.model import FailureKind, SyntaxProblem, Violation
from mockserver.support.pointers import position_of

GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 500: 13, 501: 12, 503: 14}
"""HTTP status → gRPC code, the gateway's table read backwards. 2 (UNKNOWN) stands for any other."""

MESSAGES = {
    FailureKind.CREDENTIAL_MISSING: "API key required",
    FailureKind.CREDENTIAL_INVALID: "API key invalid",
    FailureKind.TOO_LARGE: "http: request body too large",
}
_FOUND_WHILE_DECODING = frozenset({"type", "pattern", "format", "minimum", "maximum", "not", "oneOf", "anyOf"})
_REQUIRED_FIELD = re.compile(r"/events(/\d+/(name|timestamp))?")


def breaks_decoding(violation: Violation) -> bool:
    """Whether protobuf's JSON decoder finds a violation, which comes before the handler looks at the credential."""
    return violation.rule in _FOUND_WHILE_DECODING and not _is_unset(violation)


def decoding_message(violation: Violation, text: str) -> str:
    """protobuf's wording for a value of the wrong type, with its line and column in the body."""
    line, column = position_of(text, violation.pointer)
    place = f"(line {line}:{column})"
    if violation.rule == "not" and isinstance(violation.limit, dict) and "required" in violation.limit:
        return f'proto: {place}: duplicate field "{violation.limit["required"][-1]}"'
    kinds = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    if violation.rule == "type" and {"object", "array"} & set(kinds):
        return f"proto: syntax error {place}: unexpected token {_token(text, violation.pointer)}"
    *above, last = violation.pointer.split("/")
    name, shown = _json_name(last), violation.value or ""
    if above[-1:] == ["metadata"]:
        return f"proto: {place}: invalid value for string field value: {shown}"
    if name == "timestamp":
        return f"proto: {place}: invalid google.protobuf.Timestamp value {shown}"
    kind = "int64" if name in ("sessionIssuedAt", "sessionExpiresAt") else "string"
    return f"proto: {place}: invalid value for {kind} field {name}: {shown}"


def _token(text: str, pointer: str) -> str:
    """The first token of the value at a place: a bracket, or the whole of a plain value."""
    line, column = position_of(text, pointer)
    rest = text.split("\n")[line - 1][column - 1 :]
    found = re.match(r'[{\[]|"(?:[^"\\\\]|\\\\.)*"|[^\s,\]}]+', rest)
    return found[0][:80] if found else rest[:1] or "null"


def syntax_message(failure: Failure) -> str:
    """protobuf's wording for a body that is no JSON text."""
    problem = failure.syntax() or SyntaxProblem(1, 1, failure.detail)
    name = problem.duplicate_name
    what = problem.problem if name is None else f"duplicate field {json.dumps(name, ensure_ascii=False)}"
    return f"proto: syntax error (line {problem.line}:{problem.column}): {what}"


def event_message(violation: Violation) -> str:
    place = re.sub(r"/(\d+)", r"[\1]", violation.pointer.lstrip("/")).replace("/", ".")
    required = violation.rule == "required" or _is_unset(violation)
    return f"{place or 'body'}: {'is required' if required else violation.message}"


def _is_unset(violation: Violation) -> bool:
    """Whether a required field is null, which counts as unset, or an empty text, which does too."""
    empty = (violation.rule, violation.value) in (("type", "null"), ("minLength", '""'))
    return empty and _REQUIRED_FIELD.fullmatch(violation.pointer) is not None


def _json_name(name: str) -> str:
    """protobuf's JSON name of a field: lowerCamelCase."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
