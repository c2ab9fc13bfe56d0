"""Judges a decoded body: every violation of the contract with its place, rule and evidence, and what looks misspelt."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from mockserver.errors import Failure
from mockserver.model import ACCEPTED, BodySchema, Evidence, Json, Operation, Rule, Shape, Verdict, Violation
from mockserver.support.evidence import UNSTATED, annotation_of, evidence_of, reason_of
from mockserver.support.pointers import escaped, follow, pointer_of
from mockserver.validation.rules import RULES

SPELLING = Evidence("inferred", "a documented name that is nearly the same")
VALUE_SHOWN = 120
VIOLATIONS_AT_MOST = 1000
NAMES_TRIED = 2000
MAX_ANNOTATIONS = 10_000


def judge(operation: Operation, body: Json, now: float) -> Verdict:
    """The verdict on a body: `violations` by the documented contract, `rejections` by the served profile's, and
    `warnings` for what the observed service is known to refuse besides, and for names that look misspelt.

    `now` is the account's time. Violations are sorted by place.
    """
    plain = body in operation.plain
    if plain and not (_rules(operation.documented) or _rules(operation.observed)):
        return ACCEPTED
    documented = violations_of(operation.documented, body, now, fits=plain)
    observed = documented
    if operation.observed is not operation.documented:
        observed = violations_of(operation.observed, body, now, fits=plain)
    warnings = () if plain else misspellings(operation.documented, body)
    if observed:
        known = {(violation.pointer, violation.rule) for violation in documented}
        warnings += tuple(violation for violation in observed if (violation.pointer, violation.rule) not in known)
    rejections = documented if operation.served is operation.documented else observed
    if not (documented or rejections or warnings):
        return ACCEPTED
    return Verdict(by_place(documented), by_place(warnings), by_place(rejections))


def _rules(schema: BodySchema | None) -> tuple[Rule, ...]:
    return () if schema is None else schema.rules


def violations_of(schema: BodySchema | None, body: Json, now: float, *, fits: bool) -> tuple[Violation, ...]:
    """Every violation of one schema and of its named rules. `fits` says that it is known to fit the schema."""
    if schema is None:
        return ()
    found = () if fits else tuple(explained(schema, body))
    for rule in schema.rules:
        for pointer, message in RULES[rule.name].check(body, rule, now):
            found += (Violation(pointer, rule.name, message, rule.evidence, _shown(follow(body, pointer))),)
    return found


def misspellings(schema: BodySchema | None, body: Json) -> tuple[Violation, ...]:
    """A warning for each unknown name that is nearly a known one of the same object."""
    if schema is None or schema.shape is None:
        return ()
    return tuple(islice(_misspelt(schema.shape, body, "", iter(range(NAMES_TRIED))), VIOLATIONS_AT_MOST))


def unreadable(failure: Failure, operation: Operation) -> Violation:
    """The violation that stands for a body that could not be read."""
    return Violation("", failure.kind.value, failure.detail, operation.evidence)


def explained(schema: BodySchema, body: Json) -> list[Violation]:
    """Every violation of one schema, at most VIOLATIONS_AT_MOST of them.

    Where several options were open, the one that the value was probably meant to be speaks, and only if nothing else
    was found at that place.
    """
    plain: list[Violation] = []
    open_choices: list[Any] = []
    for error in islice(schema.validator.iter_errors(body), VIOLATIONS_AT_MOST):
        options = getattr(error.kind, "context", None)  # an option without an error is one that fits
        if options and all(options) and _annotations_of(schema, error.schema_path)[1] is None:
            open_choices.append(error)
        else:
            plain.extend(islice(_violations(schema, error), VIOLATIONS_AT_MOST - len(plain)))
    for error in open_choices:
        place = pointer_of(error.instance_path)
        if not any(found.pointer == place or found.pointer.startswith(place + "/") for found in plain):
            meant = chain.from_iterable(_violations(schema, inner) for inner in _closest(error.kind.context))
            plain.extend(islice(meant, VIOLATIONS_AT_MOST - len(plain)))
    return plain


def _violations(schema: BodySchema, error: Any) -> Iterator[Violation]:
    """What one error of the validator says, in our words; several where it names several fields."""
    rule = error.kind.name
    evidence, reason = _annotations_of(schema, error.schema_path)
    pointer, limit = pointer_of(error.instance_path), getattr(error.kind, "value", None)
    if rule == "additionalProperties":
        for name in error.kind.unexpected:
            yield Violation(f"{pointer}/{escaped(name)}", rule, "is not a known field here", evidence, limit=name)
    elif rule == "required":
        yield Violation(f"{pointer}/{escaped(limit)}", rule, "is required", evidence, limit=limit)
    else:
        branches = getattr(error.kind, "context", None)
        message = reason if reason is not None and rule in _SAID_BY_REASON else _worded(rule, limit, branches)
        yield Violation(pointer, rule, message, evidence, _shown(error.instance), limit)


_SAID_BY_REASON = frozenset({"anyOf", "oneOf", "not", "if", "false schema"})


def _closest(branches: list[list[Any]]) -> list[Any]:
    """The option that the value was probably meant to be: what tells options apart (enum, const, type) is wrong at
    the deepest place or nowhere, then fewest places are wrong."""

    def distance(errors: list[Any]) -> tuple[float, int]:
        wrong = [len(error.instance_path) for error in errors if error.kind.name in ("enum", "const", "type")]
        return -min(wrong, default=math.inf), len(errors)

    return min(branches, key=distance)


def _worded(rule: str, limit: Json, branches: Any) -> str:
    template = _MESSAGES.get(rule)
    if rule == "oneOf" and not (branches and all(branches)):
        return "fits more than one of the documented options"
    if rule == "enum":
        return "must be one of: " + ", ".join(str(_text(option)) for option in limit)
    if rule == "type":
        kinds = limit if isinstance(limit, list) else [limit]
        return "must be of type " + " or ".join(str(kind) for kind in kinds)
    return template.format(limit) if template else f"breaks the rule {rule}"


_MESSAGES = {
    "const": "must be {!r}",
    "maxLength": "must be at most {} characters long",
    "minLength": "must be at least {} characters long",
    "maxItems": "must hold at most {} items",
    "minItems": "must hold at least {} items",
    "maxProperties": "must have at most {} properties",
    "minProperties": "must have at least {} properties",
    "maximum": "must be at most {}",
    "minimum": "must be at least {}",
    "exclusiveMaximum": "must be less than {}",
    "exclusiveMinimum": "must be more than {}",
    "multipleOf": "must be a multiple of {}",
    "pattern": "must match the pattern {}",
    "format": "must be a valid {}",
    "uniqueItems": "must hold no item twice",
    "not": "must not have this form",
    "anyOf": "fits none of the documented options",
    "oneOf": "fits none of the documented options",
}


def _annotations_of(schema: BodySchema, schema_path: list[str | int]) -> tuple[Evidence, str | None]:
    """The evidence and the reason of a keyword, looked up once."""
    key = tuple(schema_path)
    said = schema.annotations.get(key)
    if said is None:
        said = _evidence_at(schema.document, schema_path)
        if len(schema.annotations) < MAX_ANNOTATIONS:  # a recursive schema has any number of paths
            schema.annotations[key] = said
    return said


def _evidence_at(document: Mapping[str, Json], schema_path: list[str | int]) -> tuple[Evidence, str | None]:
    """The evidence nearest to a keyword, from the keyword up to the root, and the overlay's reason if it has one."""
    nodes: list[Any] = [document]
    for part in schema_path:
        node = nodes[-1]
        inner = node[part] if isinstance(node, list) and isinstance(part, int) else None
        nodes.append(node.get(part) if isinstance(node, dict) else inner)
    for depth in range(len(nodes) - 1, -1, -1):
        node = nodes[depth]
        if not isinstance(node, dict):
            continue
        annotation = annotation_of(node, schema_path[depth] if depth < len(schema_path) else None)
        if annotation is not None:
            return evidence_of(annotation), reason_of(annotation)
    return UNSTATED, None


def _misspelt(shape: Shape, value: Json, pointer: str, tries: Iterator[int]) -> Iterator[Violation]:
    """The misspelt names at a place and below it; `tries` bounds how many unknown names are looked at."""
    if isinstance(value, dict):
        if not shape.open_map and not value.keys() <= shape.known:
            for name in value:
                if name in shape.known:
                    continue
                if next(tries, None) is None:
                    return
                meant = shape.nearest(name)
                if meant is not None and meant not in value:
                    message = f"unknown field '{name}'; did you mean '{meant}'?"
                    yield Violation(f"{pointer}/{escaped(name)}", "spelling", message, SPELLING, limit=meant)
        for name, child in shape.children.items():
            if name in value:
                yield from _misspelt(child, value[name], f"{pointer}/{escaped(name)}", tries)
    elif isinstance(value, list) and shape.items is not None:
        for number, item in enumerate(value):
            yield from _misspelt(shape.items, item, f"{pointer}/{number}", tries)


def by_place(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """By place, list positions in the order of their numbers."""
    if len(violations) < 2:
        return violations

    def place(violation: Violation) -> list[tuple[bool, int, str]]:
        parts = violation.pointer.split("/")
        numbers = [int(part) if part.isascii() and part.isdigit() and len(part) < 16 else -1 for part in parts]
        return [(number < 0, number, part) for number, part in zip(numbers, parts, strict=True)]

    unique = {(violation.pointer, violation.rule, violation.message): violation for violation in violations}
    return tuple(sorted(unique.values(), key=lambda violation: (place(violation), violation.rule)))


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Json) -> str | None:
    """A value as compact JSON, cut to a readable length; of a large object or array only its size."""
    if isinstance(value, dict) and not _small(list(value.values())):
        return "{… 1 property}" if len(value) == 1 else f"{{… {len(value)} properties}}"
    if isinstance(value, list) and not _small(value):
        return "[… 1 item]" if len(value) == 1 else f"[… {len(value)} items]"
    if isinstance(value, str):
        value = value[: VALUE_SHOWN + 1]
    text = (
        json.dumps(value, ensure_ascii=False, separators=(",", ":")) if not isinstance(value, int) else _digits(value)
    )
    return text if len(text) <= VALUE_SHOWN else text[:VALUE_SHOWN] + "…"


def _small(values: list[Json]) -> bool:
    return len(values) <= 8 and all(
        value is None
        or isinstance(value, (bool, float))
        or (isinstance(value, str) and len(value) <= 40)
        or (isinstance(value, int) and abs(value) < 1 << 64)
        for value in values
    )


def _digits(value: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if abs(value) < 1 << 256 else f"an integer of {value.bit_length()} bits"
