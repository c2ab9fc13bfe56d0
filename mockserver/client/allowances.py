"""The violations of the contract that a test expects or allows, and what is left of those that there were."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from mockserver.client.records import ReceivedRequest, Violation
from mockserver.support.suggestions import hint

_NAMES = """
additionalItems additionalProperties anyOf const contains contentEncoding contentMediaType dependentRequired
dependentSchemas enum exclusiveMaximum exclusiveMinimum falseSchema format if maxItems maxLength maxProperties maximum
minItems minLength minProperties minimum multipleOf not oneOf pattern propertyNames required type unevaluatedItems
unevaluatedProperties uniqueItems
accept content-type encoding-unknown less-than media-type method not-judged null path prefer query request-id security
spelling style time-window too-large unreadable upper-case
"""
RULES = frozenset(_NAMES.split())
"""What `Violation.rule` can be: the keywords of JSON Schema, and the rules that no schema can say."""


def check_rule(rule: str) -> None:
    """Raises ValueError for what is the name of no rule."""
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r}{hint(rule, RULES)}")


class Expected(NamedTuple):
    """A violation that is expected; None stands for any. `pointer` is a JSON Pointer into the body, or the name of the
    parameter, header or credential."""

    pointer: str | None
    rule: str | None

    def is_met_by(self, violation: Violation) -> bool:
        place = violation.pointer or (violation.parameter or "").lower()
        wanted = self.pointer if self.pointer is None or violation.pointer else self.pointer.lower()
        return wanted in (None, place) and self.rule in (None, violation.rule)


class Allowances:
    """What one account's requests may do wrong."""

    def __init__(self) -> None:
        self._rules: frozenset[str] = frozenset()
        self._excused: dict[str, list[Expected]] = {}

    def allow(self, rules: Sequence[str]) -> None:
        """Allows the violations of some rules in every request. Raises ValueError for what is the name of no rule."""
        for rule in rules:
            check_rule(rule)
        self._rules |= frozenset(rules)

    def excuse(self, expected: Expected, requests: Sequence[ReceivedRequest]) -> list[ReceivedRequest]:
        """Allows an expected violation in these requests. Returns those that have it, as a violation or a warning."""
        having = [each for each in requests if any(map(expected.is_met_by, each.violations + each.warnings))]
        for request in having:
            self._excused.setdefault(request.id, []).append(expected)
        return having

    def left(self, request: ReceivedRequest, *, strict: bool) -> ReceivedRequest:
        """A request with the violations that are not allowed; its warnings are left only with `strict`."""
        warnings = request.warnings if strict else ()
        violations, warnings = (self._unexcused(request.id, each) for each in (request.violations, warnings))
        return replace(request, violations=violations, warnings=warnings)

    def _unexcused(self, identifier: str, violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
        excused = self._excused.get(identifier, ())
        return tuple(
            violation
            for violation in violations
            if violation.rule not in self._rules and not any(expected.is_met_by(violation) for expected in excused)
        )
