"""Finds every schema inside a schema, and puts a value at its place into a body that is right everywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.support.pointers import pointer_of
from mockserver.vectors.values import Maker

MAX_PLACES = 2000
MAX_STEPS = 40


class Step(NamedTuple):
    """One step down: `member` (a name), `item`, `extra` (any other member), or `option` (a keyword and its index)."""

    kind: str
    name: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A schema inside a schema, and the steps that lead to it."""

    steps: tuple[Step, ...]
    schema: Mapping[str, Any]


def places(maker: Maker, schema: Any) -> Iterator[Place]:
    """Every distinct schema, the outermost first; what is shared by reference comes once."""
    seen: set[int] = set()
    queue: list[tuple[tuple[Step, ...], Any]] = [((), schema)]
    for _ in range(MAX_PLACES):
        if not queue:
            return
        steps, raw = queue.pop(0)
        found = maker.resolved(raw)
        if not found or id(found) in seen or len(steps) > MAX_STEPS:
            continue
        seen.add(id(found))
        yield Place(steps, found)
        for name, inner in found.get("properties", {}).items():
            queue.append(((*steps, Step("member", name)), inner))
        if "items" in found:
            queue.append(((*steps, Step("item")), found["items"]))
        if isinstance(found.get("additionalProperties"), dict):
            queue.append(((*steps, Step("extra")), found["additionalProperties"]))
        for keyword in ("oneOf", "anyOf"):
            for index, option in enumerate(found.get(keyword, ())):
                if "properties" in maker.resolved(option) or "type" in maker.resolved(option):
                    queue.append(((*steps, Step("option", keyword, index)), option))


def body_with(maker: Maker, schema: Any, steps: tuple[Step, ...], leaf: Any) -> Any:
    """The least body for the schema with `leaf` at the place that the steps lead to."""
    if not steps:
        return leaf
    step, rest = steps[0], steps[1:]
    found = maker.resolved(schema)
    if step.kind == "option":
        return body_with(maker, found[step.name][step.number], rest, leaf)
    if step.kind == "item":
        held = [maker.least(found["items"]) for _ in range(found.get("minItems", 1) - 1)]
        return [body_with(maker, found["items"], rest, leaf), *held]
    body = maker.least(found)
    body = body if isinstance(body, dict) else {}
    inner = found["additionalProperties"] if step.kind == "extra" else found["properties"][step.name]
    body["extra" if step.kind == "extra" else step.name] = body_with(maker, inner, rest, leaf)
    return body


def pointer_to(steps: tuple[Step, ...]) -> str:
    """The JSON Pointer of a place in the bodies that `body_with` makes."""
    parts = {"member": None, "item": "0", "extra": "extra"}
    names = [parts[step.kind] or step.name for step in steps if step.kind != "option"]
    return pointer_of(names)
