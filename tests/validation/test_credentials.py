"""Which credentials are taken, what account each one opens, and that none is ever shown whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.documents import document, serve
from tests.support.harness import (
    PRODLYTICS,
    SATORI,
    SCALAR,
    SUPALYTICS,
    TIMESERIES,
    V1,
    V2,
    Operation,
    Server,
    basic,
    each_datadog_operation,
    each_of,
    each_operation,
    marks,
    serving,
)

pytestmark = pytest.mark.socket

FORBIDDEN = {"status": "error", "code": 403, "errors": ["Forbidden"]}


@each_operation
def test_any_key_works_and_has_an_account_of_its_own(server: Server, key: str, operation: Operation) -> None:
    for name in (f"{key}-1", f"{key}-2"):
        assert server.post(operation, name).status_code == operation.success
    for name in (f"{key}-1", f"{key}-2"):
        assert [exchange["operation"] for exchange in server.journal(operation, name)] == [operation.id]


@each_operation
def test_a_key_that_begins_with_invalid_is_a_known_bad_one(server: Server, key: str, operation: Operation) -> None:
    response = server.post(operation, f"invalid{key}")
    assert response.status_code == (403 if operation.vendor == "datadog" else 401)
    assert server.last(operation, f"invalid{key}")["status"] == response.status_code


@each_datadog_operation
@pytest.mark.parametrize("header", ["DD-API-KEY", "dd-api-key", "Dd-Api-Key"])
def test_the_case_of_a_header_name_does_not_matter(server: Server, key: str, operation: Operation, header: str) -> None:
    headers = {header: key, "dd-application-KEY": "app"}
    response = server.client.post(operation.path, json=operation.body, headers=headers)
    assert response.status_code == operation.success


@each_datadog_operation
@pytest.mark.parametrize("value", [None, ""], ids=["none", "empty"])
def test_an_empty_key_is_a_missing_one(server: Server, operation: Operation, value: str | None) -> None:
    headers = {} if value is None else {"DD-API-KEY": value, "DD-APPLICATION-KEY": "app"}
    response = server.client.post(operation.path, json=operation.body, headers=headers)
    assert response.status_code == (401 if operation is PRODLYTICS else 403)
    exchange = server.last(operation, None)
    assert exchange["account"] == "anonymous"
    assert ("", "security") in marks(exchange["violations"])
    assert exchange["violations"][0]["parameter"] == "DD-API-KEY"


@pytest.mark.parametrize("spoilt", ["ké", "two words"])
def test_a_key_that_is_not_well_formed_is_forbidden(server: Server, spoilt: str) -> None:
    headers = {b"DD-API-KEY": spoilt.encode("latin-1")}
    assert server.client.post(PRODLYTICS.path, json=PRODLYTICS.body, headers=headers).status_code == 403


def test_the_api_host_tells_a_missing_key_from_a_bad_one(server: Server) -> None:
    missing = server.client.post(V1.path, json=V1.body)
    bad = server.client.post(V1.path, json=V1.body, headers={"DD-API-KEY": "invalid"})
    assert (missing.status_code, missing.json()) == (403, {"errors": ["API key required"]})
    assert (bad.status_code, bad.json()) == (403, {"errors": ["Forbidden"]})


def test_the_intake_host_says_one_sentence_for_both(server: Server) -> None:
    for headers in ({}, {"DD-API-KEY": "invalid"}):
        (error,) = server.client.post(V2.path, json=V2.body, headers=headers).json()["errors"]
        assert (error["status"], error["title"]) == ("403", "Forbidden")
        assert error["detail"] == "API key is missing or invalid"


def test_a_bad_key_has_the_recorded_envelope_when_observed(observed: Server) -> None:
    answer = observed.client.post(V1.path, json=V1.body, headers={"DD-API-KEY": "invalid"})
    assert answer.status_code == 403
    assert answer.json() == {
        **FORBIDDEN,
        "statuspage": "http://status.datadoghq.com",
        "twitter": "http://twitter.com/datadogops",
        "email": "support@datadoghq.com",
    }


def test_events_v1_takes_the_key_in_the_query(server: Server, key: str) -> None:
    assert server.client.post(V1.path, json=V1.body, params={"api_key": key}).status_code == 202
    exchange = server.last(V1, key)
    assert (exchange["status"], exchange["verdict"]) == (202, "valid")


def test_a_bad_key_in_the_query_is_forbidden(server: Server, key: str) -> None:
    response = server.client.post(V1.path, json=V1.body, params={"api_key": f"invalid-{key}"})
    assert response.status_code == 403


def test_an_empty_header_leaves_the_word_to_the_query(server: Server, key: str) -> None:
    response = server.client.post(V1.path, json=V1.body, params={"api_key": key}, headers={"DD-API-KEY": ""})
    assert response.status_code == 202
    assert server.last(V1, key)["status"] == 202


def test_a_key_in_the_query_counts_for_its_own_request_only(server: Server, key: str) -> None:
    headers = {"X-Sender": key}
    sent = [
        server.client.post(V1.path, json=V1.body, params=query, headers=headers) for query in ({"api_key": key}, {})
    ]
    assert [response.status_code for response in sent] == [202, 403]
    assert len(server.journal(V1, key)) == 1


def test_the_header_goes_before_the_query(server: Server, key: str) -> None:
    server.client.post(V1.path, json=V1.body, params={"api_key": f"{key}-2"}, headers={"DD-API-KEY": f"{key}-1"})
    assert len(server.journal(V1, f"{key}-1")) == 1
    assert server.journal(V1, f"{key}-2") == []


@each_of(V2, PRODLYTICS, SCALAR)
def test_other_operations_take_no_key_in_the_query(server: Server, key: str, operation: Operation) -> None:
    headers = {"DD-APPLICATION-KEY": "app"}
    response = server.client.post(operation.path, json=operation.body, params={"api_key": key}, headers=headers)
    assert response.status_code == (401 if operation is PRODLYTICS else 403)


@each_of(SCALAR, TIMESERIES)
@pytest.mark.parametrize("application", [None, "", "invalid-app"])
def test_analytics_needs_an_application_key(
    server: Server, key: str, operation: Operation, application: str | None
) -> None:
    headers = {"DD-API-KEY": key}
    if application is not None:
        headers["DD-APPLICATION-KEY"] = application
    response = server.client.post(operation.path, json=operation.body, headers=headers)
    assert (response.status_code, response.json()) == (403, {"errors": ["Forbidden"]})
    violations = server.last(operation, key)["violations"]
    parameters = [violation.get("parameter") for violation in violations]
    assert parameters == ([] if application else ["DD-APPLICATION-KEY"])


def test_events_v2_without_an_application_key_is_accepted_with_a_warning(server: Server, key: str) -> None:
    response = server.client.post(V2.path, json=V2.body, headers={"DD-API-KEY": key})
    assert response.status_code == 202
    exchange = server.last(V2, key)
    assert exchange["verdict"] == "valid"
    (warning,) = exchange["warnings"]
    assert (warning["rule"], warning["parameter"]) == ("security", "DD-APPLICATION-KEY")
    assert warning["evidence"]["kind"]


@each_of(V1, PRODLYTICS)
def test_other_operations_want_no_application_key(server: Server, key: str, operation: Operation) -> None:
    server.client.post(operation.path, json=operation.body, headers={"DD-API-KEY": key})
    exchange = server.last(operation, key)
    assert (exchange["status"], exchange["warnings"]) == (operation.success, [])


def test_the_same_credential_at_two_vendors_opens_two_accounts(server: Server, key: str) -> None:
    server.post(V1, key)
    server.post(SATORI, key)
    both = server.control("/requests", account=key)["requests"]
    assert [exchange["vendor"] for exchange in both] == ["datadog", "satori"]
    assert [exchange["operation"] for exchange in server.journal(SATORI, key)] == ["ServerEvent"]


def test_a_settings_file_can_name_the_accepted_keys(tmp_path: Path) -> None:
    settings = tmp_path / "mockserver.yaml"
    settings.write_text("accepted_keys:\n  datadog: [good, invalid-but-listed]\n  supalytics: [sly_good]\n")
    with serving("--config", str(settings)) as server:
        assert server.post(V1, "good").status_code == 202
        assert server.post(V1, "invalid-but-listed").status_code == 202
        assert server.post(V1, "other").status_code == 403
        assert server.post(V1, "goo").status_code == 403
        assert server.post(SUPALYTICS, "good").status_code == 200
        assert server.post(SUPALYTICS, "other").status_code == 401
        assert server.post(SATORI, "whatever").status_code == 200


SHOWINGS: dict[str, Callable[[str], dict[str, Any]]] = {
    "header": lambda secret: {"headers": {"DD-API-KEY": secret, "DD-APPLICATION-KEY": f"{secret}-app"}},
    "refused header": lambda secret: {"headers": {"DD-API-KEY": f"invalid-{secret}"}},
    "query": lambda secret: {"params": {"api_key": secret}},
    "query with its name escaped": lambda secret: {"url": f"{V1.path}?api%5Fkey={secret}"},
    "query with more around": lambda secret: {"params": {"a": "b", "api_key": secret, "application_key": secret}},
    "basic": lambda secret: {"url": SATORI.path, "headers": {"Authorization": basic(secret)}},
    "basic with a password": lambda secret: {"url": SATORI.path, "headers": {"Authorization": basic("k", secret)}},
    "bearer": lambda secret: {"url": SUPALYTICS.path, "headers": {"Authorization": f"Bearer sly_{secret}"}},
    "without a scheme": lambda secret: {"url": SUPALYTICS.path, "headers": {"Authorization": f"sly_{secret}"}},
    "before a scheme": lambda secret: {"url": SUPALYTICS.path, "headers": {"Authorization": f"sly_{secret} Bearer"}},
    "unknown path": lambda secret: {"url": "/api/v9/nothing", "headers": {"DD-API-KEY": secret}},
    "wrong method": lambda secret: {"method": "PUT", "headers": {"DD-API-KEY": secret}},
}


@pytest.mark.parametrize("showing", SHOWINGS)
def test_no_credential_is_shown_whole(server: Server, key: str, showing: str) -> None:
    """Neither by the log, nor a list of requests, nor an exchange, nor an answer."""
    request = {"method": "POST", "url": V1.path, "json": V1.accepted, **SHOWINGS[showing](key)}
    response = server.client.request(**request)
    listing = server.client.get("/__admin/requests")
    newest = listing.json()["requests"][-1]
    exchange = server.client.get(f"/__admin/requests/{newest['id']}")
    assert exchange.json()["request"]["headers"]
    hidden = (key, basic(key).removeprefix("Basic "), basic("k", key).removeprefix("Basic "))
    for text in (response.text, listing.text, exchange.text, server.log):
        assert not any(secret in text for secret in hidden)


def test_an_account_can_be_named_by_the_label_that_is_shown(server: Server, key: str) -> None:
    server.post(V1, key)
    label = server.last(V1, key)["account"]
    assert label.startswith(key[:4])
    assert key not in label
    assert [each["account"] for each in server.control("/requests", account=label)["requests"]] == [label]


def test_a_key_in_authorization_may_come_with_a_scheme(tmp_path: Path) -> None:
    schemes = {"jwt": {"type": "apiKey", "in": "header", "name": "Authorization"}}
    written = document({"/me": {"get": {"security": [{"jwt": []}]}}}, securitySchemes=schemes)
    with serve(tmp_path, written) as server:
        statuses = [
            httpx2.get(f"{server.url}/me", headers=headers, trust_env=False).status_code
            for headers in ({"authorization": "Bearer key"}, {"authorization": "key"}, {})
        ]
    assert statuses == [200, 200, 401]
