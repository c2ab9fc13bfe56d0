"""Two operation objects or two JSON Schemas, compared keyword by keyword, each difference breaking or compatible."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from mockserver.extract.model import Json, Schema
from mockserver.support.evidence import EVIDENCE
from mockserver.support.pointers import escaped

UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties", "x-max-body-bytes")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
STRICT = ("format", "pattern", "not", "uniqueItems", "const", "$ref")
NESTED = ("items", "additionalProperties")
NAMED = ("properties", "$defs")


@dataclass(frozen=True)
class Difference:
    """`breaking` if a client that keeps to the old contract can fail against the new one."""

    breaking: bool
    place: str
    message: str

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'compatible':10}  {self.place}  {self.message}"


def compatible(place: str, message: str) -> Difference:
    """A difference that breaks no client."""
    return Difference(False, place, message)


def operations(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    """How an operation changed, its bodies' schemas aside."""
    if old.get("operationId") != new.get("operationId"):
        yield Difference(True, place, f"operationId is {new.get('operationId')}, was {old.get('operationId')}")
    yield from _set(place, "the server", _urls(old), _urls(new), lost_breaks=True, gained_breaks=False)
    yield from _set(place, "the credential", _schemes(old), _schemes(new), lost_breaks=False, gained_breaks=True)
    yield from _set(
        place, "the status", [*old["responses"]], [*new["responses"]], lost_breaks=True, gained_breaks=False
    )
    yield from _parameters(_by_name(old), _by_name(new), place)
    yield from _request(old.get("requestBody"), new.get("requestBody"), place)
    yield from _bound("x-max-body-bytes", old, new, place, upper=True)
    yield from _rate_limit(old.get("x-rate-limit"), new.get("x-rate-limit"), place)
    yield from _rules(old, new)
    if old.get(EVIDENCE) != new.get(EVIDENCE):
        yield compatible(place, "stands elsewhere in the documentation")


def _urls(operation: Schema) -> list[str]:
    return [str(server["url"]) for server in operation.get("servers", ())]


def _schemes(operation: Schema) -> list[str]:
    return [str(name) for requirement in operation.get("security", ()) for name in requirement]


def _by_name(operation: Schema) -> dict[str, Schema]:
    return {f"{each['in']} parameter {each['name']}": each for each in operation.get("parameters", ())}


def _set(
    place: str, noun: str, old: list[str], new: list[str], *, lost_breaks: bool, gained_breaks: bool
) -> Iterator[Difference]:
    yield from (Difference(lost_breaks, place, f"{noun} {each} vanished") for each in old if each not in new)
    yield from (Difference(gained_breaks, place, f"{noun} {each} is new") for each in new if each not in old)


def _parameters(old: dict[str, Schema], new: dict[str, Schema], place: str) -> Iterator[Difference]:
    yield from (Difference(True, place, f"the {name} vanished") for name in old if name not in new)
    for name, parameter in new.items():
        known = old.get(name)
        if known is None:
            needed = bool(parameter["required"])
            yield Difference(needed, place, f"the {name} is new{' and required' if needed else ''}")
            continue
        yield from _required(place, f"the {name}", known["required"], parameter["required"])
        yield from schemas(known["schema"], parameter["schema"], f"{place} {name}#", response=False)


def _required(place: str, noun: str, old: bool, new: bool) -> Iterator[Difference]:
    if old != new:
        yield Difference(new, place, f"{noun} became {'required' if new else 'optional'}")


def _request(old: Schema | None, new: Schema | None, place: str) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not new:
            yield Difference(True, place, "the request body " + ("vanished" if new is None else "is new"))
        return
    yield from _required(place, "the request body", old["required"], new["required"])


def _rate_limit(old: Schema | None, new: Schema | None, place: str) -> Iterator[Difference]:
    if old != new:
        slower = new is not None and (old is None or new["limit"] / new["period"] < old["limit"] / old["period"])
        yield Difference(slower, place, f"x-rate-limit is {new}, was {old}")


def _rules(old: Schema, new: Schema) -> Iterator[Difference]:
    """A rule that no keyword expresses may be a limit: a new or changed one counts as breaking."""
    before = {rule["id"]: rule for rule in old.get("x-unextracted", ())}
    after = {rule["id"]: rule for rule in new.get("x-unextracted", ())}
    for key in [*before, *(key for key in after if key not in before)]:
        if key not in after:
            yield compatible(before[key]["place"], f"the rule {before[key]['kind']} vanished")
        elif key not in before:
            yield Difference(True, after[key]["place"], f"the rule {after[key]['kind']} is new")
        elif before[key] != after[key]:
            changed = {name: value for name, value in after[key].items() if before[key].get(name) != value}
            yield Difference(True, after[key]["place"], f"the rule {after[key]['kind']} changed to {changed}")


def schemas(old: Any, new: Any, place: str, response: bool) -> Iterator[Difference]:
    """How a schema changed. In a `response` a field that became optional breaks, in a request one that became
    required does.
    """
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield Difference(True, place, f"is {new}, was {old}")
        return
    for keyword in [*old, *(key for key in new if key not in old)]:
        if old.get(keyword) != new.get(keyword):
            yield from _keyword(keyword, old, new, place, response)


def _keyword(keyword: str, old: Schema, new: Schema, place: str, response: bool) -> Iterator[Difference]:
    if keyword in UPPER or keyword in LOWER:
        yield from _bound(keyword, old, new, place, keyword in UPPER)
    elif keyword in NAMED:
        yield from _members(keyword, old.get(keyword, {}), new.get(keyword, {}), place, response)
    elif keyword in NESTED:
        yield from schemas(old.get(keyword, {}), new.get(keyword, {}), f"{place}/{keyword}", response)
    elif keyword in SPECIAL:
        yield from SPECIAL[keyword](old.get(keyword), new.get(keyword), place, response)
    elif keyword in STRICT:
        breaking = keyword in new
        yield Difference(breaking, place, f"{keyword} is {new.get(keyword)}, was {old.get(keyword)}")
    else:
        yield compatible(place, f"{keyword} changed")


def _bound(keyword: str, old: Schema, new: Schema, place: str, upper: bool) -> Iterator[Difference]:
    before, after = old.get(keyword), new.get(keyword)
    if before != after:
        tighter = after is not None and (before is None or (after < before if upper else after > before))
        yield Difference(tighter, place, f"{keyword} is {after}, was {before}")


def _members(kind: str, old: Schema, new: Schema, place: str, response: bool) -> Iterator[Difference]:
    for name in [*old, *(key for key in new if key not in old)]:
        at = f"{place}/{kind}/{escaped(name)}"
        if name not in new:
            yield Difference(True, at, "vanished")
        elif name not in old:
            yield compatible(at, "is new")
        else:
            yield from schemas(old[name], new[name], at, response)


def _type(old: Json, new: Json, place: str, _response: bool) -> Iterator[Difference]:
    narrower = new is not None and (old is None or not set(_list(old)) <= _accepted(new))
    yield Difference(narrower, place, f"type is {new}, was {old}")


def _accepted(types: Json) -> set[str]:
    return {*_list(types), *(["integer"] if "number" in _list(types) else [])}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _enum(old: Json, new: Json, place: str, _response: bool) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(old is None, place, f"enum is {new}, was {old}")
        return
    yield from (Difference(True, place, f"enum lost {value!r}") for value in old if value not in new)
    yield from (compatible(place, f"enum gained {value!r}") for value in new if value not in old)
    if sorted(map(str, old)) == sorted(map(str, new)):
        yield compatible(place, "enum is in another order")


def _required_fields(old: Json, new: Json, place: str, response: bool) -> Iterator[Difference]:
    before, after = old or [], new or []
    yield from (Difference(not response, place, f"{name} became required") for name in after if name not in before)
    yield from (Difference(response, place, f"{name} is no longer required") for name in before if name not in after)


def _options(choice: str, old: Json, new: Json, place: str, response: bool) -> Iterator[Difference]:
    before, after = old or [], new or []
    for index, (first, second) in enumerate(zip(before, after, strict=False)):
        yield from schemas(first, second, f"{place}/{choice}/{index}", response)
    for index in range(len(after), len(before)):
        yield Difference(True, f"{place}/{choice}/{index}", "vanished")
    for index in range(len(before), len(after)):
        yield Difference(not before, f"{place}/{choice}/{index}", "is new")


SPECIAL: dict[str, Callable[[Json, Json, str, bool], Iterator[Difference]]] = {
    "type": _type,
    "enum": _enum,
    "required": _required_fields,
    "oneOf": partial(_options, "oneOf"),
    "anyOf": partial(_options, "anyOf"),
}
