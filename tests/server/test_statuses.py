"""Every documented (operation, status) pair is answered by some request, with a body that fits the contract."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mockserver.vendors.contracts import load_contracts
from tests.support.harness import (
    BY_ID,
    OPERATIONS,
    PRODLYTICS,
    PROFILES,
    VENDORS,
    Operation,
    Server,
    breaches,
    each_operation,
    marks,
    response_validator,
)

pytestmark = pytest.mark.socket

PAIRS = [
    pytest.param(profile, operation.id, status, id=f"{profile}-{operation.id}-{status}")
    for profile in PROFILES
    for operation in load_contracts(None, (), profile).operations
    for status in sorted(operation.responses)
]


@pytest.fixture
def serving_profile(request: pytest.FixtureRequest, profile: str) -> Server:
    """The server of the profile that a test is parametrised with."""
    running: Server = request.getfixturevalue("observed" if profile == "observed" else "server")
    return running


def provoke(server: Server, operation: Operation, status: int, key: str) -> httpx2.Response:
    """A request that gets a status for what it is, or asks for it where only trouble at the vendor could cause it."""
    if status == operation.success:
        return server.post(operation, key)
    if status == 400:
        return server.post(operation, key, content=b"{")
    if status == 401:
        return server.client.post(operation.path, json=operation.body)
    if status == 403 and operation.vendor == "datadog":
        return server.post(operation, f"invalid-{key}")
    if status == 413:
        return server.post(operation, key, content=b" " * 5_000_001)
    if status == 501:
        return server.client.put(operation.path, json=operation.body)
    return server.post(operation, key, headers={"Prefer": f"code={status}"})


def fits(server: Server, operation: Operation, response: httpx2.Response) -> None:
    """Check a response against the served contract: content type and body."""
    document = server.contract(operation.vendor)
    documented = document["paths"][operation.path]["post"]["responses"][str(response.status_code)]["content"]
    assert response.headers["content-type"] in documented
    assert breaches(response_validator(document, operation.path, response.status_code), response.json()) == []


@pytest.mark.parametrize(("profile", "name", "status"), PAIRS)
def test_a_documented_status_is_produced(serving_profile: Server, key: str, name: str, status: int) -> None:
    response = provoke(serving_profile, BY_ID[name], status, key)
    assert response.status_code == status
    fits(serving_profile, BY_ID[name], response)


@pytest.mark.parametrize(("profile", "name", "status"), PAIRS)
def test_a_documented_status_is_answered_when_asked_for(
    serving_profile: Server, key: str, name: str, status: int
) -> None:
    operation = BY_ID[name]
    response = serving_profile.post(operation, key, headers={"Prefer": f"code={status}"})
    assert response.status_code == status
    assert response.headers["preference-applied"] == f"code={status}"
    fits(serving_profile, operation, response)
    exchange = serving_profile.last(operation, key)
    assert (exchange["status"], exchange["verdict"]) == (status, "valid")


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_served_contract_documents_the_operations(server: Server, vendor: str) -> None:
    document: dict[str, Any] = server.contract(vendor)
    served = {(path, item["post"]["operationId"]) for path, item in document["paths"].items()}
    assert served == {(each.path, each.id) for each in OPERATIONS if each.vendor == vendor}


@each_operation
@pytest.mark.parametrize("asked", [204, 418, 502])
def test_an_undocumented_status_is_ignored_with_a_warning(
    server: Server, key: str, operation: Operation, asked: int
) -> None:
    response = server.post(operation, key, headers={"Prefer": f"code={asked}"})
    assert response.status_code == operation.success
    assert "preference-applied" not in response.headers
    exchange = server.last(operation, key)
    assert exchange["verdict"] == "valid"
    assert marks(exchange["warnings"]) == [("", "prefer")]
    assert str(asked) in exchange["warnings"][0]["message"]


@pytest.mark.parametrize(
    "prefer", ['code="429"', "CODE=429", "return=minimal, code=429", "code=429; strict", "code=429, code=500"]
)
def test_the_forms_of_rfc_7240_are_read(server: Server, key: str, prefer: str) -> None:
    assert server.post(PRODLYTICS, key, headers={"Prefer": prefer}).status_code == 429


@pytest.mark.parametrize("prefer", ["code", "code=", "code=4", "code=abc", "code=4290", "respond-async", "", "=429"])
def test_preferences_that_are_none_of_ours_are_ignored(server: Server, key: str, prefer: str) -> None:
    response = server.post(PRODLYTICS, key, headers={"Prefer": prefer})
    assert response.status_code == PRODLYTICS.success
    assert server.last(PRODLYTICS, key)["warnings"] == []


def test_success_that_is_asked_for_does_not_hide_a_broken_body(server: Server, key: str) -> None:
    response = server.post(PRODLYTICS, key, json={}, headers={"Prefer": "code=202"})
    assert response.status_code == 400
    assert "preference-applied" not in response.headers
