"""Finds every violation of one schema in a value: its place, its rule, our words for it, and the rule's evidence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mockserver.model import Json, Violation
from mockserver.operations import Annotation
from mockserver.support.evidence import UNSTATED, annotation_of, read_annotation
from mockserver.support.numbers import is_integer
from mockserver.support.pointers import escaped, follow, pointer_of

if TYPE_CHECKING:
    from mockserver.contracts.schema import CompiledSchema

MAX_VIOLATIONS = 1000
MAX_SHOWN = 120
MAX_ANNOTATIONS = 10_000
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def schema_violations(schema: CompiledSchema, value: Json) -> list[Violation]:
    """Every violation of one schema, at most MAX_VIOLATIONS of them.

    Where a value fits none of several options, the violations are those of the option that was probably meant, and
    only if nothing else is wrong at that place. A value that is none of an enum's is not told its type besides.
    """
    violations: list[Violation] = []
    open_choices: list[Any] = []
    errors = list(islice(schema.validator.iter_errors(value), MAX_VIOLATIONS))
    listed = {_place_of(error) for error in errors if error.kind.name in ("enum", "const")}
    for error in errors:
        if error.kind.name == "type" and _place_of(error) in listed:
            continue
        options = getattr(error.kind, "context", None)  # an option without an error is one that fits
        if options and all(options) and _annotation_of(schema, error.schema_path).reason is None:
            open_choices.append(error)
        else:
            violations.extend(islice(_violations_of(schema, error, value), MAX_VIOLATIONS - len(violations)))
    for error in open_choices:
        place = pointer_of(error.instance_path)
        if not any(known.pointer == place or known.pointer.startswith(place + "/") for known in violations):
            meant = chain.from_iterable(_violations_of(schema, inner, value) for inner in _meant(error.kind.context))
            violations.extend(islice(meant, MAX_VIOLATIONS - len(violations)))
    return violations


def _place_of(error: Any) -> tuple[tuple[str | int, ...], tuple[str | int, ...]]:
    """Where an error of the validator is, in the value and in the schema."""
    return tuple(error.instance_path), tuple(error.schema_path[:-1])


def by_place(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """The violations without repetitions, sorted by place, list positions in the order of their numbers."""
    if len(violations) < 2:
        return violations

    def place(violation: Violation) -> list[tuple[bool, int, str]]:
        parts = violation.pointer.split("/")
        numbers = [int(part) if part.isascii() and part.isdigit() and len(part) < 16 else -1 for part in parts]
        return [(number < 0, number, part) for number, part in zip(numbers, parts, strict=True)]

    unique = {(violation.pointer, violation.rule, violation.message): violation for violation in violations}
    return tuple(sorted(unique.values(), key=lambda violation: (place(violation), violation.rule)))


def shown(value: Json) -> str | None:
    """A value as compact JSON, cut to MAX_SHOWN characters; of a large object or array only its size."""
    if isinstance(value, dict) and not _small(list(value.values())):
        return "{… 1 property}" if len(value) == 1 else f"{{… {len(value)} properties}}"
    if isinstance(value, list) and not _small(value):
        return "[… 1 item]" if len(value) == 1 else f"[… {len(value)} items]"
    if is_integer(value) and abs(value) >= 1 << 256:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, str):
        value = value[: MAX_SHOWN + 1]
    text = _compact(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _small(values: list[Json]) -> bool:
    return len(values) <= 8 and all(
        value is None
        or isinstance(value, (bool, float))
        or (isinstance(value, str) and len(value) <= 40)
        or (isinstance(value, int) and abs(value) < 1 << 64)
        for value in values
    )


def _violations_of(schema: CompiledSchema, error: Any, value: Json) -> Iterator[Violation]:
    """What one error of the validator tells of `value`; several violations where it names several members."""
    kind, pointer = error.kind, pointer_of(error.instance_path)
    rule, limit = kind.name, kind.value
    if error.instance is None and rule in ("type", "enum", "const"):
        *place, _ = error.schema_path
        if (follow(schema.document, pointer_of(place)) or {}).get("x-null") == "unset":
            evidence = _annotation_of(schema, [*place, "x-null"]).evidence
            yield Violation(pointer, "null", "is null, which counts as unset", evidence, "null", level="warning")
            return
    evidence, reason, level = _annotation_of(schema, error.schema_path)
    if rule == "falseSchema" and error.schema_path[-1:] == ["additionalProperties"]:  # no member is allowed
        rule, limit = "additionalProperties", list(follow(value, pointer))
    if rule in ("additionalProperties", "unevaluatedProperties"):
        for name in limit:
            place, message = f"{pointer}/{escaped(name)}", "is not a documented field"
            yield Violation(place, rule, message, evidence, limit=name, level=level)
    elif rule == "required":
        yield Violation(f"{pointer}/{escaped(limit)}", rule, "is missing", evidence, limit=limit, level=level)
    elif rule == "propertyNames":
        name = limit.instance
        message = f"has a name that {_worded(limit.kind, limit.kind.name, limit.kind.value)}"
        yield Violation(f"{pointer}/{escaped(name)}", rule, message, evidence, shown(name), level=level)
    else:
        message = reason if reason is not None and rule in _WORDED_BY_REASON else _worded(kind, rule, limit)
        yield Violation(pointer, rule, message, evidence, shown(error.instance), limit, level=level)


_WORDED_BY_REASON = frozenset({"anyOf", "oneOf", "not", "if", "falseSchema"})


def _meant(options: list[list[Any]]) -> list[Any]:
    """The errors of the option that the value was probably meant to be: what tells options apart (enum, const, type)
    is wrong at the deepest place or nowhere, then fewest places are wrong."""

    def distance(errors: list[Any]) -> tuple[float, int]:
        wrong = [len(error.instance_path) for error in errors if error.kind.name in ("enum", "const", "type")]
        return -min(wrong, default=math.inf), len(errors)

    return min(options, key=distance)


def _worded(kind: Any, rule: str, limit: Json) -> str:
    """A predicate of the value that is wrong, such as `must be at most 3`."""
    if rule == "oneOf" and not all(kind.context):
        return "matches more than one of the documented options"
    if rule == "enum":
        return "must be one of: " + ", ".join(each if isinstance(each, str) else json.dumps(each) for each in limit)
    if rule == "const":
        return f"must be {json.dumps(limit)}"
    if rule == "type":
        return f"must be of type {' or '.join(limit)}"
    return WORDING[rule][0].format(limit) if rule in WORDING else f"breaks the rule {rule}"


WORDING: Mapping[str, tuple[str, str | None]] = {
    "maxLength": ("must be at most {} characters long", "cut it to {} characters"),
    "minLength": ("must be at least {} characters long", "give it at least {} characters"),
    "maxItems": ("must have at most {} items", "send at most {} items"),
    "minItems": ("must have at least {} items", "send at least {} items"),
    "maxProperties": ("must have at most {} properties", "send at most {} properties"),
    "minProperties": ("must have at least {} properties", "send at least {} properties"),
    "maximum": ("must be at most {}", "send at most {}"),
    "minimum": ("must be at least {}", "send at least {}"),
    "exclusiveMaximum": ("must be less than {}", "send less than {}"),
    "exclusiveMinimum": ("must be more than {}", "send more than {}"),
    "multipleOf": ("must be a multiple of {}", None),
    "pattern": ("must match the pattern {}", "send text that matches {}"),
    "format": ("must be a valid {}", "send a valid {}"),
    "uniqueItems": ("must not have equal items", None),
    "contains": ("must have the documented number of items that match `contains`", None),
    "unevaluatedItems": ("must not have further items", None),
    "falseSchema": ("must be absent", "remove it"),
    "not": ("must not match the schema under `not`", None),
    "anyOf": ("matches none of the documented options", None),
    "oneOf": ("matches none of the documented options", None),
}
"""What a keyword says of a value that breaks it, and the fix where the keyword alone tells it."""


def _annotation_of(schema: CompiledSchema, schema_path: list[str | int]) -> Annotation:
    """The annotation of a keyword, looked up once."""
    key = tuple(schema_path)
    known = schema.annotations.get(key)
    if known is None:
        known = _annotation_at(schema.document, schema_path)
        if len(schema.annotations) < MAX_ANNOTATIONS:  # a recursive schema has any number of paths
            schema.annotations[key] = known
    return known


def _annotation_at(document: Mapping[str, Json], schema_path: list[str | int]) -> Annotation:
    """The annotation nearest to a keyword, from the keyword up to the root."""
    nodes: list[Any] = [document]
    for part in schema_path:
        node = nodes[-1]
        inner = node[part] if isinstance(node, list) and isinstance(part, int) else None
        nodes.append(node.get(part) if isinstance(node, dict) else inner)
    for node, key in zip(reversed(nodes), (None, *reversed(schema_path)), strict=True):
        annotation = annotation_of(node, key) if isinstance(node, dict) else None
        if annotation is not None:
            return read_annotation(annotation)
    return Annotation(UNSTATED)
