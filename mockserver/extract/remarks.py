"""What a description says of a value besides its limits: its default, that it may be null, that it is deprecated."""

import json
import re
from typing import Any

from mockserver.extract.limits import plain_text, whole
from mockserver.extract.model import Json, Schema
from mockserver.support.numbers import is_integer, is_number

STATED = re.compile(r"\bdefault: `(?P<value>[^`]*)`")
"""How the page itself, not its author, states a default."""
TOLD = re.compile(
    r"\bdefaults?(?: value)?(?: is| to|:) (?:`(?P<quoted>[^`]+)`|(?P<bare>-?\d[\d,.]*|true\b|false\b))", re.IGNORECASE
)
CONDITION = re.compile(r"\b(?:if|when|unless|for|otherwise|depend\w*)\b", re.IGNORECASE)
"""A default in a sentence with one of these words is not that of every request."""
NULLABLE = re.compile(
    r"(?<!not )\b(?:can|may|could) (?:also )?be (?:set to )?`?null`?(?!\w)|(?<!not )(?<!non-)\bnullable\b",
    re.IGNORECASE,
)
DEPRECATED = re.compile(
    r"^\W*deprecated\b|\b(?:this (?:field|property|parameter|attribute|value|option|endpoint)|it) (?:is|has been) "
    r"deprecated\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NONE: Any = object()


def is_deprecated(text: str) -> bool:
    """Whether a description says that what it describes is deprecated."""
    return DEPRECATED.search(plain_text(text)) is not None


def nullable(schema: Schema, description: str) -> None:
    """Lets a schema take null too, if the description says that the value can be null."""
    if NULLABLE.search(plain_text(description)) is None:
        return
    if "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            schema[choice] = [*schema[choice], {"type": "null"}]


def default(schema: Schema, description: str) -> Schema:
    """The keyword `default` as the description states it, or nothing where it states none that fits the schema."""
    for text in _texts(description):
        value = _typed(text, schema.get("type"))
        if value is not _NONE and value in schema.get("enum", [value]):
            return {"default": value}
    return {}


def _texts(description: str) -> list[str]:
    stated = STATED.search(description)
    if stated:
        return [stated["value"]]
    sentences = [each for each in SENTENCE.split(plain_text(description)) if not CONDITION.search(each)]
    told = [match for each in sentences if (match := TOLD.search(each))]
    return [(match["quoted"] or match["bare"].rstrip(".,")).strip("\"'") for match in told]


def _typed(text: str, kind: Json) -> Json:
    """The text as a value of a type; _NONE where it is none."""
    if kind == "string":
        return text
    if kind == "integer" and re.fullmatch(r"-?\d{1,3}(,\d{3})+|-?\d{1,18}", text):
        return whole(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _NONE
    fits = {
        "integer": is_integer(value),
        "number": is_number(value),
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }
    return value if fits.get(str(kind)) else _NONE
