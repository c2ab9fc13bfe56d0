"""Supalytics' events endpoint: the documented success, and the failures in the one envelope that we assume."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.support.harness import SUPALYTICS, Server, marks


def failed(response: httpx2.Response, status: int, code: str) -> str:
    """The message of a failure, whose status and code are checked."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    return str(error["message"])


def authorized(server: Server, authorization: str | None) -> httpx2.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return server.client.post(SUPALYTICS.path, json=SUPALYTICS.body, headers=headers)


def test_an_event_is_answered_with_success(server: Server, key: str) -> None:
    response = server.post(SUPALYTICS, key)
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_have_any_case(server: Server, key: str, scheme: str) -> None:
    assert authorized(server, f"{scheme} sly_{key}").status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="scheme alone"),
        pytest.param("Bearer sly_", id="prefix alone"),
        pytest.param("Bearer key", id="without the prefix"),
        pytest.param("Bearer SLY_key", id="prefix in upper case"),
        pytest.param("sly_key", id="without a scheme"),
        pytest.param("Basic c2x5X2tleTo=", id="another scheme"),
        pytest.param("Bearer sly_two words", id="with a space"),
        pytest.param("Bearer sly_invalid", id="known as bad"),
        pytest.param("Bearer invalid", id="known as bad, without the prefix"),
    ],
)
def test_a_missing_or_bad_key_is_401(server: Server, authorization: str | None) -> None:
    assert failed(authorized(server, authorization), 401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "places"),
    [
        pytest.param({}, [("/name", "required")], id="no name"),
        pytest.param({"name": 3}, [("/name", "type")], id="name no text"),
        pytest.param({"name": "Sign Up"}, [("/name", "pattern")], id="name with capitals"),
        pytest.param({"name": "a", "visitor_id": 3}, [("/visitor_id", "type")], id="visitor no text"),
        pytest.param({"name": "a", "metadata": []}, [("/metadata", "type")], id="metadata no object"),
        pytest.param(
            {"metadata": {"b": {}, "a": "x" * 256}},
            [("/metadata/a", "maxLength"), ("/name", "required")],
            id="everything at once",
        ),
    ],
)
def test_a_broken_body_is_400_and_names_every_place(
    server: Server, key: str, body: Any, places: list[tuple[str, str]]
) -> None:
    message = failed(server.post(SUPALYTICS, key, json=body), 400, "invalid_request")
    assert marks(server.last(SUPALYTICS, key)["violations"]) == places
    assert all(place in message for place, _ in places)


def test_the_credential_is_found_before_the_body(server: Server) -> None:
    response = server.client.post(SUPALYTICS.path, content=b"{", headers={"Authorization": "Bearer sly_invalid"})
    failed(response, 401, "unauthorized")


def test_malformed_json_is_400(server: Server, key: str) -> None:
    failed(server.post(SUPALYTICS, key, content=b'{"name": '), 400, "invalid_request")


@pytest.mark.parametrize("metadata", [{"amount": 29}, {"amount": 29.5}, {"paid": True}, {"plan": None}, {"a": ""}, {}])
def test_metadata_takes_plain_values(server: Server, key: str, metadata: dict[str, Any]) -> None:
    assert server.post(SUPALYTICS, key, json={"name": "a", "metadata": metadata}).status_code == 200


def test_a_misspelt_optional_field_is_accepted_with_a_warning(server: Server, key: str) -> None:
    assert server.post(SUPALYTICS, key, json={"name": "a", "visitorId": "v"}).status_code == 200
    (warning,) = server.last(SUPALYTICS, key)["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/visitorId", "spelling")
    assert "visitor_id" in warning["message"]


def test_an_asked_for_429_has_the_assumed_envelope(server: Server, key: str) -> None:
    failed(server.post(SUPALYTICS, key, headers={"Prefer": "code=429"}), 429, "rate_limited")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_wrong_method_is_405_with_allow_as_a_problem_document(server: Server, key: str, method: str) -> None:
    response = server.client.request(method, SUPALYTICS.path, headers=SUPALYTICS.headers(key))
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 405
