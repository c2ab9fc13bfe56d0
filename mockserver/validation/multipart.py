"""Reads multipart forms as objects: each part as its own media type, its schema and its encoding ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mockserver.errors import Failure
from mockserver.http.media import accepts, essence, is_json
from mockserver.model import FailureKind, Json
from mockserver.validation.coercion import TEXT, Form, Forms, values_of
from mockserver.validation.decoding import parse_json
from mockserver.validation.forms import Encodings, FormReading, object_of, parsed

MAX_PARTS = 1000
_CALLBACKS = (
    *("on_part_begin", "on_header_field", "on_header_value", "on_header_end"),
    *("on_part_data", "on_part_end", "on_end"),
)


class Part(NamedTuple):
    """One part of a form: a text or, where it is a file or of another media type, bytes."""

    name: str
    data: bytes
    content_type: bytes = b""
    is_file: bool = False
    headers: frozenset[bytes] = frozenset()

    @property
    def text(self) -> str:
        """The data as text; what is not UTF-8, a character for each byte."""
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError:
            return self.data.decode("latin-1")


def read_multipart(data: bytes, content_type: bytes, forms: Forms, encodings: Encodings) -> list[FormReading]:
    """The readings of a multipart form. Raises Failure where it has no boundary or is not complete."""
    form = object_of(forms)
    problems: list[tuple[str, str, str]] = []
    found: dict[str, list[_Alternatives]] = {}
    for part in parts_of(data, content_type):
        encoding = encodings.get(part.name, {})
        problems += _problems(part, encoding)
        found.setdefault(part.name, []).append(_decoded(part, form, encoding, problems))
    readings = []
    for read in (_first, _last):
        value = {name: _value(name, values, form, read) for name, values in found.items()}
        readings.append(FormReading(value, tuple(problems)))
    return readings


class _Alternatives(NamedTuple):
    """The values that one part may have."""

    values: tuple[Json, ...]


def _first(alternatives: _Alternatives) -> Json:
    return alternatives.values[0]


def _last(alternatives: _Alternatives) -> Json:
    return alternatives.values[-1]


def _value(name: str, values: list[_Alternatives], form: Form, read: Callable[[_Alternatives], Json]) -> Json:
    kinds = {each.kind for each in form.members.get(name, ())}
    chosen = [read(each) for each in values]
    if len(chosen) == 1 and ("array" not in kinds or isinstance(chosen[0], list)):
        return chosen[0]
    return chosen


def _decoded(
    part: Part, form: Form, encoding: Mapping[str, Any], problems: list[tuple[str, str, str]]
) -> _Alternatives:
    """The values that a part may have: JSON where it says so or its encoding does, else by the forms of its member."""
    forms = form.members.get(part.name, form.others or TEXT)
    items = tuple(item for each in forms if each.kind == "array" for item in each.items)
    documented = str(encoding.get("contentType", "")).encode("latin-1", "replace")
    if is_json(part.content_type) or (not part.content_type and is_json(documented)):
        try:
            return _Alternatives((parse_json(part.data),))
        except Failure as failure:
            problems.append((part.name, "unreadable", f"is not JSON: {failure.detail}"))
            return _Alternatives((part.text,))
    if part.is_file or (part.content_type and not essence(part.content_type).startswith("text/")):
        return _Alternatives((part.data.decode("latin-1"),))
    values = tuple(values_of(part.text, (*forms, *items)))
    return _Alternatives((parsed(part.text, values[0], forms + items), *values))


def _problems(part: Part, encoding: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the media type and the headers of a part."""
    documented = [each.strip() for each in str(encoding.get("contentType", "")).split(",") if each.strip()]
    sent = essence(part.content_type)
    if documented and sent and not any(accepts(each, sent) for each in documented):
        yield part.name, "content-type", f"has the content type {sent}, not {' or '.join(documented)}"
    for name, header in (encoding.get("headers") or {}).items():
        required = isinstance(header, dict) and header.get("required")
        if required and name.lower().encode("latin-1", "replace") not in part.headers:
            yield part.name, "required", f"has no header {name}"


def parts_of(data: bytes, content_type: bytes) -> list[Part]:
    """The parts of a multipart body in order. Raises Failure."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise Failure(FailureKind.UNREADABLE, "the content type of the multipart body has no boundary")
    collector = _Collector()
    callbacks: Any = {name: getattr(collector, name) for name in _CALLBACKS}
    try:
        parser = MultipartParser(boundary, callbacks)
        parser.write(data)
        parser.finalize()
    except FormParserError as error:
        raise Failure(FailureKind.UNREADABLE, f"the multipart body is malformed: {error}") from None
    if not collector.is_complete:
        raise Failure(FailureKind.UNREADABLE, "the multipart body is cut short")
    return collector.parts


class _Collector:
    """Collects the parts that the parser meets."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.is_complete = False
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value, self._data = bytearray(), bytearray(), bytearray()

    def on_part_begin(self) -> None:
        self._headers, self._data = {}, bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def on_part_end(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise Failure(FailureKind.TOO_LARGE, f"the multipart body has more than {MAX_PARTS} parts")
        options = parse_options_header(self._headers.get(b"content-disposition"))[1]
        name = options.get(b"name", b"").decode("utf-8", "replace")
        content_type = self._headers.get(b"content-type", b"")
        self.parts.append(Part(name, bytes(self._data), content_type, b"filename" in options, frozenset(self._headers)))

    def on_end(self) -> None:
        self.is_complete = True
