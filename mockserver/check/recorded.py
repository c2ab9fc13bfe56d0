"""What every kind of recording is read into, and what their readers share."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from mockserver.contracts.paths import decoded_path
from mockserver.errors import StartError
from mockserver.model import Headers, Request
from mockserver.support import timestamps
from mockserver.support.numbers import is_integer
from mockserver.validation.response import RecordedResponse


class UnreadableFile(StartError):  # noqa: N818 - its text is one line for a person
    """A file cannot be read: names the file, the place in it and what was expected there."""

    def __init__(self, file: Path, place: str, problem: str) -> None:
        self.file, self.place, self.problem = file, place, " ".join(problem.split())
        super().__init__(f"{file}: {self.detail}")

    @property
    def detail(self) -> str:
        """Place and problem, without the file."""
        return f"{self.place}: {self.problem}" if self.place else self.problem


class NoRecording(UnreadableFile):
    """A file holds none of the kinds of recordings."""


class Malformed(Exception):  # noqa: N818 - it becomes an UnreadableFile once the file is known
    """An entry is not what its format says; `place` is inside the entry."""

    def __init__(self, place: str, expected: str) -> None:
        self.place, self.expected = place, expected


class Address(NamedTuple):
    """The parts of a recorded URL: the host in lower case, the path with its percent-encoding undone."""

    host: str
    port: int | None
    path: str
    query: bytes


@dataclass(frozen=True, kw_only=True)
class RecordedExchange:
    """One recorded exchange.

    `place` names it in its file (`entry 3`), `line` is its line there, from 1, where that is known; `vendor` is set
    where the recording names it. `time` is when the request was made, in seconds since the epoch, None where it was
    not recorded. `body` is None where the request had one that was not recorded whole: `size` is then what the
    recording gives for its bytes. `response` is None where there was none. `unrecorded` are the headers that the
    recorder leaves out, in lower case; None: any.
    """

    place: str
    line: int | None
    method: str
    address: Address
    headers: Headers
    body: bytes | None
    response: RecordedResponse | None
    time: float | None
    vendor: str | None = None
    size: Any = None
    unrecorded: frozenset[bytes] | None = frozenset()

    def may_lack(self, header: str) -> bool:
        """Whether a header is missing that may only not have been recorded, as none was or the recorder is known to
        leave it out."""
        name, present = header.lower().encode(), {name for name, _ in self.headers}
        return name not in present and (not present or self.unrecorded is None or name in self.unrecorded)

    @cached_property
    def request(self) -> Request:
        body, path, query = self.body or b"", self.address.path, self.address.query
        size = self.size if self.body is None and is_integer(self.size) else 0
        return Request(self.method.upper(), path, query, self.headers, body, max(size, len(body)))


def address_of(url: str) -> Address:
    """The parts of a URL; the host is "" where the text is none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().removesuffix("."), parts.port
    except ValueError:
        return Address("", None, url, b"")
    path = decoded_path(parts.path or "/", errors="surrogateescape")
    return Address(host, port, path, parts.query.encode("utf-8", "replace"))


def seconds_of(text: object) -> float | None:
    """Seconds since the epoch of a time in ISO 8601 or as an HTTP date, in UTC where it names no zone; None for other
    text."""
    for read in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = text if isinstance(text, dt.datetime) else read(str(text))
            return timestamps.seconds_of(when)
        except (ValueError, OverflowError):
            continue
    return None


def encoded(text: str) -> bytes:
    """Text in UTF-8; a lone surrogate becomes bytes that no UTF-8 reader accepts."""
    return text.encode("utf-8", "surrogatepass")


def from_base64(text: str, place: str) -> bytes:
    """Raises Malformed."""
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        raise Malformed(place, "base64") from None


def without_stale_coding(headers: Headers, text: str | None, body: bytes) -> tuple[Headers, bytes | None]:
    """The body with headers that fit it, where the recorder may have decompressed it and kept its Content-Encoding;
    `text` is the body as the recording holds it, None where it holds bytes.

    A body that is text is not compressed, and loses the header. A compressed body that was written as text is read
    back where each character is a byte. Where bytes were lost (U+FFFD), there is no body: None.
    """
    if not any(name == b"content-encoding" for name, _ in headers):
        return headers, body
    if text is not None and CONTROL.search(text):
        try:
            return headers, text.encode("latin-1")
        except UnicodeEncodeError:
            return headers, None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return headers, body
    return tuple((name, value) for name, value in headers if name != b"content-encoding"), body


CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that no JSON text holds, and every compressed body does."""


def header_text(value: Any, place: str) -> bytes:
    """The value of a header: text, a number, or nothing. Raises Malformed."""
    if isinstance(value, bytes):
        return value
    if value is not None and not isinstance(value, (str, int, float, Decimal)):
        raise Malformed(place, "text")
    return encoded("" if value is None else str(value))


def named_values(listed: Any, place: str) -> Iterator[tuple[Any, Any, str]]:
    """Each name with each of its values and the place of that: of an object of values or lists of values, or of a list
    of {name, value} or {name, values}. Raises Malformed."""
    if isinstance(listed, dict):
        members = [(name, values, f"{place}.{name}") for name, values in listed.items()]
    elif isinstance(listed, list):
        members = []
        for number, each in enumerate(listed):
            member, at = mapping(each, f"{place}[{number}]"), f"{place}[{number}]"
            members.append((text_of(member, "name", at), member.get("values", member.get("value")), f"{at}.value"))
    elif listed is None:
        return
    else:
        raise Malformed(place, "an object, or a list of {name, value}")
    for name, values, at in members:
        for value in values if isinstance(values, list) else [values]:
            yield name, value, at


def form_of(listed: Any, place: str) -> bytes:
    """Parameters in any form of `named_values`, as a query or a form has them. Raises Malformed."""
    pairs = [(name, "" if value is None else value) for name, value, _ in named_values(listed, place)]
    return urlencode(pairs, errors="surrogatepass").encode("ascii")


def headers_of(listed: Any, place: str) -> Headers:
    """Headers in any form of `named_values`, names in lower case, without the pseudo-headers of HTTP/2. Raises
    Malformed."""
    named = ((header_text(name, place).lower(), value, at) for name, value, at in named_values(listed, place))
    return tuple((name, header_text(value, at)) for name, value, at in named if not name.startswith(b":"))


def status_of(value: Any, place: str) -> int:
    """A status code; 0 where there was no response, for which recorders write many things. Raises Malformed."""
    if value is None:
        return 0
    if isinstance(value, (float, Decimal)) and -1 <= value < 1000 and value == int(value):
        value = int(value)
    if not is_integer(value):
        raise Malformed(place, "a number")
    return max(value, 0)


def mapping(value: Any, place: str) -> dict[str, Any]:
    """Raises Malformed where a value is no object."""
    if not isinstance(value, dict):
        raise Malformed(place, "an object")
    return value


def text_of(holder: dict[str, Any], name: str, place: str) -> str:
    """A member that must be text. Raises Malformed."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise Malformed(f"{place}.{name}".lstrip("."), "text")
    return value
