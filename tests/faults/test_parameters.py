"""Each parameter of a fault is declared once: its bounds, its JSON Schema and what repeats its name agree."""

from __future__ import annotations

import inspect
import re
import typing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mockserver.client.handle import FaultOptions, Handle
from mockserver.faults.fault import FAULT
from mockserver.faults.script import ScriptError, fault_schemas, parse_script
from mockserver.vendors.contracts import load_contracts
from tests.support.harness import Server

OPERATIONS = load_contracts(None, (), "documented").operations
SCHEMA = Draft202012Validator({"$ref": "#/components/schemas/Script", "components": {"schemas": fault_schemas()}})
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
TINY = 1e-9


def problems(fault: Any) -> list[str]:
    """Where a fault is refused."""
    try:
        parse_script({"faults": [fault]}, OPERATIONS)
    except ScriptError as error:
        return [pointer for pointer, _ in error.problems]
    return []


BOUNDS: list[tuple[str, float, float, float]] = [
    ("status", 200, 599, 1),
    ("larger_than", 0, 1_000_000_000, 1),
    ("retry_after", 0, 86_400, TINY),
    ("lasts", 0, 3600, TINY),
    ("delay", 0, 3600, TINY),
    ("delay/uniform/0", 0, 3600, TINY),
    ("delay/uniform/1", 0, 3600, TINY),
    ("delay/lognormal/median", 0, 3600, TINY),
    ("delay/lognormal/sigma", 0, 10, TINY),
    ("wire/truncate/keep", 0, 1, TINY),
    ("wire/dribble/chunks", 1, 10_000, 1),
    ("wire/dribble/seconds", 0, 3600, TINY),
    ("wire/slow_request/seconds", 0, 3600, TINY),
    ("after", 0, 1_000_000_000, 1),
    ("times", 1, 1_000_000_000, 1),
    ("every", 1, 1_000_000_000, 1),
    ("probability", 0, 1, TINY),
]
"""Where a number stands, its least and greatest value, and the least step beyond them that is looked at."""


def with_value(path: str, value: float | str) -> dict[str, Any]:
    """A fault that is right but for this value."""
    name, _, rest = path.partition("/")
    if rest.startswith("uniform"):
        return {"delay": {"uniform": [0, value] if rest.endswith("1") else [value, 3600]}}
    if rest.startswith("lognormal"):
        member = rest.rpartition("/")[2]
        return {"delay": {"lognormal": {"median": 1, "sigma": 1, member: value}}}
    if rest:
        kind, _, parameter = rest.partition("/")
        return {"wire": {kind: {parameter: value}}}
    return {"delay": value} if name == "delay" else {"status": 503, "undocumented": True, name: value}


def fits_the_schema(fault: Any) -> bool:
    return bool(SCHEMA.is_valid({"faults": [fault]}))


@pytest.mark.parametrize(("path", "least", "most", "step"), BOUNDS, ids=[path for path, *_ in BOUNDS])
def test_a_number_keeps_to_its_bounds(path: str, least: float, most: float, step: float) -> None:
    for value in (least, most):
        assert problems(with_value(path, value)) == []
        assert fits_the_schema(with_value(path, value))
    beyond = most * (1 + step) if step == TINY else most + step
    for wrong in (least - step, beyond, True, "1"):
        assert problems(with_value(path, wrong)) == [f"/faults/0/{path}"]
        assert not fits_the_schema(with_value(path, wrong))


def test_every_number_has_its_bounds_here() -> None:
    """But those of the wire faults' parameters: a new one is tried with the bounds of its own record."""

    def numbers(schema: Any, path: str) -> list[str]:
        if "minimum" in schema:
            return [path]
        inner = [
            *schema.get("properties", {}).items(),
            *((str(number), schema["items"]) for number in (0, 1) if "items" in schema),
        ]
        deeper = [found for name, each in inner for found in numbers(each, f"{path}/{name}")]
        return deeper + [found for each in schema.get("anyOf", ()) for found in numbers(each, path)]

    declared = {path[1:] for path in numbers(fault_schemas()["Fault"], "")}
    listed = {path for path, *_ in BOUNDS}
    assert listed <= declared
    assert not [path for path in declared - listed if not path.startswith("wire/")]


@pytest.mark.parametrize(
    "fault",
    [
        {"wire": "reset"},
        {"wire": {"reset": {}}},
        {"wire": {"dribble": {"chunks": None}}},
        {"wire": "reset", **{name: None for name in FAULT.schema["properties"] if name != "wire"}},
        {"status": 503, "match": {}},
        {"status": 503, "match": []},
        {"status": 503, "account": "k"},
        {"status": 503, "stage": "after"},
    ],
    ids=str,
)
def test_the_schema_accepts_what_is_read(fault: Any) -> None:
    assert problems(fault) == []
    assert fits_the_schema(fault)


@pytest.mark.parametrize(
    "fault",
    [
        5,
        {"wire": "rset"},
        {"wire": 5},
        {"wire": {}},
        {"wire": {"reset": None}},
        {"wire": {"reset": {}, "empty": {}}},
        {"wire": {"reset": {"keep": 1}}},
        {"delay": {}},
        {"delay": "soon"},
        {"delay": {"uniform": [1]}},
        {"delay": {"uniform": [1, 2, 3]}},
        {"delay": {"uniform": [1, 2], "lognormal": {"median": 1, "sigma": 1}}},
        {"delay": {"lognormal": {"median": 1}}},
        {"delay": {"lognormal": {"median": 1, "sigma": None}}},
        {"status": 503, "match": "x"},
        {"status": 503, "stage": "during"},
        {"status": 503, "vendor": ""},
        {"status": 503, "undocumented": 1},
        {"status": 503, "tmes": 2},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_not_read(fault: Any) -> None:
    assert problems(fault) != []
    assert not fits_the_schema(fault)


def test_a_null_is_as_good_as_absent() -> None:
    names = [name for name in FAULT.schema["properties"] if name != "wire"]
    (nulls,) = parse_script({"wire": {"dribble": {"chunks": None}}, **dict.fromkeys(names)}, OPERATIONS).faults
    (absent,) = parse_script({"wire": "dribble"}, OPERATIONS).faults
    assert [getattr(nulls, name) for name in (*names, "wire")] == [getattr(absent, name) for name in (*names, "wire")]


def test_a_script_has_at_most_1000_faults() -> None:
    fault = {"wire": "reset"}
    assert len(parse_script([fault] * 1000, OPERATIONS).faults) == 1000
    assert SCHEMA.is_valid({"faults": [fault] * 1000})
    with pytest.raises(ScriptError, match="expected at most 1000 faults, found 1001"):
        parse_script([fault] * 1001, OPERATIONS)
    assert not SCHEMA.is_valid({"faults": [fault] * 1001})


def test_the_served_document_has_the_schemas(server: Server) -> None:
    schemas = server.control("/openapi.json")["components"]["schemas"]
    assert {name: schemas[name] for name in ("Fault", "Script")} == fault_schemas()


def test_the_page_about_faults_has_every_key() -> None:
    keys, _, _ = PAGE.read_text("utf-8").partition("A script is one fault")
    names = [
        name for row in re.findall(r"^\| (`[^|]*`) \|", keys, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(names) == sorted(FAULT.schema["properties"])


def test_python_has_the_keywords_of_the_scripts() -> None:
    """Every parameter but those that a handle knows by itself; the defaults are left to the server."""
    own = {"vendor", "account"}
    of_one_call = {"status", "retry_after", "retry_after_date", "undocumented", "until_waited", "delay", "wire"}
    assert set(FaultOptions.__annotations__) == set(FAULT.schema["properties"]) - own - of_one_call
    calls = (Handle.fail, Handle.slow, Handle.drop)
    assert {name for call in calls for name in inspect.signature(call).parameters} == {"self", "options", *of_one_call}
    stages = typing.get_args(typing.get_type_hints(FaultOptions)["stage"])
    assert set(stages) == set(FAULT.schema["properties"]["stage"]["enum"]) - {None}
