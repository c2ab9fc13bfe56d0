"""jsonschema, the referee, and jsonschema-rs, which serves, agree on every body that is nearly a documented one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mockserver.contracts import packaged_schemas
from mockserver.vendors.contracts import load_contracts
from tests.support.harness import OPERATIONS, PROFILES

FIXTURES = packaged_schemas().parent / "fixtures"
SCHEMAS = {
    (profile, operation.id): dict(operation.served.document)
    for profile in PROFILES
    for operation in load_contracts(None, (), profile).operations
    if operation.served is not None
}

INSTANTS = [
    *("2025-07-15T12:00:00Z", "2025-07-15T12:00:00.123456789Z", "2025-07-15T12:00:00+02:00", "2025-07-15T12:00:00"),
    *("2025-07-15t12:00:00z", "2025-07-15 12:00:00Z", "2025-02-30T12:00:00Z", "2024-02-29T00:00:00Z"),
    *("2025-07-15T24:00:00Z", "2025-07-15T12:00:00+25:00", "2025-07-15", "2025-07-15T12:00:00.Z", "20250715T120000Z"),
]
UUIDS = [
    "6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60",
    "6F8F1B1E-0F0E-4F4E-9D6C-2B9F9C8B7A60",
    "6f8f1b1e0f0e4f4e9d6c2b9f9c8b7a60",
]
NUMBERS = [0, -1, 1, 1.0, 0.5, -0.0, 1e300, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**70, 10**40]
TEXTS = [
    "",
    " ",
    "\u3000",
    "\x1f",
    "\ufeff",
    "a\n",
    "\n",
    "1",
    "-1",
    "+1",
    "٣",
    "é" * 64,
    "😀" * 100,
    "x" * 101,
    "x" * 5000,
]
WORDS = [
    *("change", "alert", "event", "server", "count", "avg", "pc95", "pc100", "=", ">=", "=>", "asc", "normal", "error"),
    *(
        "user",
        "feature_flag",
        "service",
        "runbook",
        "custom-events",
        "product_analytics",
        "product_analytics_occurrence",
    ),
]
plain = st.sampled_from([None, True, False, *NUMBERS, *TEXTS, *WORDS, *INSTANTS, *UUIDS])
anything = st.recursive(
    plain | st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def bodies(name: str) -> list[Any]:
    """The documented examples of an operation, and the body that the tests use."""
    examples = sorted(FIXTURES.glob(f"*/{name}/request.*.json"))
    accepted = [each.accepted for each in OPERATIONS if each.id == name]
    return [json.loads(path.read_text("utf-8")) for path in examples] + accepted


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to every value inside a body, the body itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, child in inner:
        yield from places(child, (*path, part))


def property_names(schema: Any) -> set[str]:
    """Every name that a schema knows anywhere."""
    if isinstance(schema, list):
        return {name for each in schema for name in property_names(each)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own | {name for each in schema.values() for name in property_names(each)}


@st.composite
def nearly(draw: st.DrawFn, name: str, names: list[str]) -> Any:
    """A documented body after up to three changes: drop, replace, add, repeat, deepen."""
    body = copy.deepcopy(draw(st.sampled_from(bodies(name))))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(places(body))))
        if not path:
            change = draw(st.sampled_from(["keep", "keep", "replace"]))
            body = draw(anything) if change == "replace" else body
            continue
        holder = body
        for part in path[:-1]:
            holder = holder[part]
        part, change = path[-1], draw(st.sampled_from(["drop", "replace", "add", "repeat", "deepen", "widen"]))
        current = holder[part]
        if change == "drop":
            del holder[part]
        elif change == "replace":
            holder[part] = draw(anything)
        elif change == "add" and isinstance(current, dict):
            current[draw(st.sampled_from(names))] = draw(anything)
        elif change == "repeat" and isinstance(current, list):
            holder[part] = current * draw(st.sampled_from([0, 2, 20, 21, 100, 101]))
        elif change == "deepen":
            for _ in range(draw(st.integers(1, 12))):
                holder[part] = {"deeper": holder[part]}
        elif change == "widen" and isinstance(current, dict):
            current.update({f"p{number}": number for number in range(draw(st.sampled_from([9, 10, 11, 99, 100, 101])))})
    return body


@pytest.mark.parametrize(("profile", "name"), SCHEMAS, ids=lambda part: part)
def test_both_validators_agree(profile: str, name: str) -> None:
    schema = SCHEMAS[profile, name]
    referee = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    served = jsonschema_rs.validator_for(schema, validate_formats=True)
    seen = {True: 0, False: 0}

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(nearly(name, sorted(property_names(schema))))
    def agree(body: Any) -> None:
        verdict = referee.is_valid(body)
        seen[verdict] += 1
        assert served.is_valid(body) == verdict

    agree()
    assert min(seen.values()) > 0, "valid and invalid bodies were both generated"


@pytest.mark.parametrize("text", INSTANTS + UUIDS + TEXTS)
@pytest.mark.parametrize("form", ["date-time", "uuid"])
def test_both_validators_read_a_format_alike(form: str, text: str) -> None:
    schema = {"type": "string", "format": form}
    referee = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(text) == referee.is_valid(text)


@pytest.mark.parametrize("text", ["2016-12-31T23:59:60Z", "2016-12-31T15:59:60-08:00", "0000-01-01T00:00:00Z"])
def test_the_referee_is_known_to_refuse_what_a_python_datetime_cannot_hold(text: str) -> None:
    """RFC 3339 has leap seconds and the year 0; here the validator that serves is the one that is right."""
    schema = {"type": "string", "format": "date-time"}
    referee = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(text)
    assert not referee.is_valid(text)
