"""Turns texts, as parameters and forms carry them, into the JSON values that a schema asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import NamedTuple

from mockserver.model import Json

MAX_DIGITS = 400
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Form(NamedTuple):
    """One of the JSON types that a schema allows, with the forms of what is inside it: of the `items` of an array, of
    the named `members` of an object, and of its `others`, None where the schema does not speak of those."""

    kind: str
    items: Forms = ()
    members: Mapping[str, Forms] = {}
    others: Forms | None = None


Forms = tuple[Form, ...]
"""The forms that a value may have, in the order in which they are tried."""
Texts = str | list["Texts"] | dict[str, "Texts"]
"""What a request carries for one value: a text, or texts in the order or under the names in which they were sent."""
TEXT: Forms = (Form("string"),)


def values_of(texts: Texts, forms: Forms) -> Iterator[Json]:
    """The values that texts may stand for, the most probable first; the texts themselves where they fit no form."""
    typed = _typed(texts, forms)
    yield typed
    as_text = _typed(texts, forms, in_text=True)
    if as_text != typed or type(as_text) is not type(typed):
        yield as_text


def _typed(texts: Texts, forms: Forms, *, in_text: bool = False) -> Json:
    """One reading of texts. `in_text`: where a schema allows texts too, a text stays one."""
    if isinstance(texts, str):
        return _scalar(texts, forms, in_text=in_text)
    if isinstance(texts, list):
        items = next((form.items for form in forms if form.kind == "array"), TEXT)
        return [_typed(each, items, in_text=in_text) for each in texts]
    form = next((form for form in forms if form.kind == "object"), Form("object"))
    others = form.others or TEXT
    return {name: _typed(each, form.members.get(name, others), in_text=in_text) for name, each in texts.items()}


def _scalar(text: str, forms: Forms, *, in_text: bool) -> Json:
    kinds = {form.kind for form in forms}
    if in_text and "string" in kinds:
        return text
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if "null" in kinds and (text == "null" or (not text and "string" not in kinds)):
        return None
    if "number" in kinds or "integer" in kinds:
        if _INTEGER.fullmatch(text) and len(text) <= MAX_DIGITS:
            return int(text)
        if _NUMBER.fullmatch(text) and isfinite(float(text)):
            return float(text)
    return text
