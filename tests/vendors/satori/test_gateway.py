"""Satori's server-event endpoint answers as its gRPC gateway does: codes, protobuf's messages, field spellings."""

from __future__ import annotations

import base64
from typing import Any

import httpx2
import pytest

from tests.support.harness import SATORI, Server, basic, marks

WHEN = "2025-07-15T12:00:00.00Z"


def batch(**fields: Any) -> dict[str, Any]:
    """A batch of one event, complete but for what `fields` say."""
    return {"events": [{"name": "levelCompleted", "timestamp": WHEN, **fields}]}


def send(server: Server, content: str | bytes, authorization: str | None) -> httpx2.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return server.client.post(SATORI.path, content=content, headers={"Content-Type": "application/json", **headers})


def failed(response: httpx2.Response, status: int, code: int) -> str:
    """The message of a failure, whose status and gRPC code are checked."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert body.keys() == {"code", "message"}
    assert response.headers["content-type"] == "application/json"
    return str(body["message"])


def test_a_batch_is_answered_with_the_empty_message(server: Server, key: str) -> None:
    response = server.post(SATORI, key)
    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["content-type"] == "application/json"


def test_an_empty_batch_is_accepted(server: Server, key: str) -> None:
    assert server.post(SATORI, key, json={"events": []}).status_code == 200


def test_the_password_is_ignored(server: Server, key: str) -> None:
    response = server.client.post(SATORI.path, json=SATORI.body, headers={"Authorization": basic(key, "whatever")})
    assert response.status_code == 200
    assert server.last(SATORI, key)["status"] == 200


@pytest.mark.parametrize("authorization", [None, basic(""), basic("", "password"), ""])
def test_a_missing_key_is_401_and_repeated_in_www_authenticate(server: Server, authorization: str | None) -> None:
    response = send(server, b'{"events": []}', authorization)
    message = failed(response, 401, 16)
    assert response.headers["www-authenticate"] == message == "API key required"


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(basic("invalid-key"), id="known as bad"),
        pytest.param(basic("kéy"), id="not ASCII"),
        pytest.param(basic("two words"), id="with a space"),
        pytest.param(basic("key").replace("Basic", "basic"), id="scheme in lower case"),
        pytest.param(basic("key").replace("Basic", "BASIC"), id="scheme in upper case"),
        pytest.param("Basic", id="scheme alone"),
        pytest.param("Basic !!!", id="not base64"),
        pytest.param("Basic a2V5", id="without a colon"),
        pytest.param("Basic /////w==", id="not UTF-8"),
        pytest.param("Bearer key", id="another scheme"),
        pytest.param("key", id="without a scheme"),
    ],
)
def test_a_bad_credential_is_401_and_repeated_in_www_authenticate(server: Server, authorization: str) -> None:
    response = send(server, b'{"events": []}', authorization)
    message = failed(response, 401, 16)
    assert response.headers["www-authenticate"] == message == "API key invalid"


def test_a_key_without_a_colon_breaks_the_contract(server: Server, key: str) -> None:
    encoded = base64.b64encode(key.encode()).decode()
    send(server, b'{"events": []}', f"Basic {encoded}")
    (violation,) = server.last(SATORI, key)["violations"]
    assert violation["rule"] == "security"
    assert violation["message"] == "header Authorization does not hold Basic credentials"


@pytest.mark.parametrize("authorization", [None, basic("invalid-key"), "Bearer key"])
def test_malformed_json_is_found_before_the_credential(server: Server, authorization: str | None) -> None:
    message = failed(send(server, b'{"events": [', authorization), 400, 3)
    assert message.startswith("proto: syntax error (line 1:")


@pytest.mark.parametrize("authorization", [None, basic("invalid-key")])
def test_a_wrong_type_is_found_before_the_credential(server: Server, authorization: str | None) -> None:
    message = failed(send(server, b'{"events": [{"value": 3}]}', authorization), 400, 3)
    assert message == "proto: (line 1:23): invalid value for string field value: 3"


def test_the_credential_is_found_before_a_missing_field(server: Server) -> None:
    assert failed(send(server, b'{"events": [{}]}', basic("invalid-key")), 401, 16) == "API key invalid"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            '{"events": [{"name": "a", "timestamp": "2025-07-15T12:00:00Z", "value": 3}]}',
            "proto: (line 1:73): invalid value for string field value: 3",
            id="number for a string",
        ),
        pytest.param(
            '{\n  "events": [\n    {"value": {"a": 1}}\n  ]\n}',
            "proto: (line 3:15): invalid value for string field value: {",
            id="object for a string, on its own line",
        ),
        pytest.param(
            '{"events": [{"identity_id": true}]}',
            "proto: (line 1:29): invalid value for string field identityId: true",
            id="boolean for a string, by its JSON name",
        ),
        pytest.param(
            '{"events": [{"metadata": {"amount": 20}}]}',
            "proto: (line 1:37): invalid value for string field value: 20",
            id="number in metadata, a map's field being called value",
        ),
        pytest.param(
            '{"events": [{"metadata": {"ключ": "ü", "amount": 20}}]}',
            "proto: (line 1:50): invalid value for string field value: 20",
            id="columns count characters",
        ),
        pytest.param(
            '{"events": [{"sessionIssuedAt": "soon"}]}',
            'proto: (line 1:33): invalid value for int64 field sessionIssuedAt: "soon"',
            id="text for an int64",
        ),
        pytest.param(
            '{"events": [{"session_expires_at": 1.5}]}',
            "proto: (line 1:36): invalid value for int64 field sessionExpiresAt: 1.5",
            id="fraction for an int64",
        ),
        pytest.param(
            '{"events": [{"timestamp": "yesterday"}]}',
            'proto: (line 1:27): invalid google.protobuf.Timestamp value "yesterday"',
            id="no timestamp",
        ),
        pytest.param(
            '{"events": {"name": "a"}}',
            "proto: syntax error (line 1:12): unexpected token {",
            id="object for the list",
        ),
        pytest.param(
            '{"events": "none"}', 'proto: syntax error (line 1:12): unexpected token "none"', id="text for the list"
        ),
        pytest.param(
            '{"events": [3]}', "proto: syntax error (line 1:13): unexpected token 3", id="number for an event"
        ),
        pytest.param("[]", "proto: syntax error (line 1:1): unexpected token [", id="list for the batch"),
    ],
)
def test_protobuf_says_what_and_where(server: Server, key: str, content: str, message: str) -> None:
    said = failed(send(server, content.encode(), basic(key)), 400, 3)
    assert said.startswith(message)  # of an object or list, protobuf shows only the bracket


@pytest.mark.parametrize(
    "names", ["identity_id identityId", "session_id sessionId", "session_issued_at sessionIssuedAt"], ids=str.split
)
def test_both_spellings_of_a_field_at_once_are_refused(server: Server, key: str, names: str) -> None:
    response = server.post(SATORI, key, json=batch(**dict.fromkeys(names.split(), "1")))
    assert "duplicate field" in failed(response, 400, 3)


def test_a_repeated_member_is_refused(server: Server, key: str) -> None:
    message = failed(send(server, b'{"events": [], "events": []}', basic(key)), 400, 3)
    assert 'duplicate field "events"' in message


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"identity_id": "i", "session_id": "s", "session_expires_at": "1"}, id="snake_case"),
        pytest.param({"identityId": "i", "sessionId": "s", "sessionExpiresAt": "1"}, id="lowerCamelCase"),
        pytest.param({"session_issued_at": 1752577200}, id="int64 as a number"),
        pytest.param({"session_issued_at": "1752577200"}, id="int64 as text"),
        pytest.param({"session_issued_at": "-9223372036854775808"}, id="least int64"),
        pytest.param({"sessionIssuedAt": 9223372036854775807}, id="largest int64"),
        pytest.param({"value": None, "metadata": None, "id": None, "sessionExpiresAt": None}, id="null is unset"),
        pytest.param({"value": "", "id": "", "identity_id": ""}, id="empty text is unset"),
        pytest.param({"timestamp": "2025-07-15T12:00:00+02:00"}, id="offset"),
        pytest.param({"timestamp": "2025-07-15T12:00:00.123456789Z"}, id="nine fraction digits"),
    ],
)
def test_accepted_forms_of_an_event(server: Server, key: str, fields: dict[str, Any]) -> None:
    response = server.post(SATORI, key, json=batch(**fields))
    assert response.status_code == 200, response.text
    exchange = server.last(SATORI, key)
    assert (exchange["verdict"], exchange["violations"]) == ("valid", [])


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"session_issued_at": 9223372036854775808}, id="int64 beyond the largest"),
        pytest.param({"session_issued_at": "9223372036854775808"}, id="int64 text beyond the largest"),
        pytest.param({"session_issued_at": True}, id="boolean for an int64"),
        pytest.param({"session_issued_at": "1\n"}, id="int64 text with a line feed"),
        pytest.param({"timestamp": "2025-07-15T12:00:00.1234567890Z"}, id="ten fraction digits"),
        pytest.param({"timestamp": "2025-07-15t12:00:00z"}, id="lower case t and z"),
        pytest.param({"timestamp": "2025-07-15 12:00:00Z"}, id="a space for the T"),
        pytest.param({"timestamp": "2025-07-15T12:00:00"}, id="without an offset"),
        pytest.param({"timestamp": "2025-02-30T12:00:00Z"}, id="a day that is none"),
        pytest.param({"timestamp": 1752577200}, id="timestamp as a number"),
        pytest.param({"metadata": {"a": None}}, id="null in metadata"),
        pytest.param({"metadata": {"²": 1, "³": 2}}, id="names that look like numbers"),
        pytest.param({"metadata": {"1" * 5000: 1, "2" * 5000: 2}}, id="names of 5000 digits"),
    ],
)
def test_refused_forms_of_an_event(server: Server, key: str, fields: dict[str, Any]) -> None:
    failed(server.post(SATORI, key, json=batch(**fields)), 400, 3)


@pytest.mark.parametrize("missing", ["name", "timestamp"])
def test_a_missing_name_or_timestamp_is_400(server: Server, key: str, missing: str) -> None:
    body = batch()
    del body["events"][0][missing]
    assert failed(server.post(SATORI, key, json=body), 400, 3) == f"events[0].{missing}: is required"
    assert marks(server.last(SATORI, key)["violations"]) == [(f"/events/0/{missing}", "required")]


def test_an_empty_name_counts_as_unset(server: Server, key: str) -> None:
    failed(server.post(SATORI, key, json=batch(name="")), 400, 3)


def test_unknown_fields_are_dropped(server: Server, key: str) -> None:
    assert server.post(SATORI, key, json=batch(colour="red")).status_code == 200
    exchange = server.last(SATORI, key)
    assert (exchange["verdict"], exchange["warnings"]) == ("valid", [])


def test_the_tables_session_expired_at_is_dropped_with_a_warning(server: Server, key: str) -> None:
    assert server.post(SATORI, key, json=batch(session_expired_at="1752663600")).status_code == 200
    (warning,) = server.last(SATORI, key)["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/events/0/session_expired_at", "spelling")
    assert "session_expires_at" in warning["message"]


def test_the_content_type_is_not_enforced(server: Server, key: str) -> None:
    response = server.post(SATORI, key, content=b'{"events": []}', headers={"Content-Type": "text/plain"})
    assert response.status_code == 200
    assert marks(server.last(SATORI, key)["warnings"]) == [("", "content-type")]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_wrong_method_is_501_code_12(server: Server, key: str, method: str) -> None:
    response = server.client.request(method, SATORI.path, headers=SATORI.headers(key))
    assert failed(response, 501, 12) == "Method Not Allowed"
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("status", "code"), [(400, 3), (401, 16), (403, 7), (404, 5), (429, 8), (500, 13), (501, 12), (503, 14)]
)
def test_every_gateway_status_has_its_grpc_code(server: Server, key: str, status: int, code: int) -> None:
    failed(server.post(SATORI, key, headers={"Prefer": f"code={status}"}), status, code)


def test_a_body_over_the_siblings_limit_is_400_when_observed(observed: Server, key: str) -> None:
    largest = b'{"events": []}'.ljust(262_144)
    assert observed.post(SATORI, key, content=largest).status_code == 200
    message = failed(observed.post(SATORI, key, content=largest + b" "), 400, 3)
    assert message == "http: request body too large"


def test_an_incomplete_event_does_not_fail_the_batch_when_observed(observed: Server, key: str) -> None:
    assert observed.post(SATORI, key, json={"events": [{"value": "3"}]}).status_code == 200
    assert observed.last(SATORI, key)["verdict"] == "invalid"
