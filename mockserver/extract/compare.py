"""Two operation objects or two JSON Schemas, compared keyword by keyword, each difference with a rule and a level."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from mockserver.extract.model import Json, Schema
from mockserver.support.evidence import EVIDENCE, EVIDENCE_FOR
from mockserver.support.pointers import escaped

UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties", "x-max-body-bytes")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
STRICT = ("format", "pattern", "not", "uniqueItems", "const", "$ref", "multipleOf")
NESTED = ("items", "additionalProperties")
NAMED = ("properties", "$defs")
CHOICES = ("oneOf", "anyOf")
Level = Literal["error", "warning", "info"]
WORDS: dict[Level, str] = {"error": "breaking", "warning": "warning", "info": "compatible"}


class Difference(NamedTuple):
    """`rule` is its id, after the manner of oasdiff. The level is `error` if a client that keeps to the old contract
    can fail against the new one: requests became narrower, or responses wider."""

    rule: str
    level: Level
    place: str
    message: str

    @property
    def breaking(self) -> bool:
        return self.level == "error"

    @property
    def severity(self) -> str:
        return WORDS[self.level]

    def fingerprint(self, vendor: str) -> str:
        """16 hex digits that stay the same for the same change, whatever else changed and wherever it is listed."""
        text = f"{vendor}|{self.rule}|{self.place}|{self.message}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.severity:10}  {self.place}  {self.message}  [{self.rule}]"


class Side(NamedTuple):
    """Whose schemas are compared: `subject` begins the ids of the rules, such as `request-property`."""

    subject: str
    response: bool


REQUEST = Side("request-property", response=False)
RESPONSE = Side("response-property", response=True)
PARAMETER = Side("request-parameter", response=False)


def compatible(place: str, message: str, rule: str = "other") -> Difference:
    """A difference that breaks no client."""
    return Difference(rule, "info", place, message)


def differing(rule: str, breaking: bool, place: str, message: str) -> Difference:
    """A difference of the level `error` or `info`."""
    return Difference(rule, "error" if breaking else "info", place, message)


def operations(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    """How an operation changed, its bodies' schemas aside."""
    if old.get("operationId") != new.get("operationId"):
        message = f"operationId is {new.get('operationId')}, was {old.get('operationId')}"
        yield differing("operation-id-changed", True, place, message)
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        message = "is deprecated" if new.get("deprecated") else "is no longer deprecated"
        yield compatible(place, message, "endpoint-deprecated" if new.get("deprecated") else "endpoint-reactivated")
    yield from _names(place, "server", "the server {}", _urls(old), _urls(new))
    yield from _security(_alternatives(old), _alternatives(new), place)
    statuses = [*(old.get("responses") or ())], [*new["responses"]]
    yield from _names(place, "response-status", "the status {}", *statuses)
    yield from _parameters(_by_name(old), _by_name(new), place)
    yield from _request(old.get("requestBody"), new.get("requestBody"), place)
    yield from _bound("x-max-body-bytes", old, new, place, Side("request-body", response=False))
    yield from _rate_limit(old.get("x-rate-limit"), new.get("x-rate-limit"), place)
    yield from _rules(old, new)
    if old.get(EVIDENCE) != new.get(EVIDENCE):
        yield compatible(place, "stands elsewhere in the documentation", "evidence-changed")


def _urls(operation: Schema) -> list[str]:
    return [str(server["url"]) for server in operation.get("servers", ())]


def _alternatives(operation: Schema) -> list[frozenset[str]]:
    """The sets of credentials of which a request needs one; a set is needed whole."""
    return [frozenset(map(str, requirement)) for requirement in operation.get("security", ())] or [frozenset()]


def _security(old: list[frozenset[str]], new: list[frozenset[str]], place: str) -> Iterator[Difference]:
    """A request with the credentials of an old alternative passes where a new one needs no others."""
    for each in old:
        if each not in new:
            breaks = not any(other <= each for other in new)
            message = f"the credential {_named(each)} {'is not enough' if breaks else 'is more than needed'}"
            yield differing("api-security-tightened" if breaks else "api-security-relaxed", breaks, place, message)
    for each in new:
        if each not in old:
            yield compatible(place, f"the credential {_named(each)} is new", "api-security-added")


def _named(alternative: frozenset[str]) -> str:
    return " and ".join(sorted(alternative)) or "(none)"


def _by_name(operation: Schema) -> dict[str, Schema]:
    return {f"{each['in']} parameter {each['name']}": each for each in operation.get("parameters", ())}


def _names(place: str, rule: str, noun: str, old: Sequence[Json], new: Sequence[Json]) -> Iterator[Difference]:
    """What is on one side only; what is lost breaks clients. `noun` has a place for a name."""
    lost, gained = [each for each in old if each not in new], [each for each in new if each not in old]
    yield from (differing(f"{rule}-removed", True, place, f"{noun.format(each)} vanished") for each in lost)
    yield from (compatible(place, f"{noun.format(each)} is new", f"{rule}-added") for each in gained)


def _parameters(old: dict[str, Schema], new: dict[str, Schema], place: str) -> Iterator[Difference]:
    for name in old:
        if name not in new:
            yield differing("request-parameter-removed", True, place, f"the {name} vanished")
    for name, parameter in new.items():
        known, needed = old.get(name), bool(parameter.get("required"))
        if known is None:
            rule = "new-required-request-parameter" if needed else "new-optional-request-parameter"
            yield differing(rule, needed, place, f"the {name} is new{' and required' if needed else ''}")
            continue
        yield from _required(place, "request-parameter", f"the {name}", bool(known.get("required")), needed)
        if bool(known.get("deprecated")) != bool(parameter.get("deprecated")):
            yield compatible(place, f"the {name} changed its deprecation", "request-parameter-deprecated")
        yield from schemas(known.get("schema", {}), parameter.get("schema", {}), f"{place} {name}#", PARAMETER)


def _required(place: str, rule: str, noun: str, old: bool, new: bool) -> Iterator[Difference]:
    if old != new:
        word = "required" if new else "optional"
        yield differing(f"{rule}-became-{word}", new, place, f"{noun} became {word}")


def _request(old: Schema | None, new: Schema | None, place: str) -> Iterator[Difference]:
    if old is not None and new is not None:
        needed = bool(old.get("required")), bool(new.get("required"))
        yield from _required(place, "request-body", "the request body", *needed)
    elif old is not new:
        rule, word = ("request-body-removed", "vanished") if new is None else ("request-body-added", "is new")
        yield differing(rule, True, place, f"the request body {word}")


def _rate_limit(old: Schema | None, new: Schema | None, place: str) -> Iterator[Difference]:
    if old != new:
        slower = new is not None and (old is None or new["limit"] / new["period"] < old["limit"] / old["period"])
        yield differing("rate-limit-changed", slower, place, f"x-rate-limit is {new}, was {old}")


def _rules(old: Schema, new: Schema) -> Iterator[Difference]:
    """A rule that no keyword expresses may be a limit: a new or changed one counts as breaking."""
    before, after = ({rule["id"]: rule for rule in each.get("x-unextracted", ())} for each in (old, new))
    for key, rule in {**before, **after}.items():
        if key not in after:
            yield compatible(rule["place"], f"the rule {rule['kind']} vanished", "unextracted-rule-removed")
        elif key not in before:
            yield differing("unextracted-rule-added", True, rule["place"], f"the rule {rule['kind']} is new")
        elif before[key] != rule:
            changed = {name: value for name, value in rule.items() if before[key].get(name) != value}
            message = f"the rule {rule['kind']} changed to {changed}"
            yield differing("unextracted-rule-changed", True, rule["place"], message)


def schemas(old: Any, new: Any, place: str, side: Side) -> Iterator[Difference]:
    """How a schema changed."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield differing(f"{side.subject}-changed", True, place, f"is {new}, was {old}")
        return
    for keyword in {**old, **new}:
        if old.get(keyword) != new.get(keyword):
            yield from _keyword(keyword, old, new, place, side)


def _keyword(keyword: str, old: Schema, new: Schema, place: str, side: Side) -> Iterator[Difference]:
    before, after = old.get(keyword), new.get(keyword)
    if keyword in UPPER or keyword in LOWER:
        yield from _bound(keyword, old, new, place, side)
    elif keyword in NAMED:
        yield from _members(before or {}, after or {}, f"{place}/{keyword}", side)
    elif keyword in CHOICES:
        yield from _choices(before or [], after or [], f"{place}/{keyword}", side)
    elif keyword in NESTED:
        yield from schemas(old.get(keyword, {}), new.get(keyword, {}), f"{place}/{keyword}", side)
    elif keyword == "type":
        narrow, wide = (before, after) if side.response else (after, before)
        breaks = narrow is not None and (wide is None or not set(_list(wide)) <= _accepted(narrow))
        yield differing(f"{side.subject}-type-changed", breaks, place, f"type is {after}, was {before}")
    elif keyword == "enum":
        yield from _enum(before, after, place, side)
    elif keyword == "required":
        yield from _all_required(before or [], after or [], place, side)
    elif keyword in STRICT:
        breaks = keyword in (old if side.response else new)
        yield differing(
            f"{side.subject}-{kebab(keyword)}-changed", breaks, place, f"{keyword} is {after}, was {before}"
        )
    elif keyword == "default" and not side.response:
        message = f"default is {after!r}, was {before!r}"
        yield Difference(f"{side.subject}-default-value-changed", "warning", place, message)
    elif keyword != EVIDENCE_FOR:
        yield compatible(place, f"{keyword} changed", f"{side.subject}-{kebab(keyword)}-changed")


def kebab(keyword: str) -> str:
    """`maxLength` → `max-length`."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"([A-Z])", r"-\1", keyword).lower()).strip("-")


def _all_required(old: list[str], new: list[str], place: str, side: Side) -> Iterator[Difference]:
    for name in old:
        if name not in new:
            rule = f"{side.subject}-became-optional"
            yield differing(rule, side.response, place, f"{name} is no longer required")
    for name in new:
        if name not in old:
            yield differing(f"{side.subject}-became-required", not side.response, place, f"{name} became required")


def _bound(keyword: str, old: Schema, new: Schema, place: str, side: Side) -> Iterator[Difference]:
    before, after = old.get(keyword), new.get(keyword)
    if before == after:
        return
    risen = before is not None and after is not None and after > before
    word = "set" if before is None else "unset" if after is None else "increased" if risen else "decreased"
    tighter = word == "set" or (word in ("increased", "decreased") and risen == (keyword in LOWER))
    rule = f"{side.subject}-{kebab(keyword)}-{word}"
    yield differing(rule, tighter != side.response, place, f"{keyword} is {after}, was {before}")


def _members(old: Schema, new: Schema, place: str, side: Side) -> Iterator[Difference]:
    for name in {**old, **new}:
        at = f"{place}/{escaped(name)}"
        if name not in new:
            yield differing(f"{side.subject}-removed", True, at, "vanished")
        elif name not in old:
            yield compatible(at, "is new", f"{side.subject}-added")
        else:
            yield from schemas(old[name], new[name], at, side)


def _choices(old: list[Json], new: list[Json], place: str, side: Side) -> Iterator[Difference]:
    """Options are compared by their positions. The first ones of a request narrow it, further ones widen."""
    for index in range(max(len(old), len(new))):
        at = f"{place}/{index}"
        if index >= len(new):
            yield differing(f"{side.subject}-option-removed", not side.response or not new, at, "vanished")
        elif index >= len(old):
            yield differing(f"{side.subject}-option-added", bool(old) == side.response, at, "is new")
        else:
            yield from schemas(old[index], new[index], at, side)


def _accepted(types: Json) -> set[str]:
    return {*_list(types), *(["integer"] if "number" in _list(types) else [])}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _enum(old: Json, new: Json, place: str, side: Side) -> Iterator[Difference]:
    rule = f"{side.subject}-enum-value"
    if old is None or new is None:
        word = "set" if old is None else "unset"
        message = f"enum is {new}, was {old}"
        yield differing(f"{side.subject}-enum-{word}", (word == "set") != side.response, place, message)
        return
    for value in old:
        if value not in new:
            yield differing(f"{rule}-removed", not side.response, place, f"enum lost {value!r}")
    for value in new:
        if value not in old:
            yield differing(f"{rule}-added", side.response, place, f"enum gained {value!r}")
    if sorted(map(str, old)) == sorted(map(str, new)):
        yield compatible(place, "enum is in another order", f"{rule}s-reordered")
