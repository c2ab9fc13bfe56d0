"""Writes a value as a body of a media type: JSON, XML, CSV, forms, text, and the smallest files of binary types."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from mockserver.http.media import essence, is_json
from mockserver.model import Json
from mockserver.support.jsontext import dump
from mockserver.support.keywords import resolved

MAX_DEPTH = 24
FORM = "application/x-www-form-urlencoded"
NEWLINE = "\r\n"
BOUNDARY = "mockserver-boundary"
_CONCRETE = {
    "text/*": "text/plain",
    "image/*": "image/png",
    "audio/*": "audio/wav",
    "video/*": "video/mp4",
    "application/*": "application/json",
}
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_FILES: Mapping[str, bytes] = {
    name: base64.b64decode(text)
    for name, text in {
        "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "image/gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
        "image/bmp": "Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAA////AA==",
        "audio/wav": "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=",
        "application/zip": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==",
        "application/gzip": "H4sIAAAAAAAAAwMAAAAAAAAAAAA=",
    }.items()
} | {
    "application/pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
}
"""The smallest files of binary types: one pixel, no sample, an empty archive."""


def concrete(media_type: str, value: Json) -> str:
    """The media type itself or, of a range, the one in which the value is sent."""
    name = essence(media_type.encode("latin-1", "replace"))
    if name == "*/*":
        return "text/plain" if isinstance(value, str) else "application/json"
    return _CONCRETE.get(name, "application/octet-stream") if name.endswith("/*") else media_type


def rendered(value: Json, media_type: str, schema: Mapping[str, Any] | None) -> bytes:
    """A value as a body of a concrete media type. `schema` names the elements of XML."""
    name = essence(media_type.encode("latin-1", "replace"))
    if is_json(name.encode()):
        return dump(value)
    if name in _FILES and not isinstance(value, (dict, list)):
        return _FILES[name]
    if name.endswith(("/xml", "+xml")) and not isinstance(value, str):
        return _xml(value, schema or {}).encode("utf-8")
    if name == FORM and isinstance(value, dict):
        return urlencode(list(_fields(value))).encode("ascii")
    if name == "multipart/form-data" and isinstance(value, dict):
        return _multipart(value)
    if name == "text/csv" and not isinstance(value, str):
        return _csv(value).encode("utf-8")
    if name in _LINES:
        return b"".join(dump(each) + b"\n" for each in (value if isinstance(value, list) else [value]))
    if name == "text/event-stream" and not isinstance(value, str):
        return b"data: " + dump(value) + b"\n\n"
    return _text(value).encode("utf-8")


def sent_type(media_type: str) -> str:
    """The content type under which a body of a concrete media type is sent."""
    name = essence(media_type.encode("latin-1", "replace"))
    return f"{media_type}; boundary={BOUNDARY}" if name == "multipart/form-data" else media_type


def _fields(value: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The fields of a form: a list repeats its name, an object is `name[member]`."""
    for name, each in value.items():
        if isinstance(each, dict):
            yield from _fields({f"{name}[{key}]": inner for key, inner in each.items()})
        else:
            yield from ((name, _text(item)) for item in (each if isinstance(each, list) else [each]))


def _multipart(value: Mapping[str, Json]) -> bytes:
    parts = [(name, item) for name, each in value.items() for item in (each if isinstance(each, list) else [each])]
    written = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"{'Content-Type: application/json' + NEWLINE if isinstance(item, dict) else ''}{NEWLINE}{_text(item)}{NEWLINE}"
        for name, item in parts
    )
    return f"{written}--{BOUNDARY}--\r\n".encode()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else dump(value).decode("utf-8")


def _csv(value: Json) -> str:
    """The rows of a list of objects, or of values, with a line of names."""
    rows = value if isinstance(value, list) else [value]
    written = io.StringIO()
    if all(isinstance(row, dict) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.writer(written)
        writer.writerow(names)
        writer.writerows([[_text(row[name]) if name in row else "" for name in names] for row in rows])
    else:
        csv.writer(written).writerows(
            [[_text(each) for each in (row if isinstance(row, list) else [row])] for row in rows]
        )
    return written.getvalue()


def _xml(value: Json, document: Mapping[str, Any]) -> str:
    """An XML document, its elements named as the schema says (OpenAPI's XML Object)."""
    name = _named(document, document) or _reference_name(document) or "root"
    return '<?xml version="1.0" encoding="UTF-8"?>' + "".join(_element(name, value, document, document, 0))


def _named(schema: Any, document: Mapping[str, Any]) -> str | None:
    spec = resolved(schema, document).get("xml")
    return str(spec["name"]) if isinstance(spec, dict) and spec.get("name") else None


def _reference_name(schema: Mapping[str, Any]) -> str | None:
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


def _element(name: str, value: Json, schema: Any, document: Mapping[str, Any], depth: int) -> Iterator[str]:
    node = resolved(schema, document)
    if isinstance(value, list):
        items = node.get("items", {})
        inner = _named(items, document) or (name if depth else _reference_name(items) or "item")
        elements = "".join("".join(_element(inner, each, items, document, depth + 1)) for each in value)
        spec = node.get("xml")
        wrapped = not depth or (isinstance(spec, dict) and spec.get("wrapped"))
        yield f"<{name}>{elements}</{name}>" if wrapped else elements
        return
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        yield f"<{name}>{'' if value is None else escape(_text(value))}</{name}>"
        return
    known, attributes, children = node.get("properties", {}), "", ""
    for member, each in value.items():
        inner = known.get(member, {})
        spec = resolved(inner, document).get("xml")
        label = _named(inner, document) or member
        if isinstance(spec, dict) and spec.get("attribute"):
            attributes += f" {label}={quoteattr(_text(each))}"
        else:
            children += "".join(_element(label, each, inner, document, depth + 1))
    yield f"<{name}{attributes}>{children}</{name}>"
