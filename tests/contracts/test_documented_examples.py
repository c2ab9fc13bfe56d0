"""Every documented example is sent or checked against the contract; those that contradict their page are listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.contracts import packaged_schemas
from tests.support.harness import BY_ID, Server, breaches, marks, response_validator

FIXTURES = packaged_schemas().parent / "fixtures"

Marks = list[tuple[str, str]]

PLACEHOLDERS = "a placeholder stands where the table wants one of its values"
_SEARCHLESS: Marks = [
    ("/data/attributes/query/audience_filters/segments/0/segment_id", "format"),
    ("/data/attributes/query/query/data_source", "required"),
    ("/data/attributes/query/query/search", "required"),
]
_PLACEHELD: Marks = [
    ("/data/attributes/enforced_execution_type", "enum"),
    ("/data/attributes/query/audience_filters/segments/0/segment_id", "format"),
    ("/data/attributes/query/group_by/0/sort/order", "enum"),
]

CONTRADICTING_REQUESTS: dict[str, tuple[str, Marks]] = {
    "datadog/CreateEventV2/request.sample-change-event.json": (
        "its timestamp is of 2020, and the page takes none older than 18 hours",
        [("/data/attributes/timestamp", "time-window")],
    ),
    "datadog/QueryProductAnalyticsScalar/request.example-1.json": (f"{PLACEHOLDERS}, and a uuid is empty", _PLACEHELD),
    "datadog/QueryProductAnalyticsScalar/request.sample-curl.json": (
        "its query is empty where one of two forms is wanted, and a uuid is empty",
        _SEARCHLESS,
    ),
    "datadog/QueryProductAnalyticsTimeseries/request.example-1.json": (
        f"{PLACEHOLDERS}, and a uuid is empty",
        _PLACEHELD,
    ),
    "datadog/QueryProductAnalyticsTimeseries/request.sample-curl.json": (
        "besides, its compute has no interval, which the page says a timeseries needs",
        [_SEARCHLESS[0], ("/data/attributes/query/compute/interval", "required"), *_SEARCHLESS[1:]],
    ),
}
"""Example request → why its page contradicts it, and the violations that it therefore has."""

_UNIT = ["/id type", "/scale_factor type"]

CONTRADICTING_RESPONSES: dict[str, tuple[str, list[str]]] = {
    "datadog/CreateEventV1/response.202.json": (
        "the names of types stand for numbers",
        ["/event/date_happened type", "/event/id type"],
    ),
    "datadog/QueryProductAnalyticsScalar/response.200.json": (
        "the names of types stand for values",
        [
            *(f"/data/attributes/columns/0/meta/unit/0{place}" for place in _UNIT),
            "/data/attributes/columns/0/type enum",
            "/data/type enum",
            "/meta/status enum",
        ],
    ),
    "datadog/QueryProductAnalyticsTimeseries/response.200.json": (
        "the names of types stand for values",
        [
            "/data/attributes/intervals/0/milliseconds type",
            "/data/attributes/intervals/0/start_time type",
            "/data/attributes/series/0/query_index type",
            *(f"/data/attributes/series/0/unit/0{place}" for place in _UNIT),
            "/data/type enum",
            "/meta/status enum",
        ],
    ),
}
"""Example response → why it contradicts its own table, and where."""


def examples(kind: str) -> list[str]:
    """The documented examples of a kind, as paths below the fixtures: vendor/operation/file."""
    return sorted(path.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob(f"*/*/{kind}.*.json"))


def read(example: str) -> object:
    return json.loads((FIXTURES / example).read_text("utf-8"))


@pytest.mark.parametrize("example", examples("request"))
def test_a_documented_request_gets_its_documented_answer(server: Server, key: str, example: str) -> None:
    vendor, name, _ = example.split("/")
    operation = BY_ID[name]
    _, contradictions = CONTRADICTING_REQUESTS.get(example, ("", []))

    response = server.post(operation, key, json=read(example))

    assert response.status_code == (400 if contradictions else operation.success), response.text
    validator = response_validator(server.contract(vendor), operation.path, response.status_code)
    assert breaches(validator, response.json()) == []
    exchange = server.last(operation, key)
    assert marks(exchange["violations"]) == contradictions
    assert exchange["warnings"] == []


@pytest.mark.parametrize("example", examples("response"))
def test_a_documented_response_fits_its_schema(server: Server, example: str) -> None:
    vendor, name, file = example.split("/")
    status = int(file.split(".")[1])
    validator = response_validator(server.contract(vendor), BY_ID[name].path, status)
    _, contradictions = CONTRADICTING_RESPONSES.get(example, ("", []))
    assert breaches(validator, read(example)) == contradictions


def test_every_operation_has_a_documented_request() -> None:
    assert {Path(example).parent.name for example in examples("request")} == BY_ID.keys()


def test_every_listed_contradiction_is_of_an_example_that_exists() -> None:
    assert CONTRADICTING_REQUESTS.keys() <= set(examples("request"))
    assert CONTRADICTING_RESPONSES.keys() <= set(examples("response"))
