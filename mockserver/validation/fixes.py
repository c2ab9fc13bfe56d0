"""The smallest change that would mend a violation, in a few words."""

from __future__ import annotations

import difflib
import json

from mockserver.model import Verdict, Violation


def fixes(verdict: Verdict) -> dict[int, str]:
    """The remedy of each violation and warning that has one, by the identity of the record.

    A required field that stands there misspelt is renamed rather than added.
    """
    misspelt = {
        f"{warning.pointer.rpartition('/')[0]}/{warning.limit}": warning
        for warning in verdict.warnings
        if warning.rule == "spelling"
    }
    found = {}
    for violation in (*verdict.violations, *verdict.warnings):
        meant = misspelt.get(violation.pointer) if violation.rule == "required" else None
        change = remedy(meant or violation)
        if change is not None:
            found[id(violation)] = change
    return found


def remedy(violation: Violation) -> str | None:
    """What to change so that the violation is gone; None where that cannot be told."""
    name = violation.pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    limit = violation.limit
    if violation.rule == "required" and violation.parameter is None:
        return f"add {violation.pointer}"
    if violation.rule == "additionalProperties":
        return f"remove {violation.pointer}"
    if violation.rule == "spelling":
        return f"rename '{name}' to '{limit}'"
    if violation.rule == "enum":
        options = [str(option) for option in limit if option is not None]
        close = difflib.get_close_matches(str(_value(violation)), options, n=1, cutoff=0.5) or options[:1]
        return f'set it to "{close[0]}"' if close else None
    if violation.rule == "const":
        return f"set it to {json.dumps(limit)}"
    if violation.rule == "type":
        kinds = limit if isinstance(limit, list) else [limit]
        return f"send it as {_article(str(kinds[0]))}"
    if violation.rule == "format" and limit in _EXAMPLES:
        return f"send a valid {limit}, such as {_EXAMPLES[limit]}"
    worded = _WORDED.get(violation.rule)
    return worded.format(limit) if worded else None


_EXAMPLES = {
    "date-time": "2025-07-15T12:00:00Z",
    "date": "2025-07-15",
    "uuid": "2d2fa5a1-6a2d-4a6a-8d07-3a0d9f0a1c11",
    "uri": "https://example.com/page",
    "email": "a@example.com",
}
_WORDED = {
    "maxLength": "cut it to {} characters",
    "minLength": "give it at least {} characters",
    "maxItems": "send at most {} items",
    "minItems": "send at least {} items",
    "maxProperties": "send at most {} properties",
    "maximum": "send at most {}",
    "minimum": "send at least {}",
    "format": "send a valid {}",
    "pattern": "send text that matches {}",
    "time-window": "send a time within the window",
    "security": "send the credential",
}


def _value(violation: Violation) -> object:
    try:
        return json.loads(violation.value or "null")
    except json.JSONDecodeError:
        return violation.value


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
