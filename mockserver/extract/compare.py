"""Two operation objects or two JSON Schemas, compared keyword by keyword, each difference breaking or compatible."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mockserver.extract.model import Json, Schema
from mockserver.support.evidence import EVIDENCE
from mockserver.support.pointers import escaped

UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties", "x-max-body-bytes")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
STRICT = ("format", "pattern", "not", "uniqueItems", "const", "$ref")
NESTED = ("items", "additionalProperties")
NAMED = ("properties", "$defs")
CHOICES = ("oneOf", "anyOf")


class Difference(NamedTuple):
    """`breaking` if a client that keeps to the old contract can fail against the new one."""

    breaking: bool
    place: str
    message: str

    @property
    def severity(self) -> str:
        return "breaking" if self.breaking else "compatible"

    def __str__(self) -> str:
        return f"{self.severity:10}  {self.place}  {self.message}"


def compatible(place: str, message: str) -> Difference:
    """A difference that breaks no client."""
    return Difference(False, place, message)


def operations(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    """How an operation changed, its bodies' schemas aside."""
    if old.get("operationId") != new.get("operationId"):
        yield Difference(True, place, f"operationId is {new.get('operationId')}, was {old.get('operationId')}")
    yield from _names(place, "the server {}", _urls(old), _urls(new))
    yield from _names(place, "the credential {}", _schemes(old), _schemes(new), lost_breaks=False)
    yield from _names(place, "the status {}", [*(old.get("responses") or ())], [*new["responses"]])
    yield from _parameters(_by_name(old), _by_name(new), place)
    yield from _request(old.get("requestBody"), new.get("requestBody"), place)
    yield from _bound("x-max-body-bytes", old, new, place)
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


def _names(
    place: str,
    noun: str,
    old: Sequence[Json],
    new: Sequence[Json],
    words: tuple[str, str] = ("vanished", "is new"),
    *,
    lost_breaks: bool = True,
) -> Iterator[Difference]:
    """What is on one side only; either what is lost breaks clients or what is gained. `noun` has a place for a name."""
    lost, gained = words
    yield from (Difference(lost_breaks, place, f"{noun.format(each)} {lost}") for each in old if each not in new)
    yield from (Difference(not lost_breaks, place, f"{noun.format(each)} {gained}") for each in new if each not in old)


def _parameters(old: dict[str, Schema], new: dict[str, Schema], place: str) -> Iterator[Difference]:
    yield from (Difference(True, place, f"the {name} vanished") for name in old if name not in new)
    for name, parameter in new.items():
        known = old.get(name)
        if known is None:
            needed = bool(parameter["required"])
            yield Difference(needed, place, f"the {name} is new{' and required' if needed else ''}")
            continue
        yield from _required(place, f"the {name}", known.get("required", False), parameter["required"])
        yield from schemas(known.get("schema", {}), parameter["schema"], f"{place} {name}#", response=False)


def _required(place: str, noun: str, old: bool, new: bool) -> Iterator[Difference]:
    if old != new:
        yield Difference(new, place, f"{noun} became {'required' if new else 'optional'}")


def _request(old: Schema | None, new: Schema | None, place: str) -> Iterator[Difference]:
    if old is not None and new is not None:
        yield from _required(place, "the request body", old.get("required", False), new["required"])
    elif old is not new:
        yield Difference(True, place, "the request body " + ("vanished" if new is None else "is new"))


def _rate_limit(old: Schema | None, new: Schema | None, place: str) -> Iterator[Difference]:
    if old != new:
        slower = new is not None and (old is None or new["limit"] / new["period"] < old["limit"] / old["period"])
        yield Difference(slower, place, f"x-rate-limit is {new}, was {old}")


def _rules(old: Schema, new: Schema) -> Iterator[Difference]:
    """A rule that no keyword expresses may be a limit: a new or changed one counts as breaking."""
    before, after = ({rule["id"]: rule for rule in each.get("x-unextracted", ())} for each in (old, new))
    for key, rule in {**before, **after}.items():
        if key not in after:
            yield compatible(rule["place"], f"the rule {rule['kind']} vanished")
        elif key not in before:
            yield Difference(True, rule["place"], f"the rule {rule['kind']} is new")
        elif before[key] != rule:
            changed = {name: value for name, value in rule.items() if before[key].get(name) != value}
            yield Difference(True, rule["place"], f"the rule {rule['kind']} changed to {changed}")


def schemas(old: Any, new: Any, place: str, response: bool) -> Iterator[Difference]:
    """How a schema changed. In a `response` a field that became optional breaks, in a request one that became required
    does."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield Difference(True, place, f"is {new}, was {old}")
        return
    for keyword in {**old, **new}:
        if old.get(keyword) != new.get(keyword):
            yield from _keyword(keyword, old, new, place, response)


def _keyword(keyword: str, old: Schema, new: Schema, place: str, response: bool) -> Iterator[Difference]:
    before, after = old.get(keyword), new.get(keyword)
    if keyword in UPPER or keyword in LOWER:
        yield from _bound(keyword, old, new, place)
    elif keyword in NAMED:
        yield from _members(before or {}, after or {}, f"{place}/{keyword}", response)
    elif keyword in CHOICES:
        yield from _members(_numbered(before), _numbered(after), f"{place}/{keyword}", response, new_breaks=not before)
    elif keyword in NESTED:
        yield from schemas(old.get(keyword, {}), new.get(keyword, {}), f"{place}/{keyword}", response)
    elif keyword == "type":
        narrower = after is not None and (before is None or not set(_list(before)) <= _accepted(after))
        yield Difference(narrower, place, f"type is {after}, was {before}")
    elif keyword == "enum":
        yield from _enum(before, after, place)
    elif keyword == "required":
        words = ("is no longer required", "became required")
        yield from _names(place, "{}", before or [], after or [], words, lost_breaks=response)
    elif keyword in STRICT:
        yield Difference(keyword in new, place, f"{keyword} is {after}, was {before}")
    else:
        yield compatible(place, f"{keyword} changed")


def _bound(keyword: str, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    before, after = old.get(keyword), new.get(keyword)
    if before != after:
        lower = keyword in LOWER
        tighter = after is not None and (before is None or (after > before if lower else after < before))
        yield Difference(tighter, place, f"{keyword} is {after}, was {before}")


def _members(old: Schema, new: Schema, place: str, response: bool, *, new_breaks: bool = False) -> Iterator[Difference]:
    for name in {**old, **new}:
        at = f"{place}/{escaped(name)}"
        if name not in new:
            yield Difference(True, at, "vanished")
        elif name not in old:
            yield Difference(new_breaks, at, "is new")
        else:
            yield from schemas(old[name], new[name], at, response)


def _numbered(options: Json) -> Schema:
    return {str(number): option for number, option in enumerate(options or ())}


def _accepted(types: Json) -> set[str]:
    return {*_list(types), *(["integer"] if "number" in _list(types) else [])}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _enum(old: Json, new: Json, place: str) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(old is None, place, f"enum is {new}, was {old}")
        return
    yield from (Difference(True, place, f"enum lost {value!r}") for value in old if value not in new)
    yield from (compatible(place, f"enum gained {value!r}") for value in new if value not in old)
    if sorted(map(str, old)) == sorted(map(str, new)):
        yield compatible(place, "enum is in another order")
