"""Sentences of a description → JSON Schema keywords, and what reads like a rule but is no keyword.

Two tables of small rules. A rule in EXTRACTED gives keywords where it fits the field; its words are then taken out.
What is left of a sentence is matched against UNEXTRACTED, which gives a slug and the numbers and names.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mockserver.extract.model import Json, Rule, Schema

Match = re.Match[str]
NOT_BLANK = r"[^\s\x1c-\x1f\x85\ufeff]"
"""A character that is not white space, as Python's and Rust's regular expressions both read it."""
CHARACTERS = {
    **dict.fromkeys(("lowercase letters", "lowercase"), "a-z"),
    **dict.fromkeys(("uppercase letters", "uppercase"), "A-Z"),
    "letters": "A-Za-z",
    **dict.fromkeys(("numbers", "digits"), "0-9"),
    "underscores": "_",
    **dict.fromkeys(("periods", "dots"), "."),
    "colons": ":",
    "slashes": "/",
    **dict.fromkeys(("hyphens", "dashes"), "-"),
}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = {word: number for number, word in enumerate(_WORDS)}


class Context(NamedTuple):
    """What a rule may know of the field: its schema so far, the enums below it and the names it requires."""

    schema: Schema
    enums: tuple[tuple[Json, ...], ...] = ()
    required: tuple[str, ...] = ()


Maker = Callable[[Match, Context], Schema | None]


def _number(keyword: str) -> Maker:
    """The first group as the value of `keyword`."""
    return lambda match, _: {keyword: int(match[1].replace(",", ""))}


def _between(low: str, high: str) -> Maker:
    return lambda match, _: {low: int(match[1]), high: int(match[2])}


def _always(keywords: Schema) -> Maker:
    return lambda _match, _context: dict(keywords)


def _of_characters(match: Match, _context: Context) -> Schema:
    names = re.findall("|".join(CHARACTERS), match[0], re.IGNORECASE)
    classes = sorted((CHARACTERS[name.lower()] for name in names), key="-".__eq__)
    return {"pattern": f"^[{''.join(classes)}]+$", "not": {"type": "string", "pattern": r"\n"}}


def _is_required(match: Match, context: Context) -> Schema | None:
    return {} if set(_ticked(match[0])) <= set(context.required) else None


def _is_enum(match: Match, context: Context) -> Schema | None:
    return {} if any(set(_ticked(match[0])) == set(values) for values in context.enums) else None


_CHARACTER_LIST = rf"\b(?:{'|'.join(CHARACTERS)})(?:,? (?:and )?(?:{'|'.join(CHARACTERS)})\b)+"
_MAX = r"(?:max(?:imum)?(?: value| length| size)?(?: is| of|:)?|limited to|at most|no more than|up to)"
_MIN = r"(?:min(?:imum)?(?: value| length| size)?(?: is| of|:)?|at least)"

_ENTRIES = r"(?:entry|entries|items?|elements?)\b"
_EMPTY = r"(?:must not|cannot|can not) be empty|must be non-empty"

EXTRACTED: tuple[tuple[re.Pattern[str], tuple[str, ...], Maker], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), tuple(types.split()), maker)
    for pattern, types, maker in (
        (
            r"values max (\d+) char(?:s|acters)\b",
            "object",
            lambda match, _: {"additionalProperties": {"maxLength": int(match[1])}},
        ),
        (rf"{_MAX} (\d[\d,]*) char(?:s|acters?)\b", "string", _number("maxLength")),
        (rf"{_MIN} (\d[\d,]*) char(?:s|acters?)\b", "string", _number("minLength")),
        (r"between (-?\d+) and (-?\d+)(?: characters)?", "integer number", _between("minimum", "maximum")),
        (r"between (-?\d+) and (-?\d+)(?: characters)?", "string", _between("minLength", "maxLength")),
        (rf"(?:supports )?{_MAX} (\d[\d,]*) (?:properties|keys)(?: per object)?", "object", _number("maxProperties")),
        (rf"{_MAX} (\d[\d,]*) {_ENTRIES}", "array", _number("maxItems")),
        (rf"{_MIN} (\d[\d,]*) {_ENTRIES}", "array", _number("minItems")),
        (rf"{_MAX} (\d[\d,]*) [\w ]+ (?:is |are )?allowed", "array", _number("maxItems")),
        (rf"(?:must be )?{_MAX} (-?\d[\d,]*)(?=$|[.,;])", "integer number", _number("maximum")),
        (rf"(?:must be )?{_MIN} (-?\d[\d,]*)(?=$|[.,;])", "integer number", _number("minimum")),
        (r"must be greater than (-?\d+)", "integer number", _number("exclusiveMinimum")),
        (r"must be less than (-?\d+)", "integer number", _number("exclusiveMaximum")),
        (_CHARACTER_LIST, "string", _of_characters),
        (r"(?:must follow )?(?:the )?ISO 8601(?: format)?", "string", _always({"format": "date-time"})),
        (r"must be (?:sent as )?an integer\b", "integer number", _always({"type": "integer"})),
        (r"(?:must contain )?at least one non-whitespace character", "string", _always({"pattern": NOT_BLANK})),
        (r"maximum nesting depth of (\d+) levels", "object", _number("x-depth")),
        (r"keys and values are strings", "object", _always({"additionalProperties": {"type": "string"}})),
        (r"must include `\w+`(?:(?:,| and|, and) `\w+`)*", "", _is_required),
        (r"(?:only [\w ]+ )?of type `\w+` are supported", "", _is_enum),
        (r"only [\w ]+ (?:`\w+`(?:,| or|, or| and)? ?)+[\w ]*", "", _is_enum),
        (r"must be `[^`]+`", "", _is_enum),
        (_EMPTY, "string", _always({"minLength": 1})),
        (_EMPTY, "array", _always({"minItems": 1})),
        (_EMPTY, "object", _always({"minProperties": 1})),
        (r"must be unique|no duplicates", "array", _always({"uniqueItems": True})),
    )
)
"""Pattern, types of the fields that it speaks of (any without), and what makes their keywords."""

Describer = Callable[[Match, str], dict[str, Json]]


def _span(match: Match, _sentence: str) -> dict[str, Json]:
    number = match["number"].lower()
    return {match["unit"].lower().rstrip("s") + "s": NUMBERS[number] if number in NUMBERS else int(number)}


def _groups(match: Match, _sentence: str) -> dict[str, Json]:
    return match.groupdict()


def _fields(_match: Match, sentence: str) -> dict[str, Json]:
    return {"fields": _ticked(sentence)}


def _listed(match: Match, _sentence: str) -> dict[str, Json]:
    names = [name.strip(" .") for name in match["names"].split(",")]
    return {"values": [name for name in names if name != "etc"], "complete": "etc" not in names}


_SPAN = rf"(?P<number>\d+|{'|'.join(NUMBERS)}) (?P<unit>seconds?|minutes?|hours?|days?|months?)"

UNEXTRACTED: tuple[tuple[str, re.Pattern[str], Describer], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE), describe)
    for kind, pattern, describe in (
        ("no-older-than", rf"no older than {_SPAN}", _span),
        ("no-older-than", rf"(?:up to )?{_SPAN} in the past", _span),
        ("up-to-future", rf"(?:up to )?{_SPAN} in the future", _span),
        ("less-than", r"must be (?:less|earlier|lower|before) (?:than )?`(?P<than>[\w.]+)`", _groups),
        ("greater-than", r"must be (?:greater|later|higher|after) (?:than )?`(?P<than>[\w.]+)`", _groups),
        ("at-least-one-of", r"at least one of", _fields),
        ("exactly-one-of", r"(?:exactly|only) one of|mutually exclusive", _fields),
        ("not-both", r"\bbut not both\b|cannot be used together|cannot be combined", _fields),
        ("required-for", r"\brequired (?:for|when|if|unless)\b|must be (?:provided|set|specified)", _groups),
        ("must-reference", r"must (?:reference|refer to|exist)\b", _groups),
        ("must-match", r"must (?:match|agree|equal|be the same)\b", _groups),
        (
            "requires-permission",
            r"requires any of the following permissions",
            lambda _, sentence: {"any-of": _ticked(sentence)},
        ),
        ("requires-permission", r"requires the `(?P<permission>[\w.]+)` permission", _groups),
        ("depends-on", r"different per\b|depends on\b", _groups),
        ("listed-values", r"(?:function|operator|one of:?) \((?P<names>[^()]*,[^()]*)\)", _listed),
        ("unclassified", rf"\bmust\b|\blimited to\b|\bcannot\b|^only\b|{_MAX} \d|{_MIN} \d|\bis required\b", _groups),
    )
)


def read(description: str, context: Context) -> tuple[Schema, tuple[Rule, ...]]:
    """The keywords that a field's description states, and the rules in it that are no keywords."""
    keywords: Schema = {}
    rules: list[Rule] = []
    for sentence in _sentences(description):
        left = sentence
        for pattern, types, maker in EXTRACTED:
            match = pattern.search(left) if not types or context.schema.get("type") in types else None
            found = maker(match, context) if match else None
            if match and found is not None:
                keywords.update(found)
                left = left[: match.start()] + "…" + left[match.end() :]
        rules.extend(_rules(left))
    return keywords, tuple(rules)


def _rules(sentence: str) -> Iterator[Rule]:
    """Every rule in a sentence; the catch-all applies only where nothing else does."""
    done = False
    for kind, pattern, describe in UNEXTRACTED:
        match = pattern.search(sentence)
        if match and not (done and kind in {"unclassified", "required-for"}):
            done = True
            yield Rule(kind, tuple(describe(match, sentence).items()))


def _sentences(description: str) -> list[str]:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", description).replace("**", "")
    plain = re.sub(r"Allowed enum values:\s*`[^`]*`", "", plain)
    return [part.lstrip(" ✅❌-*") for part in re.split(r"(?<=[.!?])\s+(?=\W*[A-Z`])", plain)]


def _ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def allowed_values(description: str) -> tuple[str, ...]:
    """The values behind "Allowed enum values", as the page writes them."""
    match = re.search(r"Allowed enum values:\s*`([^`]*)`", description)
    return tuple(match[1].split(",")) if match else ()
