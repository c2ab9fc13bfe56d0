"""Facts about Satori: protobuf's JSON, the gateway's errors, batches event by event, ids, sessions, the taxonomy."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from tests.support.fact_finding import call, events, outcomes
from tests.support.harness import SATORI, Server, basic, marks
from tests.support.satori import ACCEPTED, event, message, post, refused, send

pytestmark = pytest.mark.socket

# The transport


def test_success_is_200_and_the_empty_message(either: Server, key: str) -> None:
    response = either.post(SATORI, key)
    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["content-type"] == "application/json"


def test_malformed_json_with_a_bad_key_is_400_and_well_formed_json_401(either: Server) -> None:
    message(either.post(SATORI, "invalid", content=b'{"events": ['), 400, 3)
    message(either.post(SATORI, "invalid", content=b'{"events": []}'), 401, 16)


def test_on_401_www_authenticate_repeats_the_message(either: Server) -> None:
    response = either.post(SATORI, "invalid")
    assert response.headers["www-authenticate"] == message(response, 401, 16)


def test_the_password_is_ignored_and_the_prefix_is_case_sensitive(either: Server, key: str) -> None:
    for authorization, status in {
        basic(key, "password"): 200,
        basic(key).replace("Basic", "basic"): 401,
        basic(key).replace("Basic", "BASIC"): 401,
    }.items():
        headers = {"Authorization": authorization}
        assert either.client.post(SATORI.path, json=SATORI.body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("status", "code"), [(400, 3), (404, 5), (403, 7), (429, 8), (501, 12), (500, 13), (503, 14), (401, 16)]
)
def test_a_status_has_its_code_and_no_details(either: Server, key: str, status: int, code: int) -> None:
    message(either.post(SATORI, key, headers={"Prefer": f"code={status}"}), status, code)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_501_code_12(either: Server, key: str, method: str) -> None:
    response = either.client.request(method, SATORI.path, headers=SATORI.headers(key))
    assert message(response, 501, 12) == "Method Not Allowed"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_comes_in_seconds(either: Server, key: str, status: int) -> None:
    fault = {"operation": SATORI.id, "status": status, "retry_after": 7, "times": 1}
    assert call(either, "POST", "/faults", key, fault).status_code == 201
    response = either.post(SATORI, key)
    assert (response.status_code, response.headers["retry-after"]) == (status, "7")


def test_a_body_over_262144_bytes_is_400_when_observed(observed: Server, server: Server, key: str) -> None:
    largest = b'{"events": []}'.ljust(262_144)
    assert observed.post(SATORI, key, content=largest).status_code == 200
    assert message(observed.post(SATORI, key, content=largest + b" "), 400, 3) == "http: request body too large"
    assert message(observed.post(SATORI, "invalid", content=largest + b" "), 400, 3)
    assert server.post(SATORI, key, content=largest + b" ").status_code == 200


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_gzip_and_deflate_are_accepted(either: Server, key: str, coding: str, pack: Any) -> None:
    content = pack(json.dumps({"events": [event(id="packed")]}).encode())
    assert either.post(SATORI, key, content=content, headers={"Content-Encoding": coding}).status_code == 200
    assert [one["id"] for one in events(either, SATORI, key)] == ["packed"]


def test_the_limit_is_of_the_decompressed_body(observed: Server, key: str) -> None:
    content = gzip.compress(b'{"events": []}'.ljust(262_145))
    response = observed.post(SATORI, key, content=content, headers={"Content-Encoding": "gzip"})
    assert message(response, 400, 3) == "http: request body too large"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_the_content_type_is_not_enforced(either: Server, key: str, kind: str) -> None:
    response = either.post(SATORI, key, content=json.dumps(SATORI.body), headers={"Content-Type": kind})
    assert response.status_code == 200


# protobuf's JSON


def test_snake_case_and_lower_camel_case_are_the_same_field(either: Server, key: str) -> None:
    send(either, key, event(identity_id="i", session_id="s"), event(identityId="i", sessionId="s"))
    found = [(one["identity"], one["session"]) for one in events(either, SATORI, key)]
    assert found == [("i", "s"), ("i", "s")]


@pytest.mark.parametrize("names", ["identity_id identityId", "session_expires_at sessionExpiresAt"])
def test_both_spellings_at_once_are_a_duplicate_field(either: Server, key: str, names: str) -> None:
    assert f'duplicate field "{names.split()[1]}"' in refused(either, key, **dict.fromkeys(names.split(), "1"))
    names = " ".join(reversed(names.split()))
    assert f'duplicate field "{names.split()[1]}"' in refused(either, key, **dict.fromkeys(names.split(), "1"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"events": [],\n "events": []}', '(line 2:2): duplicate field "events"'),
        ('{"events": [], "events"\n:\n[]}', '(line 1:16): duplicate field "events"'),
        ('{"ключ": 1, "events": [],"ev\\u0065nts":[]}', '(line 1:26): duplicate field "ev\\u0065nts"'),
        ('{"events": [{"a\\"": [{}], "a\\"": 2}]}', '(line 1:27): duplicate field "a\\""'),
        ('{"events": [{"name": "metadata"}, {"id": "a", "id": "b"}]}', '(line 1:47): duplicate field "id"'),
        ('{"events": [{"metadata": {"a": "1",\n"a": "2"}}]}', '(line 2:1): duplicate map key "a"'),
        (
            '{"events": [{"identityId": "a", "x": {"y": [1]},\n "identity_id": "b"}]}',
            '(line 2:2): duplicate field "identity_id"',
        ),
    ],
)
def test_a_duplicate_is_told_with_its_second_name_as_written(either: Server, key: str, content: str, said: str) -> None:
    assert message(either.post(SATORI, key, content=content.encode()), 400, 3) == f"proto: {said}"


def test_a_duplicate_at_the_end_of_a_large_body_takes_no_time(server: Server, key: str) -> None:
    content = b'{"a": [' + b"0," * 4_000_000 + b'0], "b": 1, "b": 2}'
    response = server.post(SATORI, key, content=content, timeout=5)
    assert message(response, 400, 3).endswith('duplicate field "b"')


@pytest.mark.parametrize("number", ["3.0", "1.50", "1e2", "1E+2", "-0", "12345678901234567890"])
def test_a_number_is_echoed_as_sent(either: Server, key: str, number: str) -> None:
    content = f'{{"events": [{{"value": {number}}}]}}'
    said = message(either.post(SATORI, key, content=content.encode()), 400, 3)
    assert said == f"proto: (line 1:23): invalid value for string field value: {number}"


@pytest.mark.parametrize("content", [b"", b" \r\n\t"])
def test_an_empty_body_is_an_empty_message(server: Server, observed: Server, key: str, content: bytes) -> None:
    assert message(server.post(SATORI, key, content=content), 400, 3) == "events: is required"
    assert marks(server.last(SATORI, key)["violations"]) == [("/events", "required")]
    assert observed.post(SATORI, key, content=content).status_code == 200
    assert message(observed.post(SATORI, "invalid", content=content), 401, 16)


@pytest.mark.parametrize("path", ["/v1/server-events", "/v1/", "/v1/a/b?c=d", "/v1/server-event/"])
def test_an_unknown_path_is_404_with_code_5(either: Server, key: str, path: str) -> None:
    response = either.client.post(path, json={}, headers=SATORI.headers(key))
    assert message(response, 404, 5) == "Not Found"
    exchange = either.journal(SATORI, key)[-1]
    assert (exchange["operation"], marks(exchange["violations"])) == (None, [("", "path")])


@pytest.mark.parametrize(
    ("path", "authorization"),
    [
        ("/v1/other", None),
        ("/v1/other", "Bearer sly_key"),
        ("/v1/other", "Basic !"),
        ("/v2/other", "basic"),
        ("/v1", ""),
    ],
)
def test_a_path_that_is_not_evidently_satoris_is_ours(either: Server, key: str, path: str, authorization: Any) -> None:
    authorization = basic(key) if authorization == "basic" else authorization
    response = either.client.post(path, json={}, headers={"Authorization": authorization} if authorization else {})
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


OPTIONAL = ("id", "metadata", "value", "identity_id", "session_id", "session_issued_at", "sessionExpiresAt")


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_unset(either: Server, key: str, name: str) -> None:
    send(either, key, event(**{name: None}))
    (found,) = events(either, SATORI, key)
    assert (found["outcome"], found["identity"], found["session"], found["id"]) == ("accepted", None, None, None)


@pytest.mark.parametrize("name", ["name", "timestamp"])
def test_a_required_field_that_is_null_is_missing(server: Server, key: str, name: str) -> None:
    assert refused(server, key, **{name: None}) == f"events[0].{name}: is required"
    assert message(post(server, "invalid", event(**{name: None})), 401, 16)


def test_events_that_are_null_are_none(server: Server, observed: Server, key: str) -> None:
    for content in (b'{"events": null}', b"{}"):
        assert message(server.post(SATORI, key, content=content), 400, 3) == "events: is required"
        assert observed.post(SATORI, key, content=content).status_code == 200
    assert events(observed, SATORI, key) == []


@pytest.mark.parametrize("content", [b'{"events": [null]}', b"null", b"[]", b'{"events": {}}'], ids=bytes.decode)
def test_null_is_no_event_and_no_batch(either: Server, key: str, content: bytes) -> None:
    said = message(either.post(SATORI, key, content=content), 400, 3)
    assert said.startswith("proto: syntax error (line 1:")
    assert said[-1] in "l[{"


def test_a_name_given_twice_is_a_duplicate_field(either: Server, key: str) -> None:
    said = message(either.post(SATORI, key, content=b'{"events": [],\n"events": []}'), 400, 3)
    assert said == 'proto: (line 2:1): duplicate field "events"'


def test_unknown_fields_are_dropped(either: Server, key: str) -> None:
    send(either, key, event(colour={"a": [1]}))
    assert (marks(either.last(SATORI, key)["warnings"]), outcomes(either, SATORI, key)) == ([], [ACCEPTED])


def test_session_expired_at_is_a_slip_and_dropped(either: Server, key: str) -> None:
    send(either, key, event(session_expired_at=True))
    (warning,) = either.last(SATORI, key)["warnings"]
    assert warning["rule"] == "spelling"


@pytest.mark.parametrize("value", [1752577200, "1752577200", -5, "-9223372036854775808", 9223372036854775807])
def test_int64_is_a_number_or_a_numeric_string(either: Server, key: str, value: Any) -> None:
    send(either, key, event(session_issued_at=value))


@pytest.mark.parametrize("value", ["soon", 1.5, True, 9223372036854775808, "9223372036854775808", [], "0x10"])
def test_int64_is_nothing_else(either: Server, key: str, value: Any) -> None:
    assert "invalid value for int64 field sessionIssuedAt:" in refused(either, key, session_issued_at=value)


def test_strings_are_strict_and_fail_the_whole_batch_with_the_place(either: Server, key: str) -> None:
    content = '{"events": [{"name": "a", "timestamp": "2026-01-01T12:00:00Z"},\n {"name": "b", "value": 3}]}'
    response = either.post(SATORI, key, content=content.encode())
    assert message(response, 400, 3) == "proto: (line 2:25): invalid value for string field value: 3"
    assert {outcome for outcome, _ in outcomes(either, SATORI, key)} == {"rejected"}


def test_metadata_values_are_strings(either: Server, key: str) -> None:
    assert refused(either, key, metadata={"amount": 20}).endswith("invalid value for string field value: 20")


@pytest.mark.parametrize(
    "timestamp", ["2026-01-01T12:00:00Z", "2026-01-01T12:00:00+02:00", "2026-01-01T12:00:00.123456789Z"]
)
def test_a_timestamp_is_rfc_3339(either: Server, key: str, timestamp: str) -> None:
    send(either, key, event(timestamp=timestamp))
    assert events(either, SATORI, key)[0]["timestamp"] == timestamp


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-01-01t12:00:00Z",
        "2026-01-01T12:00:00z",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00.1234567890Z",
        "2026-02-30T12:00:00Z",
        "",
    ],
)
def test_a_timestamp_is_nothing_else(either: Server, key: str, timestamp: Any) -> None:
    assert "invalid google.protobuf.Timestamp value" in refused(either, key, timestamp=timestamp)


def test_a_timestamp_that_is_no_text_is_an_unexpected_token(either: Server, key: str) -> None:
    assert refused(either, key, timestamp=1767268800).endswith("unexpected token 1767268800")


@pytest.mark.parametrize("name", ["id", "identity_id", "sessionId"])
def test_an_empty_text_for_an_id_counts_as_unset(either: Server, key: str, name: str) -> None:
    send(either, key, event(**{name: ""}), event(**{name: ""}))
    assert outcomes(either, SATORI, key) == [ACCEPTED, ACCEPTED]
    assert events(either, SATORI, key)[0]["identity"] is None


# Batches


def test_by_the_pages_an_incomplete_event_fails_the_batch(server: Server, key: str) -> None:
    assert message(post(server, key, event(), {"name": "a"}), 400, 3) == "events[1].timestamp: is required"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": ""}, "INVALID_NAME"),
        ({"name": None}, "INVALID_NAME"),
        ({"timestamp": None}, "INVALID_VALUE"),
    ],
)
def test_each_event_is_judged_by_itself_when_observed(observed: Server, key: str, fields: Any, reason: str) -> None:
    send(observed, key, event(), event(**fields), event())
    assert outcomes(observed, SATORI, key) == [ACCEPTED, ("dropped", reason), ACCEPTED]
    assert observed.last(SATORI, key)["verdict"] == "invalid"  # the verdict is by the pages


def test_an_event_without_anything_is_dropped_when_observed(observed: Server, key: str) -> None:
    send(observed, key, {})
    assert outcomes(observed, SATORI, key) == [("dropped", "INVALID_NAME")]


# Ids


def test_an_id_deduplicates_across_batches_and_accounts_are_apart(either: Server, key: str) -> None:
    send(either, key, event(id="one"), event(id="two"), event(id="one"))
    send(either, key, event(id="two"), event(id="three"), event())
    send(either, f"{key}-other", event(id="one"))
    found = [outcome for outcome, _ in outcomes(either, SATORI, key)]
    assert found == ["accepted", "accepted", "duplicate", "duplicate", "accepted", "accepted"]
    assert outcomes(either, SATORI, f"{key}-other") == [ACCEPTED]
    assert [one["attempt"] for one in events(either, SATORI, key) if one["id"] == "two"] == [1, 2]


def test_a_dropped_event_does_not_use_up_its_id(observed: Server, key: str) -> None:
    send(observed, key, event(id="one", name=""))
    send(observed, key, event(id="one"))
    assert [outcome for outcome, _ in outcomes(observed, SATORI, key)] == ["dropped", "accepted"]


def test_a_lost_acknowledgement_and_its_retransmission_are_one_event(either: Server, key: str) -> None:
    fault = {"operation": SATORI.id, "status": 503, "stage": "after", "times": 1}
    assert call(either, "POST", "/faults", key, fault).status_code == 201
    assert [post(either, key, event(id="one")).status_code for _ in range(2)] == [503, 200]
    assert [outcome for outcome, _ in outcomes(either, SATORI, key)] == ["accepted", "duplicate"]
