"""What a row of a table becomes: its type, and what its description says of the value."""
# ruff: noqa: E501 - one case a line

from __future__ import annotations

import time
from typing import Any

import jsonschema_rs
import pytest

from mockserver.extract.contract import contract
from mockserver.extract.limits import digits_between
from mockserver.extract.model import Contract
from mockserver.extract.reading import source
from mockserver.vendors.datadog.pages import read

PAGE = """\
# Ping
{% tab title="v1" %}

| Datadog site | API endpoint                     |
| ------------ | -------------------------------- |
| one          | POST https://one.example.com/ping |

### Request

#### Body Data

{% tab title="Model" %}

| Parent field | Field | Type | Description |
| --- | --- | --- | --- |
"""
TAIL = "\n\n{% /tab %}\n\nEXAMPLE\n\n{% /tab %}\n"
LINE = {"type": "string", "pattern": r"\n"}


def _read(rows: str, example: str = "") -> Contract:
    shown = f'{{% tab title="Example" %}}\n\n```json\n{example}\n```\n\n{{% /tab %}}' if example else ""
    return contract("acme", [read(source("page.md", f"{PAGE}{rows}{TAIL.replace('EXAMPLE', shown)}"))], {})


def _field(kind: str, description: str, example: str = "") -> Any:
    return _read(f"| | a | {kind} | {description} |", example).schemas["Ping.request.json"]["properties"]["a"]


@pytest.mark.parametrize(
    ("kind", "description", "schema"),
    [
        ("string", "Order. default: `desc`", {"type": "string", "default": "desc"}),
        ("int64", "How many. default: `1000`", {"type": "integer", "format": "int64", "default": 1000, "minimum": -(2**63), "maximum": 2**63 - 1}),
        ("integer", "Page size. Defaults to 1,000.", {"type": "integer", "default": 1000}),
        ("boolean", "Whether. Default is false.", {"type": "boolean", "default": False}),
        ("number", "Share. The default value is `0.5`.", {"type": "number", "default": 0.5}),
        ("boolean", "Whether. If `b` is set, defaults to true.", {"type": "boolean"}),
        ("integer", "Size. Defaults to `auto`.", {"type": "integer"}),
        ("enum", "Kind. Allowed enum values: `web` default: `web`", {"type": "string", "enum": ["web"], "default": "web"}),
        ("object", "**DEPRECATED**: Old.", {"deprecated": True, "type": "object"}),
        ("string", "This field is deprecated. Use another.", {"deprecated": True, "type": "string"}),
        ("string", "Deprecates nothing.", {"type": "string"}),
        ("string", "A name, which can be null.", {"type": ["string", "null"]}),
        ("string", "A name. Cannot be null.", {"type": "string"}),
        ("enum", "Nullable. Allowed enum values: `x,y`", {"type": ["string", "null"], "enum": ["x", "y", None]}),
        ("[string]", "Names. May be `null`.", {"type": ["array", "null"], "items": {"type": "string"}}),
        ("enum", "Seconds. Allowed enum values: `60,300`", {"type": "integer", "enum": [60, 300]}),
        ("int64", "Seconds. Allowed enum values: `60,300`", {"type": "integer", "format": "int64", "enum": [60, 300], "minimum": -(2**63), "maximum": 2**63 - 1}),
        ("string", "Seconds. Allowed enum values: `60,300`", {"type": "string", "enum": ["60", "300"]}),
        ("enum", "Version. Allowed enum values: `1.2,1.3`", {"type": "string", "enum": ["1.2", "1.3"]}),
        ("string", "Alphanumeric characters, hyphens.", {"type": "string", "pattern": "^[A-Za-z0-9-]+$", "not": LINE}),
        ("string", "Lowercase alphanumeric characters, hyphens, and underscores.", {"type": "string", "pattern": "^[a-z0-9_-]+$", "not": LINE}),
        ("string", "Must be alphanumeric.", {"type": "string", "pattern": "^[A-Za-z0-9]+$", "not": LINE}),
        ("string", "Cannot contain hyphens, underscores.", {"type": "string"}),
        ("string", "Spaces and dashes are converted to underscores.", {"type": "string"}),
        ("string", "Letters, numbers, and emoji.", {"type": "string"}),
        ("string", "Max 1,000 characters.", {"type": "string", "maxLength": 1000}),
        ("integer", "Between 1 and 1,000.", {"type": "integer", "minimum": 1, "maximum": 1000}),
        ("integer", "Must be less than 1,000,000.", {"type": "integer", "exclusiveMaximum": 1000000}),
        ("number", "Between 0 and 0.5.", {"type": "number"}),
        ("[string]", "At most 1,000 items.", {"type": "array", "maxItems": 1000, "items": {"type": "string"}}),
        ("string", "The hour, between 00 and 23.", {"type": "string", "pattern": "^(?:[0-1][0-9]|2[0-3])$", "not": LINE}),
        ("string", "Between 1 and 5.", {"type": "string"}),
        ("string", "Start, in ISO 8601.", {"type": "string", "format": "date-time"}),
        ("string", "Start, in ISO-8601 format or date math, such as `now-15m`.", {"type": "string"}),
        ("date-time", "Start, in ISO 8601. Date math such as `now-15m` is supported.", {"type": "string"}),
        ("string", "In ISO-8601 format, precise to hour: [YYYY-MM-DDThh].", {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}"}),
        ("string", "An ISO 8601 duration.", {"type": "string", "format": "duration"}),
        ("[array]", "Rows.", {"type": "array", "items": {"type": "array"}}),
    ],
)  # fmt: skip
def test_a_row(kind: str, description: str, schema: dict[str, Any]) -> None:
    assert _field(kind, description) == schema


def test_an_enum_of_digits_has_the_type_that_an_example_shows() -> None:
    assert _field("enum", "Priority. Allowed enum values: `1,2`", '{"a": "1"}')["enum"] == ["1", "2"]
    assert _field("enum", "Priority. Allowed enum values: `1,2`", '{"a": 1}')["enum"] == [1, 2]


@pytest.mark.parametrize(
    ("rows", "schema"),
    [
        (
            "| | a | object <oneOf> | A. |\n| a | Object 1 | object | 1. |\n| Object 1 | b | string | B. |\n| a | c | string | C. |",
            {"type": "object", "properties": {"c": {"type": "string"}}, "oneOf": [{"title": "Option 1", "type": "object", "properties": {"b": {"type": "string"}}}]},
        ),
        (
            "| | a | [object <anyOf>] | A. |\n| a | Option 1 | object | 1. |",
            {"type": "array", "items": {"type": "object", "anyOf": [{"title": "Option 1", "type": "object"}]}},
        ),
        (
            "| | a | [array] | A. |\n| a | b [*required*] | string | B. |",
            {"type": "array", "items": {"type": "array", "items": {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}}},
        ),
        (
            "| | a | [array] | A. |\n| a | items | double | B. |",
            {"type": "array", "items": {"type": "array", "items": {"type": "number", "format": "double"}}},
        ),
    ],
)  # fmt: skip
def test_rows_below_a_row(rows: str, schema: dict[str, Any]) -> None:
    assert _read(rows).schemas["Ping.request.json"]["properties"]["a"] == schema


def test_a_list_at_the_top() -> None:
    items = {"type": "object", "properties": {"a": {"type": "string"}}}
    shown = _read("| | a | string | A. |", '[{"a": "x"}]')
    assert shown.schemas["Ping.request.json"]["items"] == items
    assert "type" not in shown.schemas["Ping.request.json"].get("properties", {})
    told = contract(
        "acme",
        [
            read(
                source(
                    "page.md",
                    f"{PAGE}| | a | string | A. |{TAIL}".replace(
                        "\n\n| Parent", "\nAn array of things.\n\n| Parent"
                    ).replace("EXAMPLE", ""),
                )
            )
        ],
        {},
    )
    assert told.schemas["Ping.request.json"]["type"] == "array"
    assert told.schemas["Ping.request.json"]["items"] == items


@pytest.mark.parametrize(
    ("low", "high"), [("00", "23"), ("01", "12"), ("007", "230"), ("0", "9"), ("05", "05"), ("000", "999")]
)
def test_the_pattern_of_numbers_of_equal_width(low: str, high: str) -> None:
    schema = jsonschema_rs.Draft202012Validator({"pattern": f"^{digits_between(low, high)}$"})
    width = len(low)
    fitting = [number for number in range(10**width) if schema.is_valid(f"{number:0{width}}")]
    assert fitting == list(range(int(low), int(high) + 1))


@pytest.mark.parametrize(
    "row",
    [
        "|  | f{} | string | A. |",
        "| a | f{} | string | A. |",
        "| a | f{} | colour | Allowed enum values: `1,2` |",
        "| z | f{} | string | A. |",
        "| f0 | f0 | object | A. |",
    ],
)
def test_a_long_table_is_read_in_time_that_grows_with_its_length(row: str) -> None:
    def seconds(rows: int) -> float:
        table = "| | a | object | A. |\n" + "\n".join(row.replace("{}", str(number)) for number in range(rows))
        start = time.process_time()
        _read(table, '{"a": {"b": 1}}')
        return time.process_time() - start

    seconds(100)
    assert seconds(8000) < 20 * max(seconds(1000), 0.02)
