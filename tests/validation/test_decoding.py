"""Whatever bytes come as a body, every operation answers the vendor's 400 or 413: never a 500, never a hang."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import zstandard

from mockserver.errors import Failure
from mockserver.model import SyntaxProblem
from mockserver.validation.decoding import parse_json
from tests.support.harness import (
    PRODLYTICS,
    SATORI,
    SUPALYTICS,
    V1,
    V2,
    Operation,
    Server,
    breaches,
    each_of,
    each_operation,
    response_validator,
)

MEBIBYTE = 1024 * 1024
LIMIT = 5_000_000


def text_of(operation: Operation) -> bytes:
    """The accepted body as JSON text."""
    return json.dumps(operation.accepted).encode()


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def members(data: bytes) -> bytes:
    """A gzip stream of two members."""
    return gzip.compress(data[:20]) + gzip.compress(data[20:])


def frames(data: bytes) -> bytes:
    """A zstd stream of two frames, the second one without its content size."""
    rest = zstandard.ZstdCompressor(write_content_size=False).compress(data[20:])
    return zstandard.ZstdCompressor().compress(data[:20]) + rest


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "gzip in capitals": ("GZIP", gzip.compress),
    "gzip in two members": ("gzip", members),
    "deflate as zlib": ("deflate", zlib.compress),
    "deflate without zlib": ("deflate", raw_deflate),
    "zstd": ("zstd", zstd),
    "zstd1": ("zstd1", zstd),
    "zstd in two frames": ("zstd", frames),
    "identity": ("identity", bytes),
    "two codings": ("gzip, zstd", lambda data: zstd(gzip.compress(data))),
}
coded = pytest.mark.parametrize("coding", CODINGS)


def refused(server: Server, operation: Operation, response: httpx2.Response, status: int = 400) -> None:
    """Check that a body was turned down in the vendor's own form, and recorded."""
    assert response.status_code == status, response.text
    validator = response_validator(server.contract(operation.vendor), operation.path, status)
    assert breaches(validator, response.json()) == []


@coded
@each_operation
def test_a_coded_body_is_read(server: Server, key: str, operation: Operation, coding: str) -> None:
    name, encode = CODINGS[coding]
    response = server.post(operation, key, content=encode(text_of(operation)), headers={"Content-Encoding": name})
    assert response.status_code == operation.success, response.text
    exchange = server.last(operation, key)
    assert exchange["verdict"] == "valid"
    assert server.whole(exchange)["request"]["json"] == operation.accepted


def test_codings_given_in_two_header_lines_are_one_list(server: Server, key: str) -> None:
    headers = [*PRODLYTICS.headers(key).items(), ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")]
    response = server.client.post(PRODLYTICS.path, content=gzip.compress(text_of(PRODLYTICS)), headers=headers)
    assert response.status_code == 202, response.text


@pytest.mark.parametrize("coding", ["br", "compress", "gzip, br", "gzip,gzip,gzip,gzip", "gz ip", "*"])
@each_operation
def test_an_unknown_coding_is_refused(server: Server, key: str, operation: Operation, coding: str) -> None:
    headers = {"Content-Encoding": coding}
    refused(server, operation, server.post(operation, key, content=text_of(operation), headers=headers))


@pytest.mark.parametrize("cut", [1, 4, 12])
@pytest.mark.parametrize(
    "coding", ["gzip", "gzip in two members", "deflate as zlib", "deflate without zlib", "zstd", "zstd in two frames"]
)
def test_a_coded_body_that_is_cut_short_is_refused(server: Server, key: str, coding: str, cut: int) -> None:
    name, encode = CODINGS[coding]
    content = encode(text_of(PRODLYTICS))[:-cut]
    refused(server, PRODLYTICS, server.post(PRODLYTICS, key, content=content, headers={"Content-Encoding": name}))


def test_a_zstd_body_without_its_checksum_is_refused(server: Server, key: str) -> None:
    content = zstandard.ZstdCompressor(write_checksum=True).compress(text_of(PRODLYTICS))[:-4]
    refused(server, PRODLYTICS, server.post(PRODLYTICS, key, content=content, headers={"Content-Encoding": "zstd"}))


@coded
@pytest.mark.parametrize("damage", ["first byte", "middle byte", "plain text", "nothing at all"])
def test_a_damaged_coded_body_is_refused(server: Server, key: str, coding: str, damage: str) -> None:
    name, encode = CODINGS[coding]
    content = bytearray(encode(text_of(PRODLYTICS)))
    place = 0 if damage == "first byte" else len(content) // 2
    content[place] ^= 0xFF
    damaged = {"plain text": b"not coded, not JSON", "nothing at all": b""}.get(damage, bytes(content))
    refused(server, PRODLYTICS, server.post(PRODLYTICS, key, content=damaged, headers={"Content-Encoding": name}))


def zeros(total: int) -> bytes:
    """A gzip stream of `total` zero bytes, made in small steps."""
    compressor, step = zlib.compressobj(level=1, wbits=31), bytes(MEBIBYTE)
    chunks = [compressor.compress(step) for _ in range(total // MEBIBYTE)]
    return b"".join(chunks) + compressor.flush()


@each_of(PRODLYTICS, V1, SATORI)
def test_a_decompression_bomb_costs_no_memory(server: Server, key: str, operation: Operation) -> None:
    bomb = zeros(512 * MEBIBYTE)
    assert len(bomb) < 4 * MEBIBYTE
    before = server.resident_bytes
    for coding, content in {"gzip": bomb, "gzip, gzip": gzip.compress(bomb)}.items():
        response = server.post(operation, key, content=content, headers={"Content-Encoding": coding})
        refused(server, operation, response, 413 if operation is PRODLYTICS else 400)
    assert server.resident_bytes - before < 64 * MEBIBYTE


def test_a_gzip_stream_of_very_many_members_does_not_hang(server: Server, key: str) -> None:
    content = gzip.compress(b"") * 200_000
    response = server.post(PRODLYTICS, key, content=content, headers={"Content-Encoding": "gzip"}, timeout=4)
    refused(server, PRODLYTICS, response)


@pytest.mark.parametrize("place", ["at the top", "in usr"])
def test_a_body_of_very_many_unknown_names_does_not_hang(server: Server, key: str, place: str) -> None:
    many = {f"usr_{number}": 1 for number in range(250_000)}
    body = {**PRODLYTICS.body, **many} if place == "at the top" else {**PRODLYTICS.body, "usr": {"id": "1", **many}}
    content = json.dumps(body).encode()
    assert server.post(PRODLYTICS, key, content=content, timeout=3).status_code == 202


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({f"field{number}": number for number in range(100_000)}, id="unknown names"),
        pytest.param({"tags": [1] * 100_000}, id="items of the wrong type"),
    ],
)
def test_the_findings_of_one_request_are_bounded(server: Server, key: str, broken: dict[str, Any]) -> None:
    body = V2.body
    body["data"]["attributes"].update(broken)
    server.post(V2, key, json=body)
    exchange = server.last(V2, key)
    assert 1 <= len(exchange["violations"] + exchange["warnings"]) <= 2001


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "whitespace only": b" \r\n\t ",
    "cut short": b'{"a": ',
    "a lone brace": b"{",
    "text after the value": b"{} {}",
    "a comma too many": b'{"a": 1,}',
    "a comma too many in a list": b'{"a": [1,]}',
    "a comment": b'{"a": 1 /* one */}',
    "single quotes": b"{'a': 1}",
    "a name without quotes": b"{a: 1}",
    "a number for a name": b"{1: 1}",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "beyond a double": b'{"a": 1e999}',
    "beyond a double, negative": b'{"a": -1e999}',
    "400 digits before the point": b'{"a": ' + b"9" * 400 + b".0}",
    "a leading zero": b'{"a": 01}',
    "a leading plus": b'{"a": +1}',
    "a number that ends in its point": b'{"a": 1.}',
    "a number that begins with its point": b'{"a": .1}',
    "a hexadecimal number": b'{"a": 0x1F}',
    "a minus alone": b'{"a": -}',
    "True": b'{"a": True}',
    "a control character in a string": b'{"a": "\x01"}',
    "a line feed in a string": b'{"a": "\n"}',
    "an unknown escape": b'{"a": "\\x41"}',
    "a short unicode escape": b'{"a": "\\u12"}',
    "a lone high surrogate": b'{"a": "\\ud800"}',
    "a lone low surrogate": b'{"a": "\\udc00"}',
    "surrogates in the wrong order": b'{"a": "\\udc00\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "Latin-1": '{"a": "ü"}'.encode("latin-1"),
    "an overlong form": b'{"a": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "beyond Unicode": b'{"a": "\xf4\x90\x80\x80"}',
    "a NUL": b"{}\x00",
    "a vertical tab": b"{\x0b}",
    "a repeated name": b'{"a": 1, "a": 2}',
    "a repeated name, escaped once": b'{"a": 1, "\\u0061": 2}',
    "a repeated name, deeper": b'{"b": [{"a": 1, "a": 2}]}',
    "100000 lists": b"[" * 100_000 + b"]" * 100_000,
    "100000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "100000 open lists": b"[" * 100_000,
    "an integer of 5000 digits": b'{"a": ' + b"1" * 5000 + b"}",
    "a list": b"[]",
    "a string": b'"text"',
    "a number": b"3",
    "true": b"true",
    "null": b"null",
}


@pytest.mark.parametrize("text", MALFORMED)
@each_operation
def test_a_malformed_or_mistyped_body_is_the_vendors_400(
    server: Server, key: str, operation: Operation, text: str
) -> None:
    refused(server, operation, server.post(operation, key, content=MALFORMED[text]))
    exchange = server.last(operation, key)
    assert (exchange["status"], exchange["verdict"]) == (400, "invalid")
    assert exchange["violations"][0]["evidence"]["kind"]


FINE: dict[str, bytes] = {
    "space around everything": b' \r\n\t{"v" \t: [ 1 , 2 ] , "w":{ } }\n',
    "escapes": rb'{"v": "\" \\ \/ \b \f \n \r \t \u00e9"}',
    "a surrogate pair": b'{"v": "\\ud83d\\ude00"}',
    "four bytes of UTF-8": '{"v": "😀"}'.encode(),
    "NUL, escaped": b'{"v": "\\u0000"}',
    "DEL": b'{"v": "\x7f"}',
    "every kind of number": b'{"v": [0, -0, 1.5, -1.5e3, 1E+2, 1e-999, 123456789012345678901234567890]}',
    "the largest double": b'{"v": 1.7976931348623157e308}',
    "an empty name": b'{"": 1}',
    "names that differ in case": b'{"v": 1, "V": 2}',
    "150 lists": b'{"v": ' + b"[" * 150 + b"]" * 150 + b"}",
    "a long integer": b'{"v": ' + b"1" * 300 + b"}",
    "a very precise number": b'{"v": 0.' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("text", FINE)
@each_of(PRODLYTICS, SATORI, SUPALYTICS, V1)
def test_any_json_text_of_rfc_8259_is_read(server: Server, key: str, operation: Operation, text: str) -> None:
    """Unknown fields are dropped by each of these, so anything that is JSON may stand in one."""
    content = text_of(operation)[:-1] + b", " + FINE[text].strip()[1:]
    response = server.post(operation, key, content=content)
    assert response.status_code == operation.success, response.text
    shown = server.whole(server.last(operation, key))
    assert shown["request"]["body"].encode() == content
    assert shown["request"]["json"] is not None


def test_what_was_accepted_is_echoed_whatever_it_is_when_observed(observed: Server, key: str) -> None:
    sent = {**V1.accepted, "priority": 2**70, "tags": {"not": ["a", "list"]}}
    response = observed.post(V1, key, json=sent)
    assert response.status_code == 202, response.text
    event = json.loads(response.content)["event"]
    assert (event["priority"], event["tags"]) == (sent["priority"], sent["tags"])


@each_operation
def test_a_chunked_body_is_read(server: Server, key: str, operation: Operation) -> None:
    def chunks() -> Iterator[bytes]:
        for byte in text_of(operation):
            yield bytes([byte])

    response = server.post(operation, key, content=chunks())
    assert response.status_code == operation.success
    assert server.last(operation, key)["bytes"] == len(text_of(operation))


@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate as zlib", "zstd"])
def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_413(server: Server, key: str, coding: str) -> None:
    name, encode = CODINGS[coding]
    largest = text_of(PRODLYTICS).ljust(LIMIT)
    headers = {"Content-Encoding": name}
    assert server.post(PRODLYTICS, key, content=encode(largest), headers=headers).status_code == 202
    refused(server, PRODLYTICS, server.post(PRODLYTICS, key, content=encode(largest + b" "), headers=headers), 413)


def test_the_limit_holds_for_a_chunked_body(server: Server, key: str) -> None:
    largest = text_of(PRODLYTICS).ljust(LIMIT)
    for content, status in ((largest, 202), (largest + b" ", 413)):
        pieces = iter([content[:3_000_000], content[3_000_000:]])
        assert server.post(PRODLYTICS, key, content=pieces).status_code == status


def test_an_oversized_body_is_kept_only_in_part(server: Server, key: str) -> None:
    refused(server, PRODLYTICS, server.post(PRODLYTICS, key, content=b"x" * 20_000_000), 413)
    exchange = server.last(PRODLYTICS, key)
    assert exchange["bytes"] == 20_000_000
    request = server.whole(exchange)["request"]
    assert request["truncated"] is True
    assert len(request["body"]) <= 64 * 1024


@each_of(V1, V2, SUPALYTICS)
def test_a_limit_of_ours_is_answered_as_the_vendors_400(server: Server, key: str, operation: Operation) -> None:
    refused(server, operation, server.post(operation, key, content=b" " * (10 * MEBIBYTE + 1)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'{"a": 1,\n "a": 2}', SyntaxProblem(2, 6, 'Detected duplicate key "a"', "a")),
        (b'{"\\"\\\\": 1, "\\"\\\\": 2}', SyntaxProblem(1, 20, 'Detected duplicate key "\\"\\\\"', '"\\')),
        (
            b'{"a at line 3": 1, "a at line 3": 2}',
            SyntaxProblem(1, 34, 'Detected duplicate key "a at line 3"', "a at line 3"),
        ),
        (b'{"a": [', SyntaxProblem(1, 7, "EOF while parsing a list")),
        (b"[1,\n]", SyntaxProblem(2, 1, "trailing comma")),
        (b"\n\n {1: 1}", SyntaxProblem(3, 3, "key must be a string")),
        (b"[" * 300, SyntaxProblem(1, 202, "recursion limit exceeded")),
        (b" ", None),
        (b"1e999", None),
    ],
)
def test_a_syntax_problem_is_told_as_data(text: bytes, problem: SyntaxProblem | None) -> None:
    """The parser gives a message only: a new release of it that words its messages otherwise fails here."""
    with pytest.raises(Failure) as raised:
        parse_json(text)
    assert raised.value.syntax() == problem
