"""Writes JSON: by orjson, and by the standard library where integers are too large for orjson."""

import json

import orjson

from mockserver.model import Json


def dump(value: Json) -> bytes:
    """A value as compact JSON in UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def indented(value: Json, indent: int = 2) -> str:
    """A value as indented JSON, members in their order, with a final newline."""
    return json.dumps(value, ensure_ascii=False, indent=indent) + "\n"


def canonical(value: Json) -> bytes:
    """A value as JSON that is the same for equal values: members sorted by name."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")
