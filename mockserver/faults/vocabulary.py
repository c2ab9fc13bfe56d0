"""The fault vocabulary: parses a script into frozen faults, or refuses it whole and says where it is wrong."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from mockserver.model import Json, Operation
from mockserver.support.pointers import escaped

MAX_SECONDS = 3600.0
MAX_COUNT = 1_000_000_000
FAULTS_AT_MOST = 1000
MAX_DEPTH = 100
WIRES: Mapping[str, Mapping[str, float]] = {
    "reset": {},
    "empty": {},
    "truncate": {"keep": 0.5},
    "garbage": {},
    "malformed": {},
    "dribble": {"chunks": 10, "seconds": 1.0},
    "hang": {},
    "slow_request": {"seconds": 1.0},
}
"""What can happen below HTTP, each with its parameters and their defaults (`keep` a share of the body, times in
seconds)."""


class ScriptError(Exception):
    """A fault script is wrong. `problems` are (JSON pointer into the script, what is wrong there)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer or 'the script'}: {problem}" for pointer, problem in problems))
        self.problems = problems


Stage = Literal["before", "after"]
"""When a fault acts: before the vendor stores anything, or after it."""


class Delay(NamedTuple):
    """Seconds that an answer is held back: `fixed`, `uniform` (low, high) or `lognormal` (median, sigma)."""

    kind: str
    first: float
    second: float = 0.0


class Wire(NamedTuple):
    """One of WIRES with its parameters."""

    kind: str
    parameters: Mapping[str, float] = MappingProxyType({})


class Fault(NamedTuple):
    """One scripted fault; a selector that is None matches everything. Times are in seconds, counts in requests.

    `source` is the fault as it was written, without the account: that is a secret.
    """

    vendor: str | None = None
    operation: str | None = None
    account: str | None = None
    match: Json = None
    status: int | None = None
    undocumented: bool = False
    retry_after: float | None = None
    delay: Delay | None = None
    wire: Wire | None = None
    stage: Stage = "before"
    after: int = 0
    times: int | None = None
    every: int = 1
    probability: float = 1.0
    source: Mapping[str, Json] = MappingProxyType({})


class Script(NamedTuple):
    """A parsed script: its faults in order, and the seed of what is random in them."""

    faults: tuple[Fault, ...]
    seed: int | None = None


def parse_script(document: Json, operations: Iterable[Operation]) -> Script:
    """A script: one fault, a list of faults, or an object with `faults` and perhaps `seed` and `description`.

    Raises ScriptError with every problem found; nothing of a script with a problem is used.
    """
    problems: list[tuple[str, str]] = []
    seed, base = None, ""
    listed: Json = document
    single = isinstance(document, dict) and "faults" not in document
    if isinstance(document, dict) and "faults" in document:
        problems += _unknown(document, {"faults", "seed", "description"}, "")
        seed, base, listed = document.get("seed"), "/faults", document["faults"]
        if seed is not None and not _is_integer(seed):
            problems.append(("/seed", f"expected an integer, found {seed!r}"))
    elif single:
        listed = [document]
    if not isinstance(listed, list):
        raise ScriptError([*problems, (base, "expected a fault or a list of faults")])
    if len(listed) > FAULTS_AT_MOST:
        raise ScriptError([(base, f"expected at most {FAULTS_AT_MOST} faults, found {len(listed)}")])
    parser = _Parser(tuple(operations), problems)
    faults = [parser.fault(item, "" if single else f"{base}/{number}") for number, item in enumerate(listed)]
    if problems:
        raise ScriptError(problems)
    return Script(tuple(fault for fault in faults if fault is not None), seed)


class _Parser:
    """Reads the faults of one script and collects what is wrong with them."""

    def __init__(self, operations: tuple[Operation, ...], problems: list[tuple[str, str]]) -> None:
        self._operations = operations
        self._problems = problems
        self._place = ""
        self._item: Mapping[str, Any] = {}

    def fault(self, item: Json, place: str) -> Fault | None:
        self._place = place
        if not isinstance(item, dict):
            self._wrong("", f"expected a fault, found {item!r}")
            return None
        self._item = item
        self._problems += _unknown(item, _KEYS, place)
        fault = Fault(
            vendor=self._named("vendor", {operation.vendor for operation in self._operations}),
            operation=self._named("operation", {operation.id for operation in self._operations}),
            account=self._text("account"),
            match=self._match(),
            status=self._count("status", least=200, most=599),
            undocumented=self._flag("undocumented"),
            retry_after=self._number("retry_after", most=MAX_SECONDS * 24),
            delay=self._delay(),
            wire=self._wire(),
            stage="after" if self._named("stage", {"before", "after"}) == "after" else "before",
            after=self._count("after") or 0,
            times=self._count("times", least=1),
            every=self._count("every", least=1) or 1,
            probability=1.0 if "probability" not in item else self._number("probability", most=1.0) or 0.0,
            source={name: value for name, value in item.items() if name != "account"},
        )
        self._check_together(fault)
        return fault

    def _check_together(self, fault: Fault) -> None:
        status, wire, delay = (self._item.get(key) is not None for key in ("status", "wire", "delay"))
        if not (status or wire or delay):
            self._wrong("", "does nothing: give a status, a wire fault or a delay")
        if status and wire:
            self._wrong("/wire", "stands instead of a status: give one of the two")
        if fault.retry_after is not None and not status:
            self._wrong("/retry_after", "goes with a status")
        if fault.wire is not None and fault.wire.kind == "slow_request" and fault.match is not None:
            self._wrong("/match", "a slow_request fault begins before the body is there to be matched")
        if fault.vendor is not None and fault.operation is not None:
            self._check_operation(fault)
        if fault.status is not None and not fault.undocumented:
            self._check_status(fault)

    def _check_operation(self, fault: Fault) -> None:
        if not any((each.vendor, each.id) == (fault.vendor, fault.operation) for each in self._operations):
            known = sorted(each.id for each in self._operations if each.vendor == fault.vendor)
            if any(each.id == fault.operation for each in self._operations) and known:
                self._wrong("/operation", f"{fault.vendor} has no {fault.operation}; it has {', '.join(known)}")

    def _check_status(self, fault: Fault) -> None:
        """A status must be documented by the operation that the fault names, else by some that it selects: it fires on
        those alone."""
        selected = [operation for operation in self._operations if _selects(fault, operation)]
        lacking = [operation for operation in selected if fault.status not in operation.responses]
        if (selected and len(lacking) == len(selected)) or (fault.operation is not None and lacking):
            statuses = sorted({status for operation in selected for status in operation.responses})
            known = ", ".join(str(status) for status in statuses)
            whose = fault.operation or fault.vendor or "any operation"
            message = (
                f"{fault.status} is not documented for {whose}; documented are {known} (or say undocumented: true)"
            )
            self._wrong("/status", message)

    def _wrong(self, key: str, problem: str) -> None:
        self._problems.append((self._place + key, problem))

    def _text(self, key: str) -> str | None:
        value = self._item.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            self._wrong(f"/{key}", f"expected text, found {value!r}")
            return None
        return value

    def _named(self, key: str, known: set[str]) -> str | None:
        value = self._text(key)
        if value is not None and value not in known:
            self._wrong(f"/{key}", f"unknown {key} '{value}'{nearest(value, known)}")
        return value

    def _flag(self, key: str) -> bool:
        value = self._item.get(key, False)
        if not isinstance(value, bool):
            self._wrong(f"/{key}", f"expected true or false, found {value!r}")
        return value is True

    def _count(self, key: str, least: int = 0, most: int = MAX_COUNT) -> int | None:
        value = self._item.get(key)
        if value is None:
            return None
        if not _is_integer(value) or not least <= value <= most:
            self._wrong(f"/{key}", f"expected a whole number from {least} to {most}, found {value!r}")
            return None
        return int(value)

    def _number(self, key: str, most: float) -> float | None:
        value = self._item.get(key)
        return None if value is None else self._in_range(f"/{key}", value, 0.0, most)

    def _in_range(self, key: str, value: Json, least: float, most: float) -> float | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            self._wrong(key, f"expected a number from {least:g} to {most:g}, found {value!r}")
            return None
        return float(value)

    def _match(self) -> Json:
        value = self._item.get("match")
        if value is not None and not isinstance(value, (dict, list)):
            self._wrong("/match", f"expected a JSON subset of the body, found {value!r}")
            return None
        strange = _not_json(value, "/match")
        if strange is not None:
            self._wrong(*strange)
            return None
        return value

    def _delay(self) -> Delay | None:
        value = self._item.get("delay")
        if value is None:
            return None
        if not isinstance(value, dict):
            fixed = self._in_range("/delay", value, 0.0, MAX_SECONDS)
            return None if fixed is None else Delay("fixed", fixed)
        if list(value) == ["uniform"] and isinstance(value["uniform"], list) and len(value["uniform"]) == 2:
            low, high = (self._in_range("/delay/uniform", bound, 0.0, MAX_SECONDS) for bound in value["uniform"])
            if low is not None and high is not None and low > high:
                self._wrong("/delay/uniform", f"expected [low, high], found {value['uniform']}")
            return Delay("uniform", low or 0.0, high or 0.0)
        if list(value) == ["lognormal"] and isinstance(value["lognormal"], dict):
            given = value["lognormal"]
            self._problems += _unknown(given, {"median", "sigma"}, f"{self._place}/delay/lognormal")
            median = self._in_range("/delay/lognormal/median", given.get("median"), 0.0, MAX_SECONDS)
            sigma = self._in_range("/delay/lognormal/sigma", given.get("sigma"), 0.0, 10.0)
            return Delay("lognormal", median or 0.0, sigma or 0.0)
        self._wrong("/delay", "expected seconds, {uniform: [low, high]} or {lognormal: {median: …, sigma: …}}")
        return None

    def _wire(self) -> Wire | None:
        value = self._item.get("wire")
        if value is None:
            return None
        name, given = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else (value, {})
        if not isinstance(name, str) or name not in WIRES or not isinstance(given, dict):
            self._wrong("/wire", f"unknown wire fault {name!r}{nearest(str(name), WIRES)}")
            return None
        self._problems += _unknown(given, WIRES[name].keys(), f"{self._place}/wire/{name}")
        parameters = {**WIRES[name]}
        for key in given.keys() & parameters.keys():
            least, most = (0.0, 1.0) if key == "keep" else (1, 10_000) if key == "chunks" else (0.0, MAX_SECONDS)
            number = self._in_range(f"/wire/{name}/{key}", given[key], least, most)
            parameters[key] = parameters[key] if number is None else number
        return Wire(name, parameters)


_KEYS = frozenset(
    {"vendor", "operation", "account", "match", "status", "undocumented", "retry_after", "delay", "wire", "stage"}
    | {"after", "times", "every", "probability"}
)


def _selects(fault: Fault, operation: Operation) -> bool:
    return fault.vendor in (None, operation.vendor) and fault.operation in (None, operation.id)


def _unknown(item: Mapping[str, Any], known: Iterable[str], place: str) -> list[tuple[str, str]]:
    return [
        (f"{place}/{escaped(key)}", f"unknown key '{key}'{nearest(str(key), known)}")
        for key in item
        if key not in known
    ]


def _not_json(value: Any, place: str, depth: int = 0) -> tuple[str, str] | None:
    """Where a value that YAML can say is none that JSON can, and why."""
    if depth > MAX_DEPTH:
        return place, f"is nested more than {MAX_DEPTH} levels deep"
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                return place, f"expected text as the name of a member, found {key!r}; put it in quotes"
            if (found := _not_json(inner, f"{place}/{escaped(key)}", depth + 1)) is not None:
                return found
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            if (found := _not_json(inner, f"{place}/{number}", depth + 1)) is not None:
                return found
    elif not isinstance(value, (str, int, float, bool, type(None))) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        return place, f"expected a JSON value, found {value!r}; put it in quotes"
    return None


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the one that it is most like, or all."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(sorted(known))}"


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def sampled(delay: Delay, random_unit: float, random_normal: float) -> float:
    """Seconds of a delay, out of one uniform and one normal random number; at most MAX_SECONDS."""
    if delay.kind == "uniform":
        seconds = delay.first + (delay.second - delay.first) * random_unit
    elif delay.kind == "lognormal":
        seconds = delay.first * math.exp(delay.second * random_normal)
    else:
        seconds = delay.first
    return min(seconds, MAX_SECONDS)
