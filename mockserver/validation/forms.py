"""Reads urlencoded forms as objects: each member as its schema and its encoding ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mockserver.errors import Failure
from mockserver.model import FailureKind, Json
from mockserver.validation.coercion import TEXT, Form, Forms, Texts, values_of
from mockserver.validation.decoding import parse_json
from mockserver.validation.styles import Pairs, Sent, StyleError, query_pairs, texts_as

Encodings = Mapping[str, Mapping[str, Any]]
"""The Encoding Objects of a media type by the names of members."""


class FormReading(NamedTuple):
    """What a form says: its value, and what is wrong with single members, as (name, rule, message)."""

    value: Json
    problems: tuple[tuple[str, str, str], ...] = ()


class _Style(NamedTuple):
    """How a member of an urlencoded form is written, in the terms of a query parameter."""

    name: str
    style: str
    explode: bool
    location: str = "query"


def read_urlencoded(data: bytes, forms: Forms, encodings: Encodings) -> list[FormReading]:
    """The readings of an urlencoded form, the most probable first. Raises Failure where its bytes are no text."""
    try:
        pairs = query_pairs(data.decode("ascii").encode("ascii"))
    except UnicodeDecodeError:
        raise Failure(FailureKind.UNREADABLE, "the form is not percent-encoded") from None
    form = object_of(forms)
    members: dict[str, Texts] = {}
    problems: list[tuple[str, str, str]] = []
    for name in dict.fromkeys([*form.members, *(_member_name(name, form) for name, _ in pairs)]):
        try:
            texts = _member(name, pairs, form, encodings.get(name, {}))
        except StyleError as error:
            problems.append((name, "style", str(error)))
            continue
        if texts is not None:
            members[name] = texts
    values = list(_values(members, form))
    empty: dict[str, Json] = {
        name: [] for name, forms in form.members.items() if name not in members and _is_list(forms)
    }
    values += [{**value, **empty} for value in values if empty]  # an empty list has no field
    return [FormReading(value, tuple(problems)) for value in values]


def _member_name(field: str, form: Form) -> str:
    """The member that a field belongs to, `a` of `a[b]`; of no known member, an open bracket is part of the name."""
    name = field.partition("[")[0]
    return name if field.endswith("]") or name in form.members else field


def _is_list(forms: Forms) -> bool:
    return any(form.kind == "array" for form in forms)


def object_of(forms: Forms) -> Form:
    return next((form for form in forms if form.kind == "object"), Form("object"))


def _values(members: Mapping[str, Texts], form: Form) -> Iterator[Json]:
    """The values of an object whose members are texts; those in which a member is JSON before those of plain texts."""
    for value in values_of({**members}, (form,)):
        yield {
            name: parsed(members[name], each, form.members.get(name, form.others or TEXT))
            for name, each in value.items()
        }
        yield value


def parsed(texts: Texts, value: Json, forms: Forms) -> Json:
    """A member that is JSON in a text, where its schema asks for an object or an array of something else than texts."""
    if isinstance(texts, list) and len(texts) == 1:
        texts = texts[0]
    if isinstance(texts, str) and texts[:1] in ("{", "[") and any(form.kind in ("object", "array") for form in forms):
        try:
            return parse_json(texts.encode("utf-8", "replace"))
        except Failure:
            return value
    return value


def _member(name: str, pairs: Pairs, form: Form, encoding: Mapping[str, Any]) -> Texts | None:
    """The texts of one member, None where it is absent: as its encoding says, or in the ways in which clients send
    lists and objects: repeated, `name[]`, `name[key]` and JSON."""
    forms = form.members.get(name, form.others or TEXT)
    style = encoding.get("style")
    kinds = {each.kind for each in forms}
    inner = next((each for each in forms if each.kind in ("array", "object")), forms[0] if forms else Form("string"))
    if style:
        as_written: Any = _Style(name, style, bool(encoding.get("explode", style == "form")))
        return texts_as(as_written, inner, Sent({}, query=pairs))
    texts = [value for key, value in pairs if key == name]
    if texts:
        plain: Any = _Style(name, "form", explode=True)
        found = texts_as(plain, Form("array"), Sent({}, query=pairs))
        assert isinstance(found, list)
        return found if "array" in kinds or len(found) > 1 else found[0]
    lists = tuple((name, value) for key, value in pairs if key == f"{name}[]")
    if lists:
        plain = _Style(name, "form", explode=True)
        return texts_as(plain, Form("array"), Sent({}, query=lists))
    deep: Any = _Style(name, "deepObject", explode=True)
    return texts_as(deep, inner if inner.kind in ("array", "object") else Form("object"), Sent({}, query=pairs))
