"""Facts about all of Datadog's operations: keys, rate limits, envelopes, content codings."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import pytest
import zstandard

from tests.support.fact_finding import NOON, set_clock
from tests.support.harness import (
    DATADOG,
    PRODLYTICS,
    SCALAR,
    TIMESERIES,
    V1,
    V2,
    Operation,
    Server,
    each_datadog_operation,
    each_of,
    marks,
)
from tests.vendors.datadog.test_events_v1 import FORBIDDEN

API_HOST = (V1, SCALAR, TIMESERIES)
INTAKE = (V2, PRODLYTICS)
LIMITS = {"CreateEventV1": ("250000", "event_submission"), "CreateEventV2": ("250000", "event_submission")}


@each_datadog_operation
def test_the_key_is_the_header_dd_api_key(either: Server, key: str, operation: Operation) -> None:
    assert either.post(operation, key).status_code == operation.success
    assert either.last(operation, key)["status"] == operation.success


@each_of(V2, SCALAR, TIMESERIES)
def test_the_header_dd_application_key_goes_besides_it(server: Server, key: str, operation: Operation) -> None:
    response = server.client.post(operation.path, json=operation.body, headers={"DD-API-KEY": key})
    exchange = server.last(operation, key)
    place = exchange["warnings"] if operation is V2 else exchange["violations"]
    assert response.status_code == (202 if operation is V2 else 403)
    assert [(finding["rule"], finding["parameter"]) for finding in place] == [("security", "DD-APPLICATION-KEY")]


@each_datadog_operation
def test_an_empty_key_is_a_missing_one(either: Server, key: str, operation: Operation) -> None:
    empty = either.post(operation, key, headers={"DD-API-KEY": "", "DD-APPLICATION-KEY": ""})
    missing = either.client.post(operation.path, json=operation.body)
    assert (empty.status_code, empty.content) == (missing.status_code, missing.content)
    assert empty.status_code == (401 if operation is PRODLYTICS else 403)


@each_datadog_operation
def test_an_invalid_key_is_403(either: Server, operation: Operation) -> None:
    assert either.post(operation, "invalid").status_code == 403


@each_of(*API_HOST)
def test_the_api_host_answers_a_bad_key_with_its_envelope(observed: Server, operation: Operation) -> None:
    assert list(observed.post(operation, "invalid").json().items()) == list(FORBIDDEN.items())


@each_of(*API_HOST)
def test_the_api_host_answers_a_missing_key_with_api_key_required(either: Server, operation: Operation) -> None:
    assert either.client.post(operation.path, json=operation.body).json() == {"errors": ["API key required"]}


@each_of(SCALAR, TIMESERIES)
def test_the_app_level_answers_errors_only(either: Server, key: str, operation: Operation) -> None:
    response = either.post(operation, key, headers={"DD-APPLICATION-KEY": ""})
    assert (response.status_code, response.json()) == (403, {"errors": ["Forbidden"]})


@each_of(*INTAKE)
@pytest.mark.parametrize("headers", [{}, {"DD-API-KEY": "invalid"}], ids=["missing", "invalid"])
def test_intake_hosts_answer_keys_with_json_api_errors(
    either: Server, operation: Operation, headers: dict[str, str]
) -> None:
    response = either.client.post(operation.path, json=operation.body, headers=headers)
    (error,) = response.json()["errors"]
    status = str(response.status_code)
    told = {"status": status, "title": "Unauthorized" if status == "401" else "Forbidden"}
    assert {name: error[name] for name in ("status", "title", "detail")} == {
        **told,
        "detail": "API key is missing or invalid",
    }


@each_of(SCALAR, TIMESERIES)
def test_which_application_key_is_right_is_nobodys_business(either: Server, key: str, operation: Operation) -> None:
    for application_key in ("a", "b" * 40, "c-d"):
        response = either.post(operation, key, headers={"DD-APPLICATION-KEY": application_key})
        assert response.status_code == 200


def test_events_v2_without_an_application_key_is_accepted_with_a_warning(either: Server, key: str) -> None:
    response = either.client.post(V2.path, json=V2.body, headers={"DD-API-KEY": key})
    exchange = either.last(V2, key)
    assert (response.status_code, exchange["verdict"]) == (202, "valid")
    assert marks(exchange["warnings"]) == [("", "security")]


@each_of(SCALAR, TIMESERIES)
def test_rate_limit_headers_count_down_in_calendar_periods(either: Server, key: str, operation: Operation) -> None:
    set_clock(either, operation, key, NOON + 12.5)
    for sent in range(1, 4):
        headers = either.post(operation, key).headers
        found = {name: value for name, value in headers.items() if name.startswith("x-ratelimit")}
        assert found == {
            "x-ratelimit-limit": "12000",
            "x-ratelimit-period": "60",
            "x-ratelimit-remaining": str(12000 - sent),
            "x-ratelimit-reset": "48",
            "x-ratelimit-name": "global_org",
        }
    set_clock(either, operation, key, NOON + 60)
    assert either.post(operation, key).headers["x-ratelimit-remaining"] == "11999"


@each_datadog_operation
def test_a_429_has_the_rate_limit_headers_in_lower_case(either: Server, key: str, operation: Operation) -> None:
    set_clock(either, operation, key, NOON + 12.5)
    raw = either.post(operation, key, headers={"Prefer": "code=429"}).headers.raw
    limit, name = LIMITS.get(operation.id, ("12000", "global_org"))
    found = {name: value.decode() for name, value in raw if name.lower().startswith(b"x-ratelimit")}
    assert found == {
        b"x-ratelimit-limit": limit,
        b"x-ratelimit-period": "60",
        b"x-ratelimit-remaining": "0",
        b"x-ratelimit-reset": "1",
        b"x-ratelimit-name": name,
    }


@each_of(*API_HOST)
def test_the_429_of_the_api_host_names_requests_and_seconds(either: Server, key: str, operation: Operation) -> None:
    limit, _ = LIMITS.get(operation.id, ("12000", ""))
    response = either.post(operation, key, headers={"Prefer": "code=429"})
    message = f"Rate limit of {limit} requests in 60 seconds reached. Please try again later."
    assert (response.status_code, response.json()) == (429, {"errors": [message]})


@each_datadog_operation
def test_a_2xx_body_is_non_empty_json_with_a_json_content_type(either: Server, key: str, operation: Operation) -> None:
    response = either.post(operation, key)
    assert response.content
    assert isinstance(response.json(), dict)
    assert response.headers["content-type"] in ("application/json", "application/vnd.api+json")


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd1": zstandard.ZstdCompressor().compress,
}


@each_datadog_operation
@pytest.mark.parametrize("coding", CODINGS)
def test_clients_can_compress(either: Server, key: str, operation: Operation, coding: str) -> None:
    content = CODINGS[coding](json.dumps(operation.body).encode())
    response = either.post(operation, key, content=content, headers={"Content-Encoding": coding})
    assert response.status_code == operation.success
    assert either.last(operation, key)["verdict"] == "valid"


def test_every_operation_of_the_vendor_is_among_the_tested() -> None:
    tested = {operation.id for operation in (*API_HOST, *INTAKE)}
    assert tested == {operation.id for operation in DATADOG}
