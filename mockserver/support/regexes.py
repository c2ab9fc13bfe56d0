"""Regular expressions that somebody else wrote: matched by RE2, in a time that grows with the text and no faster."""

from functools import lru_cache
from typing import Any

from mockserver.support.budget import Budget

MAX_PATTERN = 1_000
"""Characters of a pattern."""
MAX_MEMORY = 1 << 20
"""Bytes of a compiled pattern, which takes some milliseconds to compile; `a{1000}` and `\\pL` need a tenth of it."""
CALL_STEPS, INSTRUCTIONS_PER_STEP = 80, 10
"""What a call costs by itself; and how many instructions a step executes where a text needs all of them at each byte,
which is rare, but some pattern always does."""
_SYNTAX = f"a regular expression of RE2 (no lookaround, no backreferences) of at most {MAX_PATTERN} characters"


def pattern_problem(pattern: object) -> str | None:
    """What would be right in place of a pattern, and why it is wrong; None for a right one."""
    if not isinstance(pattern, str):
        return _SYNTAX
    try:
        _compiled(pattern)
    except ValueError as error:
        return f"{_SYNTAX}: {error}"
    return None


def found(pattern: str, text: str, budget: Budget) -> bool:
    """Whether a right pattern matches anywhere in a text. Raises TooMuchWork."""
    regex = _compiled(pattern)
    raw = text.encode("utf-8", "surrogatepass")
    budget.spend(CALL_STEPS + len(raw) * regex.programsize // INSTRUCTIONS_PER_STEP)
    return regex.search(raw) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    """The pattern, compiled. Raises ValueError."""
    import re2  # noqa: PLC0415 - most runs match no pattern

    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"it has {len(pattern)}")
    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, MAX_MEMORY
    try:
        return re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        raise ValueError(error.args[0].decode("utf-8", "replace")) from None
