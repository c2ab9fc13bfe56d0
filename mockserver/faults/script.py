"""Parses a fault script into faults, or refuses it whole with the position and text of every problem."""

from collections.abc import Iterable
from typing import NamedTuple

from mockserver.faults.fault import FAULT, Fault
from mockserver.faults.parameters import Parameter, Problems, ValueType, choice, integer, object_of, plain
from mockserver.model import Json
from mockserver.operations import Operation

MAX_FAULTS_PER_SCRIPT = 1000
SEED = integer(-(2**63), 2**63 - 1)
DESCRIPTION = plain({"type": "string"}, "text", lambda value: isinstance(value, str))


class ScriptError(Exception):
    """A fault script is wrong. `problems` are (JSON pointer into the script, what is wrong there)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer or 'the script'}: {problem}" for pointer, problem in problems))
        self.problems = problems


class Script(NamedTuple):
    """A parsed script: its faults in order, and the seed of what is random in them."""

    faults: tuple[Fault, ...]
    seed: int | None = None


def fault_list(operations: tuple[Operation, ...] = ()) -> ValueType:
    """The type of lists of faults for these operations."""

    def read(value: Json, problems: Problems) -> list[Fault | None]:
        if not isinstance(value, list):
            problems.add("expected a fault or a list of faults")
        elif len(value) > MAX_FAULTS_PER_SCRIPT:
            problems.add(f"expected at most {MAX_FAULTS_PER_SCRIPT} faults, found {len(value)}")
        else:
            return [_fault(item, operations, problems.at(position)) for position, item in enumerate(value)]
        return []

    items = {"$ref": "#/components/schemas/Fault"}
    return ValueType({"type": "array", "items": items, "maxItems": MAX_FAULTS_PER_SCRIPT}, read)


def script_type(faults: ValueType) -> ValueType:
    """The type of scripts that are objects."""
    members = (
        Parameter("faults", faults, "The faults; the first that matches a request and fires wins.", required=True),
        Parameter("seed", SEED, "Seeds what is random; the same seed and the same requests fail in the same way."),
        Parameter("description", DESCRIPTION, "What the script shows."),
    )
    return object_of("a script", members)


def fault_schemas() -> dict[str, Json]:
    """The JSON Schemas `Fault` and `Script`, as they stand in the control API's OpenAPI document."""
    return {"Fault": FAULT.schema, "Script": script_type(fault_list()).schema}


def parse_script(document: Json, operations: Iterable[Operation]) -> Script:
    """A script: one fault, a list of faults, or an object with `faults` and perhaps `seed` and `description`.

    Raises ScriptError with every problem; nothing of a script with a problem is used.
    """
    problems, operations = Problems([]), tuple(operations)
    faults, values = fault_list(operations), {}
    if not isinstance(document, dict):
        values["faults"] = faults.read(document, problems)
    elif "faults" in document:
        values = script_type(faults).read(document, problems)
    else:
        values["faults"] = [_fault(document, operations, problems)]
    if problems.found:
        raise ScriptError(problems.found)
    return Script(tuple(values["faults"]), values.get("seed"))


def _fault(item: Json, operations: tuple[Operation, ...], problems: Problems) -> Fault | None:
    values = FAULT.read(item, problems)
    if values is None:
        return None
    fault = Fault(**values, source={name: value for name, value in item.items() if name != "account"})
    _check_combination({name for name, value in item.items() if value is not None}, fault, problems)
    _check_selectors(fault, operations, problems)
    if fault.status is not None and not fault.undocumented:
        _check_status(fault, operations, problems.at("status"))
    return fault


def _check_combination(names: set[str], fault: Fault, problems: Problems) -> None:
    """`names` are the keys that the script gives, right or wrong."""
    if not names & {"status", "wire", "delay"}:
        problems.add("a fault needs a `status`, a `wire` fault or a `delay`")
    if {"status", "wire"} <= names:
        problems.at("wire").add("`wire` and `status` are mutually exclusive")
    if "retry_after" in names and "status" not in names:
        problems.at("retry_after").add("`retry_after` needs a `status`")
    if fault.retry_after_date and "retry_after" not in names:
        problems.at("retry_after_date").add("`retry_after_date` needs a `retry_after`")
    if fault.until_waited:
        if "retry_after" not in names:
            problems.at("until_waited").add("`until_waited` needs a `retry_after`")
        for name in sorted(names & {"times", "every", "probability", "lasts"}):
            problems.at(name).add(f"`{name}` and `until_waited` are mutually exclusive")
    if fault.early and fault.wire is not None:
        for name in sorted(names & {"match", "larger_than"}):
            problems.at(name).add(f"{fault.wire.kind.name} acts before there is a body to match")


def _check_selectors(fault: Fault, operations: tuple[Operation, ...], problems: Problems) -> None:
    if fault.vendor is not None:
        choice("vendor", {each.vendor for each in operations}).read(fault.vendor, problems.at("vendor"))
    if fault.operation is not None:
        at, ids = problems.at("operation"), {each.id for each in operations}
        of_vendor = sorted(each.id for each in operations if each.vendor == fault.vendor)
        if choice("operation", ids).read(fault.operation, at) and of_vendor and fault.operation not in of_vendor:
            at.add(f"{fault.vendor} has no {fault.operation}; it has {', '.join(of_vendor)}")


def _check_status(fault: Fault, operations: tuple[Operation, ...], problems: Problems) -> None:
    """A status must be documented by the operation that the fault names, else by some that it selects: it fires on
    those alone."""
    selected = [
        each for each in operations if fault.vendor in (None, each.vendor) and fault.operation in (None, each.id)
    ]
    documented = [operation for operation in selected if fault.selects(operation)]
    if (selected and not documented) or (fault.operation is not None and len(documented) < len(selected)):
        statuses = sorted({status for operation in selected for status in operation.responses})
        whose = fault.operation or fault.vendor or "any operation"
        known = f"documented are {', '.join(map(str, statuses))} (or set undocumented: true)"
        problems.add(f"{fault.status} is not documented for {whose}; {known}")
