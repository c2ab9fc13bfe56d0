"""Says what a body that cannot be read is instead of JSON, and what would be right."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from mockserver.errors import Failure
from mockserver.model import Evidence, FailureKind, Request, Violation
from mockserver.validation.decoding import parse_json


class Mistake(NamedTuple):
    """A usual mistake: what to say of the body, and the fix."""

    message: str
    fix: str


_UTF_8 = "send it in UTF-8, without a byte order mark"
_ENCODE = "encode it with a JSON library"
MISTAKES: Mapping[str, Mistake] = {
    "empty": Mistake("is empty", "send one JSON value"),
    "bom": Mistake("begins with a byte order mark (EF BB BF)", _UTF_8),
    "utf-16": Mistake("is in UTF-16", _UTF_8),
    "encoding": Mistake("is not in UTF-8", _UTF_8),
    "gzip": Mistake("is compressed with gzip, and no header says so", "add the header Content-Encoding: gzip"),
    "zstd": Mistake("is compressed with zstd, and no header says so", "add the header Content-Encoding: zstd"),
    "deflate": Mistake("is compressed with zlib, and no header says so", "add the header Content-Encoding: deflate"),
    "multipart": Mistake("is a multipart form", "send the fields as a JSON object"),
    "form": Mistake("is a form (name=value&…)", "send the fields as a JSON object"),
    "markup": Mistake("is XML or HTML", "send JSON"),
    "repr": Mistake("has strings in single quotes, as a Python object is printed", _ENCODE),
    "literal": Mistake("has a value that a program prints and JSON does not have", _ENCODE),
    "nan": Mistake("has a number that JSON does not have (NaN or Infinity)", "send a finite number, or null"),
    "lines": Mistake(
        "has more than one JSON value", "send one in each request, or all in one list if the API takes it"
    ),
}
"""The mistakes by their names, which a violation has as its `limit`."""
_MAGIC = (
    (b"\xef\xbb\xbf", "bom"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x78\x01", "deflate"),
    (b"\x78\x9c", "deflate"),
    (b"\x78\xda", "deflate"),
    (b"<", "markup"),
)
_FORM = re.compile(rb"[\w.~%+\[\]*-]+=(?!=|\s|$)")
_REPR = re.compile(rb"[\[{\s]*'")
_LITERAL = re.compile(rb"[-+]?(?:(?P<nan>NaN|Infinity)|(?P<literal>undefined|None|True|False|nil))\b")
MAX_LOOK = 64
"""Bytes that are looked at in the beginning of a form and where JSON ends."""


def unreadable(failure: Failure, request: Request, evidence: Evidence) -> Violation:
    """The violation of a body that could not be read."""
    rule = failure.kind.value
    if failure.kind is not FailureKind.UNREADABLE or request.header(b"content-encoding") is not None:
        return Violation("", rule, failure.detail, evidence)
    name = _mistake(request.body, (request.header(b"content-type") or b"").lower(), failure)
    if name is not None:
        return Violation("", rule, MISTAKES[name].message, evidence, limit=name)
    message = failure.detail if failure.syntax() is None else f"is not JSON: {failure.detail}"
    return Violation("", rule, message, evidence)


def _mistake(body: bytes, content_type: bytes, failure: Failure) -> str | None:
    """The name of the mistake; None for another one."""
    if not body.strip():
        return "empty"
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return name
    if content_type.startswith(b"multipart/") and body.startswith(b"--"):
        return "multipart"
    if _FORM.match(body[:MAX_LOOK]):
        return "form"
    if _REPR.match(body[:MAX_LOOK]):
        return "repr"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "encoding"
    return _at_the_place(body, failure)


def _at_the_place(body: bytes, failure: Failure) -> str | None:
    """The mistake at the place where JSON ends."""
    problem = failure.syntax()
    if problem is None:
        return None
    line = body.split(b"\n", problem.line)[problem.line - 1]
    if problem.problem == "trailing characters" and problem.column == 1:
        return "lines" if _is_json(line) else None
    places = (problem.column - 1, problem.column - 2)  # the parser may point behind a sign
    found = next(filter(None, (_LITERAL.match(line[max(at, 0) :][:MAX_LOOK]) for at in places)), None)
    return found.lastgroup if found else None


def _is_json(line: bytes) -> bool:
    try:
        parse_json(line)
    except Failure:
        return False
    return True
