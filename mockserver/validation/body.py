"""Judges a decoded body: by its schemas, by the contract's named rules, and for names that look misspelt."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from mockserver.model import ACCEPTED, Evidence, Json, Verdict, Violation
from mockserver.operations import Operation, Rule
from mockserver.support.pointers import escaped, follow
from mockserver.validation.rules import RULES
from mockserver.validation.violations import MAX_VIOLATIONS, by_place, schema_violations, shown

if TYPE_CHECKING:
    from mockserver.contracts.schema import CompiledSchema
    from mockserver.contracts.shapes import Shape

SPELLING = Evidence("inferred", "a documented name that is nearly the same")
MAX_NAMES = 2000


def judge_body(operation: Operation, body: Json, now: float) -> Verdict:
    """The verdict on a body: `violations` by the documented contract, `rejections` by the served profile's, and
    `warnings` for what breaks a rule that no page documents, for what the observed service is known to refuse besides,
    and for names that look misspelt.

    `now` is the account's time. Violations are sorted by place.
    """
    fits = body in operation.prescreen
    if fits and not (_rules(operation.documented) or _rules(operation.observed)):
        return ACCEPTED
    documented = observed = _violations(operation.documented, body, now, fits=fits)
    if operation.observed is not operation.documented and (
        not fits or _rules(operation.observed) is not _rules(operation.documented)
    ):
        observed = _violations(operation.observed, body, now, fits=fits)
    warnings = () if fits else _misspellings(operation.documented, body)
    if not (documented or observed or warnings):
        return ACCEPTED
    known = {(violation.pointer, violation.rule) for violation in documented}
    warnings += tuple(violation for violation in documented if not _refuses(violation, operation.documented))
    warnings += tuple(violation for violation in observed if (violation.pointer, violation.rule) not in known)
    violations = by_place(tuple(each for each in documented if _refuses(each, operation.documented)))
    rejections = violations
    if operation.served is not operation.documented:
        rejections = by_place(tuple(each for each in observed if _refuses(each, operation.observed)))
    return Verdict(violations, by_place(warnings), rejections)


def _refuses(violation: Violation, schema: CompiledSchema | None) -> bool:
    certain = schema is not None and schema.certain
    return violation.level == "violation" or (violation.level == "uncertain" and certain)


def _rules(schema: CompiledSchema | None) -> tuple[Rule, ...]:
    return () if schema is None else schema.rules


def _violations(schema: CompiledSchema | None, body: Json, now: float, *, fits: bool) -> tuple[Violation, ...]:
    """Every violation of one schema and of its named rules. `fits`: the body is known to fit the schema."""
    if schema is None:
        return ()
    violations = () if fits else tuple(schema_violations(schema, body))
    for rule in schema.rules:
        for pointer, message in RULES[rule.name].check(body, rule, now):
            value, (evidence, _, level) = shown(follow(body, pointer)), rule.annotation
            violations += (Violation(pointer, rule.name, message, evidence, value, level=level),)
    return violations


def _misspellings(schema: CompiledSchema | None, body: Json) -> tuple[Violation, ...]:
    """A warning for each unknown name that is nearly a known one of the same object."""
    if schema is None or schema.shape is None:
        return ()
    return tuple(islice(_misspelt(schema.shape, body, "", iter(range(MAX_NAMES))), MAX_VIOLATIONS))


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
