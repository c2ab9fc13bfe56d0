"""Compiles the media types of request bodies and responses, and the documented headers, into records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from mockserver.contracts.parameters import SchemaOf
from mockserver.contracts.schema import CompiledSchema
from mockserver.http.media import is_json
from mockserver.model import Headers, Json
from mockserver.support.jsontext import dump

Spec = Mapping[str, Any]
RANGES = {"default": 0, **{f"{digit}{x * 2}": digit for digit in range(1, 6) for x in "xX"}}
"""The keys of responses that stand for several statuses: the first digit of those, 0 for all that are left."""
MAX_MADE = 40
_OURS = frozenset({"content-type", "content-length", "transfer-encoding", "connection", "date"})
"""Headers that say how a response is sent, whatever a document says of them."""


class Body(NamedTuple):
    """A body as it is sent."""

    data: bytes
    content_type: bytes


@dataclass(frozen=True, eq=False)
class Content:
    """One media type of a body, as documented, which may be a range such as `image/*`. `encodings` say how each part of
    a form is sent; `examples` are the documented values by name, the single `example` under "".
    """

    media_type: str
    schema: CompiledSchema | None = None
    encodings: Mapping[str, Spec] = field(default_factory=dict)
    examples: Mapping[str, Json] = field(default_factory=dict)

    @cached_property
    def fitting(self) -> Mapping[str, Json]:
        """The documented examples that fit the schema."""
        return {name: value for name, value in self._readings() if self._fits(value)}

    @cached_property
    def is_json(self) -> bool:
        return is_json(self.media_type.encode("latin-1", "replace"))

    @cached_property
    def value(self) -> Json:
        """The first documented example that fits the schema, else a made value."""
        for value in self.fitting.values():
            return value
        if self.schema is None:
            return {} if self.is_json else "string"
        return self.schema.sample

    @cached_property
    def made(self) -> list[Json]:
        """Different values that fit the schema, none of them an example."""
        from mockserver.contracts.samples import samples_of  # noqa: PLC0415 - few need them

        if self.schema is None:
            return []
        made = samples_of(self.schema.made_from, self.schema.validator.is_valid, examples=False)
        return list(islice(made, MAX_MADE))

    @cached_property
    def usual(self) -> Body:
        """The body that is sent where nothing else is asked for."""
        return self.body_of(self.value)

    @property
    def content_type(self) -> bytes:
        return self.media_type.encode("latin-1", "replace")

    def body_of(self, value: Json) -> Body:
        """A value in this media type; of a range, in one of its types."""
        from mockserver.contracts.rendering import concrete, rendered, sent_type  # noqa: PLC0415 - as few

        media_type = concrete(self.media_type, value)
        document = self.schema.document if self.schema is not None else None
        return Body(rendered(value, media_type, document), sent_type(media_type).encode("latin-1", "replace"))

    def _readings(self) -> list[tuple[str, Json]]:
        """The examples; one of JSON that is written as a text, and does not fit as one, is read."""
        return [(name, self._read(value)) for name, value in self.examples.items()]

    def _read(self, value: Json) -> Json:
        if isinstance(value, str) and self.is_json and (self.schema is None or not self._fits(value)):
            try:
                return json.loads(value)
            except ValueError:
                return value
        return value

    def _fits(self, value: Json) -> bool:
        return self.schema is None or self.schema.validator.is_valid(value)


@dataclass(frozen=True, eq=False)
class DocumentedHeader:
    """A documented header of a response; its schema and its example, None where it has none."""

    name: str
    required: bool
    schema: CompiledSchema
    example: Json = None
    explode: bool = False

    @cached_property
    def value(self) -> Json:
        """A value that fits: the example, else a made one."""
        if self.example is not None and self.schema.validator.is_valid(self.example):
            return self.example
        return self.schema.sample

    @cached_property
    def line(self) -> tuple[bytes, bytes] | None:
        """The header in wire form; None where its value cannot be written in one."""
        text = _header_text(self.value, explode=self.explode)
        return None if text is None else (self.name.lower().encode("latin-1", "replace"), text)


class ResponseContract(NamedTuple):
    """A documented status of an operation, or a range of them. `content_type` and `schema` are those of the first of
    its `contents`; `headers` are those whose value the contract fixes, `documented_headers` all."""

    status: int
    content_type: str
    schema: CompiledSchema | None
    headers: Headers = ()
    contents: tuple[Content, ...] = ()
    documented_headers: tuple[DocumentedHeader, ...] = ()


def compile_contents(content: Spec | None, schema_of: SchemaOf, place: str) -> tuple[Content, ...]:
    """The media types of a body or a response, in the order in which they are documented."""
    return tuple(
        Content(
            media_type,
            None if spec.get("schema") is None else schema_of(spec["schema"], f"{place}/{media_type}/schema"),
            {name: each for name, each in (spec.get("encoding") or {}).items() if isinstance(each, dict)},
            examples_of(spec),
        )
        for media_type, spec in (content or {}).items()
        if isinstance(spec, dict)
    )


def compile_responses(
    responses: Spec | None, schema_of: SchemaOf, place: str
) -> tuple[dict[int, ResponseContract], dict[int, ResponseContract]]:
    """The responses by status, and by range: see RANGES."""
    exact: dict[int, ResponseContract] = {}
    ranges: dict[int, ResponseContract] = {}
    for status, spec in (responses or {}).items():
        key = str(status)
        if key.isdigit():
            exact[int(key)] = _response(int(key), spec, schema_of, f"{place}/{key}")
        elif key in RANGES:
            ranges[RANGES[key]] = _response(RANGES[key], spec, schema_of, f"{place}/{key}")
    return exact, ranges


def _response(status: int, spec: Spec, schema_of: SchemaOf, place: str) -> ResponseContract:
    contents = compile_contents(spec.get("content"), schema_of, f"{place}/content")
    first = contents[0] if contents else Content("application/json")
    headers = spec.get("headers") or {}
    return ResponseContract(
        status,
        first.media_type,
        first.schema,
        _constant_headers(headers),
        contents,
        tuple(
            _header(name, header, schema_of, f"{place}/headers/{name}")
            for name, header in headers.items()
            if isinstance(header, dict) and name.lower() not in _OURS
        ),
    )


def _header(name: str, spec: Spec, schema_of: SchemaOf, place: str) -> DocumentedHeader:
    schema, holder = spec.get("schema", {}), spec
    for content in (spec.get("content") or {}).values():
        schema, holder = content.get("schema", {}), content
        break
    example = next(iter(examples_of(holder).values()), None)
    compiled = schema_of(schema, f"{place}/schema")
    return DocumentedHeader(name, bool(spec.get("required")), compiled, example, bool(spec.get("explode")))


def _header_text(value: Json, *, explode: bool) -> bytes | None:
    """A value in the style of headers; None where it cannot be written in one."""
    match value:
        case None:
            return None
        case list():
            text = ",".join(map(_plain, value))
        case dict():
            text = ",".join(f"{name}{'=' if explode else ','}{_plain(each)}" for name, each in value.items())
        case _:
            text = _plain(value)
    try:
        written = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return None if any(byte in written for byte in b"\r\n\0") else written


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else dump(value).decode("utf-8")


def examples_of(spec: Spec) -> dict[str, Json]:
    """The documented examples of a media type, a header or a parameter by name; the single one is named ""."""
    examples = {"": spec["example"]} if "example" in spec else {}
    named = spec.get("examples")
    for name, each in named.items() if isinstance(named, dict) else ():
        keyword = next((key for key in ("value", "dataValue", "serializedValue") if key in each), None)
        if keyword is not None:
            examples[name] = each[keyword]
    return examples


def _constant_headers(headers: Spec) -> Headers:
    """The response headers whose value the contract fixes, as bytes."""
    schemas = {name: header.get("schema", {}) for name, header in headers.items() if isinstance(header, dict)}
    return tuple(
        (name.encode("latin-1"), str(schema["const"]).encode("latin-1"))
        for name, schema in schemas.items()
        if isinstance(schema, dict) and schema.get("const") is not None
    )
