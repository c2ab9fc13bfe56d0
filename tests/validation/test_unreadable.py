"""A body that cannot be read is told by what it is, with what would be right."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
import zstandard

from mockserver.errors import Failure
from mockserver.model import Evidence, Request, Verdict
from mockserver.validation.decoding import read_json
from mockserver.validation.fixes import fixes
from mockserver.validation.unreadable import MISTAKES, unreadable

EVIDENCE = Evidence("documented", "a page")
TEXT = b'{"name": "paid"}'


def told(body: bytes, **headers: str) -> tuple[str, str | None]:
    """The message and the fix for a body, which comes with headers."""
    sent = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    request = Request("POST", "/v1/events", b"", sent, body, len(body))
    with pytest.raises(Failure) as failed:
        read_json(request, 1000)
    violation = unreadable(failed.value, request, EVIDENCE)
    assert (violation.rule, violation.pointer, violation.evidence) == ("unreadable", "", EVIDENCE)
    ((fix,), _) = fixes(Verdict((violation,)))
    return violation.message, fix


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (TEXT.decode().encode("utf-8-sig"), "bom"),
        (TEXT.decode().encode("utf-16"), "utf-16"),
        ('{"name": "Zoë"}'.encode("latin-1"), "encoding"),
        (gzip.compress(TEXT, mtime=0), "gzip"),
        (zstandard.compress(TEXT), "zstd"),
        (zlib.compress(TEXT), "deflate"),
        (b"name=paid&user=u1", "form"),
        (b"user%5Bid%5D=u1", "form"),
        (b"<event/>", "markup"),
        (b"{'name': 'paid'}", "repr"),
        (b"[{'name': 'paid'}]", "repr"),
        (b'{"paid": True}', "literal"),
        (b'{"user": None}', "literal"),
        (b'{"user": undefined}', "literal"),
        (json.dumps({"amount": float("nan")}).encode(), "nan"),
        (json.dumps({"amount": float("-inf")}).encode(), "nan"),
        (json.dumps([1, float("inf")], indent=1).encode(), "nan"),
        (TEXT + b"\n" + TEXT + b"\n", "lines"),
    ],
)
def test_a_usual_mistake_has_its_own_message_and_fix(body: bytes, mistake: str) -> None:
    assert told(body) == MISTAKES[mistake]


def test_a_multipart_form_is_known_by_its_content_type() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\npaid\r\n--x--\r\n'
    assert told(body, content_type="multipart/form-data; boundary=x") == MISTAKES["multipart"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"name": "paid",}', "is not JSON: trailing comma at line 1 column 17"),
        (b'{"name": "paid"', "is not JSON: EOF while parsing an object at line 1 column 15"),
        (b"aGVsbG8==", "is not JSON: expected value at line 1 column 1"),
        (b'{"a": 1}\n}', "is not JSON: trailing characters at line 2 column 1"),
        (b'{"name": Nonesuch}', "is not JSON: expected value at line 1 column 10"),
        (b"[1e999]", "a number is out of range"),
    ],
)
def test_another_mistake_is_told_by_its_place(body: bytes, message: str) -> None:
    assert told(body) == (message, None)


def test_what_a_content_coding_hides_is_not_guessed_at() -> None:
    message, fix = told(gzip.compress(TEXT, mtime=0)[:-4], content_encoding="gzip")
    assert (message, fix) == ("the gzip body is cut short", None)
