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
    **dict.fromkeys(
        ("lowercase alphanumeric characters", "lowercase alphanumerics", "lowercase alphanumeric"), "a-z0-9"
    ),
    **dict.fromkeys(
        ("uppercase alphanumeric characters", "uppercase alphanumerics", "uppercase alphanumeric"), "A-Z0-9"
    ),
    **dict.fromkeys(("alphanumeric characters", "alphanumerics", "alphanumeric"), "A-Za-z0-9"),
    **dict.fromkeys(("lowercase letters", "lowercase"), "a-z"),
    **dict.fromkeys(("uppercase letters", "uppercase"), "A-Z"),
    "letters": "A-Za-z",
    **dict.fromkeys(("numbers", "digits"), "0-9"),
    "underscores": "_",
    **dict.fromkeys(("periods", "dots"), "."),
    "colons": ":",
    "slashes": "/",
    "spaces": " ",
    **dict.fromkeys(("hyphens", "dashes", "minuses"), "-"),
}
"""How descriptions call characters, the longer name before one that it begins with."""
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = {word: number for number, word in enumerate(_WORDS)}


class Context(NamedTuple):
    """What a rule may know of the field: its schema so far, the enums below it, the names it requires, and its whole
    description."""

    schema: Schema
    enums: tuple[tuple[Json, ...], ...] = ()
    required: tuple[str, ...] = ()
    text: str = ""


Maker = Callable[[Match, Context], Schema | None]


NUMBER = r"(?:-?\d{1,3}(?:,\d{3})+|-?\d+)(?![.,]?\d)"
"""A whole number, perhaps with commas between the thousands."""


def whole(text: str) -> int:
    """The value of what NUMBER matches."""
    return int(text.replace(",", ""))


def _number(keyword: str) -> Maker:
    """The first group as the value of `keyword`."""
    return lambda match, _: {keyword: whole(match[1])}


def _between(low: str, high: str) -> Maker:
    return lambda match, _: {low: whole(match[1]), high: whole(match[2])}


def _always(keywords: Schema) -> Maker:
    return lambda _match, _context: dict(keywords)


def _one_line(pattern: str) -> Schema:
    """A pattern of a whole text. Its `$` would let a line break pass at the end."""
    return {"pattern": pattern, "not": {"type": "string", "pattern": r"\n"}}


_FORBIDS = re.compile(r"\b(?:not|cannot|can't|never|except|without|other than)\b[^.;]*$", re.IGNORECASE)
_CHANGES = re.compile(r" (?:are|is|will be|get) (?:converted|replaced|removed|stripped|ignored|not)", re.IGNORECASE)
_GOES_ON = re.compile(
    r"(?:,|,? (?:and|or)) (?!must|cannot|can|may|with|max|up|at|limited|no|is|are|it)\w", re.IGNORECASE
)


def _of_characters(match: Match, _context: Context) -> Schema | None:
    """The pattern of the listed characters; None where they are forbidden or changed, or the list names others too."""
    rest = match.string[match.end() :]
    if _FORBIDS.search(match.string[: match.start()]) or _CHANGES.match(rest) or _GOES_ON.match(rest):
        return None
    names = re.findall("|".join(CHARACTERS), match[0], re.IGNORECASE)
    classes = sorted(dict.fromkeys(CHARACTERS[name.lower()] for name in names), key="-".__eq__)
    return _one_line(f"^[{''.join(classes)}]+$")


def _padded(match: Match, _context: Context) -> Schema | None:
    """The pattern of texts such as `00` to `23`."""
    low, high = match[1], match[2]
    return _one_line(f"^{digits_between(low, high)}$") if len(low) == len(high) and low <= high else None


def digits_between(low: str, high: str) -> str:
    """A pattern of the numbers from `low` to `high`, which have the same number of digits."""
    if low[:1] == high[:1]:
        return low[:1] + digits_between(low[1:], high[1:]) if low else ""
    rest, first, last = len(low) - 1, int(low[0]), int(high[0])
    if not rest:
        return f"[{first}-{last}]"
    head: list[str] = []
    tail: list[str] = []
    if low[1:] != "0" * rest:
        head = [low[0] + digits_between(low[1:], "9" * rest)]
        first += 1
    if high[1:] != "9" * rest:
        tail = [high[0] + digits_between("0" * rest, high[1:])]
        last -= 1
    middle = [f"[{first}-{last}]" + "[0-9]" * rest] if first <= last else []
    return f"(?:{'|'.join([*head, *middle, *tail])})"


_OTHER_TIMES = re.compile(
    r"date[ -]?math|\bnow\s?[-+`]|\brelative\b|\bepoch\b|\bunix\b|milliseconds since|seconds since", re.IGNORECASE
)
_TEMPLATE = re.compile(r"\bYYYY(?:-MM(?:-DD(?:Thh(?::mm)?)?)?)?\b(?![-:\w])", re.IGNORECASE)
_PARTS = {"YYYY": "[0-9]{4}", "MM": "[0-9]{2}", "DD": "[0-9]{2}", "HH": "[0-9]{2}"}


def _moment(_match: Match, context: Context) -> Schema:
    """A format, unless the description allows other times too. Of a coarser template only the head is required, since
    a whole timestamp is taken as well."""
    if _OTHER_TIMES.search(context.text):
        return {"format": None}
    if re.search(r"\bdurations?\b", context.text, re.IGNORECASE):
        return {"format": "duration"}
    template = _TEMPLATE.search(context.text)
    if template is None:
        return {"format": "date-time"}
    head = re.sub("YYYY|MM|DD|HH", lambda part: _PARTS[part[0]], template[0].upper())
    return {"format": None, "pattern": f"^{head}"}


def _is_required(match: Match, context: Context) -> Schema | None:
    return {} if set(_ticked(match[0])) <= set(context.required) else None


def _is_enum(match: Match, context: Context) -> Schema | None:
    return {} if any(set(_ticked(match[0])) == set(values) for values in context.enums) else None


_CHARACTER_LIST = rf"\b(?:{'|'.join(CHARACTERS)})(?:,? (?:and |or )?(?:{'|'.join(CHARACTERS)})\b)+"
_ALPHANUMERIC = (
    r"(?:must be|only|consists? of|contains? only) ((?:(?:lower|upper)case )?alphanumeric)s?\b(?: characters)?"
)
_MAX = r"(?:max(?:imum)?(?: value| length| size)?(?: is| of|:)?|limited to|at most|no more than|up to)"
_MIN = r"(?:min(?:imum)?(?: value| length| size)?(?: is| of|:)?|at least)"

_ENTRIES = r"(?:entry|entries|items?|elements?)\b"
_LENGTH = r"(?: chars?\b| characters?\b)"
_EMPTY = r"(?:must not|cannot|can not) be empty|must be non-empty"

EXTRACTED: tuple[tuple[re.Pattern[str], tuple[str, ...], Maker], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), tuple(types.split()), maker)
    for pattern, types, maker in (
        (
            r"values max (\d+) char(?:s|acters)\b",
            "object",
            lambda match, _: {"additionalProperties": {"maxLength": int(match[1])}},
        ),
        (rf"{_MAX} ({NUMBER}) char(?:s|acters?)\b", "string", _number("maxLength")),
        (rf"{_MIN} ({NUMBER}) char(?:s|acters?)\b", "string", _number("minLength")),
        (rf"between ({NUMBER}) and ({NUMBER})(?: characters)?", "integer number", _between("minimum", "maximum")),
        (rf"between ({NUMBER}) and ({NUMBER}){_LENGTH}", "string", _between("minLength", "maxLength")),
        (
            rf"lengths? (?:is |must be |of )?between ({NUMBER}) and ({NUMBER})",
            "string",
            _between("minLength", "maxLength"),
        ),
        (rf"between ({NUMBER}) and ({NUMBER}) {_ENTRIES}", "array", _between("minItems", "maxItems")),
        (r"(?:must be )?between `?(0\d+)`? and `?(\d+)`?", "string", _padded),
        (rf"(?:supports )?{_MAX} ({NUMBER}) (?:properties|keys)(?: per object)?", "object", _number("maxProperties")),
        (rf"{_MAX} ({NUMBER}) {_ENTRIES}", "array", _number("maxItems")),
        (rf"{_MIN} ({NUMBER}) {_ENTRIES}", "array", _number("minItems")),
        (rf"{_MAX} ({NUMBER}) [\w ]{{1,60}} (?:is |are )?allowed", "array", _number("maxItems")),
        (rf"(?:must be )?{_MAX} ({NUMBER})(?=$|[.,;])", "integer number", _number("maximum")),
        (rf"(?:must be )?{_MIN} ({NUMBER})(?=$|[.,;])", "integer number", _number("minimum")),
        (rf"must be greater than ({NUMBER})", "integer number", _number("exclusiveMinimum")),
        (rf"must be less than ({NUMBER})", "integer number", _number("exclusiveMaximum")),
        (_CHARACTER_LIST, "string", _of_characters),
        (_ALPHANUMERIC, "string", _of_characters),
        (r"(?:must follow )?(?:the )?ISO[- ]?8601(?: format)?", "string", _moment),
        (r"\bdate[ -]?math\b", "string", _moment),
        (r"must be (?:sent as )?an integer\b", "integer number", _always({"type": "integer"})),
        (r"(?:must contain )?at least one non-whitespace character", "string", _always({"pattern": NOT_BLANK})),
        (r"maximum nesting depth of (\d+) levels", "object", _number("x-depth")),
        (r"keys and values are strings", "object", _always({"additionalProperties": {"type": "string"}})),
        (r"must include `\w+`(?:(?:,| and|, and) `\w+`)*", "", _is_required),
        (r"(?:only [\w ]{1,60} )?of type `\w+` are supported", "", _is_enum),
        (r"only [\w ]{1,60} (?:`\w+`(?:,| or|, or| and)? ?)+[\w ]*", "", _is_enum),
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
        ("between", rf"\bbetween (?P<low>{NUMBER}) and (?P<high>{NUMBER})", _groups),
        ("depends-on", r"different per\b|depends on\b", _groups),
        ("listed-values", r"(?:function|operator|one of:?) \((?P<names>[^()]*,[^()]*)\)", _listed),
        ("unclassified", rf"\bmust\b|\blimited to\b|\bcannot\b|^only\b|{_MAX} \d|{_MIN} \d|\bis required\b", _groups),
    )
)


def read(description: str, context: Context) -> tuple[Schema, tuple[Rule, ...]]:
    """The keywords that a field's description states, and the rules in it that are no keywords."""
    keywords: Schema = {}
    rules: list[Rule] = []
    context = context._replace(text=description)
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


MAX_DESCRIPTION = 5000
"""How many characters of a description are searched for rules."""


def _sentences(description: str) -> list[str]:
    plain = re.sub(r"Allowed enum values:\s*`[^`]*`", "", plain_text(description))[:MAX_DESCRIPTION]
    return [part.lstrip(" ✅❌-*") for part in re.split(r"(?<=[.!?])\s+(?=\W*[A-Z`])", plain)]


def plain_text(description: str) -> str:
    """A description without links and bold type."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", description).replace("**", "")


def _ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def allowed_values(description: str) -> tuple[str, ...]:
    """The values behind "Allowed enum values", as the page writes them."""
    match = re.search(r"Allowed enum values:\s*`([^`]*)`", description)
    return tuple(match[1].split(",")) if match else ()
