"""How Satori's gateway words a failure: protobuf's JSON errors, with line and column, and gRPC codes."""

import json
import re
from collections.abc import Iterator

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
MAX_TOKEN = 80
MAX_TEXT = 262_144
"""Characters in which a duplicate is looked up; a sibling service takes no larger body."""
_DECODER = json.JSONDecoder()
_STRING = r'"(?:[^"\\]|\\.)*"'
_NAME = re.compile(rf"\s*[{{,]\s*(?P<name>{_STRING})\s*:\s*")
_TOKEN = re.compile(rf"[{{\[]|{_STRING}|[^\s,\]}}]+")
_STRUCTURE = re.compile(rf"{_STRING}|[{{}}\[\],:]")
_FOUND_WHILE_DECODING = frozenset({"type", "pattern", "format", "minimum", "maximum", "not", "oneOf", "anyOf"})
_REQUIRED_FIELD = re.compile(r"/events(/\d+/(name|timestamp))?")


def breaks_decoding(violation: Violation) -> bool:
    """Whether protobuf's JSON decoder finds a violation, which comes before the handler looks at the credential."""
    return violation.rule in _FOUND_WHILE_DECODING and not _is_unset(violation)


def decoding_message(violation: Violation, text: str) -> str:
    """protobuf's wording for a value of the wrong type, with its line and column in the body."""
    at = _index_of(text, *position_of(text, violation.pointer))
    if violation.rule == "not" and isinstance(violation.limit, dict) and "required" in violation.limit:
        given = [name for name in _names(text, at) if json.loads(name["name"]) in violation.limit["required"]]
        return f"proto: {_place(text, given[1].start('name'))}: duplicate field {given[1]['name']}"
    place, shown = _place(text, at), _token(text, at)
    kinds = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    *above, last = violation.pointer.split("/")
    name = _json_name(last)
    if violation.rule == "type" and ({"object", "array"} & set(kinds) or name == "timestamp"):
        return f"proto: syntax error {place}: unexpected token {shown}"
    if above[-1:] == ["metadata"]:
        return f"proto: {place}: invalid value for string field value: {shown}"
    if name == "timestamp":
        return f"proto: {place}: invalid google.protobuf.Timestamp value {shown}"
    kind = "int64" if name in ("sessionIssuedAt", "sessionExpiresAt") else "string"
    return f"proto: {place}: invalid value for {kind} field {name}: {shown}"


def syntax_message(failure: Failure) -> str:
    """protobuf's wording for a body that is no JSON text."""
    problem, text = failure.syntax() or SyntaxProblem(1, 1, failure.detail), failure.text()
    lines = text.encode().split(b"\n")  # the parser counts bytes, protobuf characters
    column = len(lines[problem.line - 1][: problem.column].decode("utf-8", "replace")) if text else problem.column
    if problem.duplicate_name is None:
        return f"proto: syntax error (line {problem.line}:{column}): {problem.problem}"
    if len(text) > MAX_TEXT:
        return f"proto: (line {problem.line}:{column}): duplicate field {json.dumps(problem.duplicate_name)}"
    name, holder = _last_name(text, text.rindex('"', 0, _index_of(text, problem.line, column) + 1) + 1)
    kind = "map key" if holder == '"metadata"' else "field"
    return f"proto: {_place(text, name.start())}: duplicate {kind} {name[0]}"


def _index_of(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"(line {line}:{at - text.rfind(chr(10), 0, at)})"


def _token(text: str, at: int) -> str:
    """The first token of the value that begins at an index, as written: a bracket, or the whole of a plain value."""
    found = _TOKEN.match(text, at)
    return found[0][:MAX_TOKEN] if found else "null"


def _names(text: str, at: int) -> Iterator[re.Match[str]]:
    """The names of the object that begins at an index, as written."""
    while name := _NAME.match(text, at):
        yield name
        _, at = _DECODER.raw_decode(text, name.end())


def _last_name(text: str, end: int) -> tuple[re.Match[str], str | None]:
    """The name that ends before an index, and that of the member whose value holds it; both as written."""
    above: list[str | None] = []
    last, holder = None, None
    for token in _STRUCTURE.finditer(text, 0, end):
        if token[0] in "{[":
            above.append(holder)
        elif token[0] in "}]":
            above.pop()
        elif token[0] not in ",:":
            last = token
        holder = last[0] if last and token[0] == ":" else None
    assert last is not None
    return last, above[-1]


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
