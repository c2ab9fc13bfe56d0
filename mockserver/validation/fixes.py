"""The smallest change that corrects a violation, in a few words."""

import json

from mockserver.model import Json, Verdict, Violation
from mockserver.support.pointers import escaped, parts_of
from mockserver.support.suggestions import closest
from mockserver.validation.unreadable import MISTAKES
from mockserver.validation.violations import WORDING

Fixes = list[str | None]
"""A fix for each violation of a list, in its order; None where nobody can tell."""


def fixes(verdict: Verdict) -> tuple[Fixes, Fixes]:
    """The fixes of the violations and of the warnings.

    A required field that is there under a misspelt name is renamed rather than added.
    """
    misspelt = {
        f"{warning.pointer.rpartition('/')[0]}/{escaped(warning.limit)}": warning
        for warning in verdict.warnings
        if warning.rule == "spelling"
    }
    return (
        [
            _fix(misspelt.get(violation.pointer, violation) if violation.rule == "required" else violation)
            for violation in verdict.violations
        ],
        [_fix(warning) for warning in verdict.warnings],
    )


def _fix(violation: Violation) -> str | None:
    rule, limit = violation.rule, violation.limit
    if rule == "required":
        return f"add {violation.parameter or violation.pointer}"
    if rule in ("additionalProperties", "unevaluatedProperties"):
        return f"remove {violation.pointer}"
    if rule == "spelling":
        return f"rename '{parts_of(violation.pointer)[-1]}' to '{limit}'"
    if rule == "enum":
        options = [_json(option) for option in limit if option is not None]
        nearest = closest(violation.value or "null", options, 0.5) or next(iter(options), None)
        return f"set it to {nearest}" if nearest is not None else None
    if rule == "const":
        return f"set it to {_json(limit)}"
    if rule == "type":
        return f"send {' or '.join(_TYPES.get(name, name) for name in limit)}"
    if rule == "unreadable":
        return MISTAKES[limit].fix if isinstance(limit, str) else None
    if rule == "format" and limit in _EXAMPLES:
        return f"send a valid {limit}, such as {_EXAMPLES[limit]}"
    fix = _FIXES.get(rule) or WORDING.get(rule, (None, None))[1]
    return fix.format(limit) if fix else None


_TYPES = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_EXAMPLES = {
    "date-time": "2025-07-15T12:00:00Z",
    "iso-8601-time": "2025-07-15T12:00:00Z",
    "date": "2025-07-15",
    "uuid": "2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11",
    "uri": "https://example.com/page",
    "email": "a@example.com",
}
_FIXES = {
    "time-window": "send a time within the window",
    "null": "leave it out",
    "security": "send the credential",
}


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
