"""Makes values that fit a schema: the least one, the fullest one, and texts for patterns and formats."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.support.keywords import resolved, types_of

DEEPEST = 24
FITTING: Mapping[str, tuple[str, ...]] = {
    "date-time": ("2025-07-15T12:00:00Z", "2025-07-15T12:00:00.123456789Z", "2025-07-15T14:00:00+02:00"),
    "uuid": ("6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60", "00000000-0000-0000-0000-000000000000"),
    "int64": ("0", "-9223372036854775808", "9223372036854775807"),
}
UNFIT: Mapping[str, tuple[str, ...]] = {
    "date-time": ("2025-07-15", "2025-02-30T12:00:00Z", "2025-07-15T12:00:00", "2025-07-15T25:00:00Z", "yesterday"),
    "uuid": ("6f8f1b1e", "6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a6g", ""),
    "int64": ("9223372036854775808", "-9223372036854775809", "1.5", "0x1"),
}


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes values for the schemas of one document. `enum` and `option` say which entry of every enum and of every
    list of options is taken; a body with one choice may be wrong where with another it is right."""

    document: Mapping[str, Any]
    chance: random.Random
    enum: int = 0
    option: int = 0

    def resolved(self, schema: Any) -> Mapping[str, Any]:
        """The schema behind its references."""
        return resolved(schema, self.document)

    def least(self, schema: Any, depth: int = 0) -> Any:
        """A value with the required members only."""
        return self._value(schema, depth, lambda found: list(found.get("required", ())))

    def fullest(self, schema: Any, depth: int = 0) -> Any:
        """A value with every documented member."""
        return self._value(
            schema, depth, lambda found: list(dict.fromkeys((*found.get("properties", ()), *found.get("required", ()))))
        )

    def text(self, schema: Mapping[str, Any], length: int | None = None) -> str | None:
        """A text that fits the schema, of so many characters if given; None where none is found."""
        texts = FITTING.get(schema.get("format", ""), ())
        pattern = schema.get("pattern", "")
        words = (*texts, *re.findall(r"[A-Za-z0-9_]+", pattern), *(FITTING["date-time"] if "T" in pattern else ()))
        if length is None:
            fewest = schema.get("minLength", 0)
            candidates = [*words, *(letter * max(1, fewest) for letter in ("a", "1"))]
        else:
            candidates = [letter * length for letter in ("a", "é", "1")] + [
                word for word in words if len(word) == length
            ]
        return next((text for text in candidates if fits_pattern(schema, text)), None)

    def name(self) -> str:
        """A member name that no contract knows."""
        return f"zz{self.chance.getrandbits(24):06x}"

    def _value(self, schema: Any, depth: int, members: Callable[[Mapping[str, Any]], list[str]]) -> Any:
        found = self.resolved(schema)
        if "const" in found:
            return found["const"]
        if found.get("enum"):
            return found["enum"][self.enum % len(found["enum"])]
        options = found.get("oneOf") or (found.get("anyOf") if "properties" not in found else None)
        if options and depth < DEEPEST:
            return self._value(options[self.option % len(options)], depth + 1, members)
        kind = types_of(found)[0] if types_of(found) else ("object" if "properties" in found else "string")
        if kind == "object":
            wanted = members(found)
            if found.get("anyOf"):
                alternative = found["anyOf"][self.option % len(found["anyOf"])]
                wanted += [name for name in alternative.get("required", ()) if name not in wanted]
            inner = found.get("properties", {}) if depth < DEEPEST else {}
            return {name: self._value(inner.get(name, {}), depth + 1, members) for name in wanted}
        if kind == "array":
            return [self._value(found.get("items", {}), depth + 1, members) for _ in range(found.get("minItems", 0))]
        if kind in ("integer", "number"):
            return min(max(1, found.get("minimum", 1)), found.get("maximum", 1 << 62))
        return self.text(found) if kind == "string" else {"boolean": True, "null": None}.get(kind)


def fits_pattern(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text has the schema's pattern, as far as `re` reads it alike, and no forbidden one."""
    wanted, forbidden = schema.get("pattern"), schema.get("not", {}).get("pattern")
    return (wanted is None or re.search(wanted, text) is not None) and (
        forbidden is None or re.search(forbidden, text) is None
    )
