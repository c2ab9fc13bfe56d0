"""Facts about Satori: protobuf's JSON, the gateway's errors, batches event by event, ids, sessions, the taxonomy."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.fact_finding import HOUR, NOON, call, events, outcomes, set_clock
from tests.support.harness import PATIENCE, SATORI, Server, basic, marks, run, serving

pytestmark = pytest.mark.socket

WHEN = "2026-01-01T12:00:00Z"
ACCEPTED = ("accepted", None)


def event(**fields: Any) -> dict[str, Any]:
    return {"name": "levelCompleted", "timestamp": WHEN, **fields}


def post(server: Server, key: str, *sent: dict[str, Any]) -> httpx2.Response:
    return server.post(SATORI, key, json={"events": list(sent)})


def send(server: Server, key: str, *sent: dict[str, Any]) -> None:
    """Send a batch that must be answered as success."""
    response = post(server, key, *sent)
    assert (response.status_code, response.text) == (200, "{}")


def message(response: httpx2.Response, status: int, code: int) -> str:
    """The message of an error, which has no more than its code besides."""
    body = response.json()
    assert (response.status_code, body) == (status, {"code": code, "message": body["message"]})
    return str(body["message"])


def refused(server: Server, key: str, **fields: Any) -> str:
    """What a batch is refused with."""
    return message(post(server, key, event(**fields)), 400, 3)


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
    assert said == 'proto: syntax error (line 2:10): duplicate field "events"'


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
        1767268800,
    ],
)
def test_a_timestamp_is_nothing_else(either: Server, key: str, timestamp: Any) -> None:
    assert "invalid google.protobuf.Timestamp value" in refused(either, key, timestamp=timestamp)


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


# Identities and sessions


def at(seconds: float, **fields: Any) -> dict[str, Any]:
    """An event of the identity `i`, so many seconds after noon."""
    hours, rest = divmod(int(seconds), HOUR)
    minutes, rest = divmod(rest, 60)
    return event(timestamp=f"2026-01-01T{12 + hours:02}:{minutes:02}:{rest:02}Z", identity_id="i", **fields)


def sessions(server: Server, key: str) -> list[str | None]:
    return [one["session"] for one in events(server, SATORI, key)]


def test_an_event_without_a_session_is_of_the_latest_one_within_the_grace_period(either: Server, key: str) -> None:
    set_clock(either, SATORI, key)
    expires = str(NOON + 60)
    send(either, key, at(0), at(0, session_id="s", session_issued_at=str(NOON), session_expires_at=expires))
    send(either, key, at(60 + HOUR), at(61 + HOUR), {**at(30), "identity_id": "somebody else"})
    assert sessions(either, key) == [None, "s", "s", None, None]


def test_the_latest_session_is_the_one_issued_last(either: Server, key: str) -> None:
    send(either, key, at(0, sessionId="new", sessionIssuedAt=NOON, sessionExpiresAt=NOON + HOUR))
    send(either, key, at(1, sessionId="old", sessionIssuedAt=NOON - HOUR, sessionExpiresAt=NOON + HOUR), at(2))
    assert sessions(either, key) == ["new", "old", "new"]


def test_without_an_expiry_a_session_lasts_until_its_last_event(either: Server, key: str) -> None:
    send(either, key, at(0, session_id="s"), at(HOUR, session_id="s"), at(2 * HOUR), at(2 * HOUR + 1))
    assert sessions(either, key) == ["s", "s", "s", None]


def test_the_grace_period_is_a_setting(key: str) -> None:
    with serving("--satori-sessionless-grace-sec", "5") as server:
        send(server, key, at(0, session_id="s"), at(5), at(6))
        assert sessions(server, key) == ["s", "s", None]


def test_an_event_without_an_identity_is_a_non_player_event(either: Server, key: str) -> None:
    send(either, key, event(), event(session_id="s"), at(0))
    view = call(either, "GET", "/satori/identities", key).json()
    assert view["non_player_events"] == 2
    assert [(one["id"], one["events"]) for one in view["identities"]] == [("i", 1)]


def test_an_identity_shows_its_events_and_sessions(either: Server, key: str) -> None:
    dates = {"session_issued_at": str(NOON), "sessionExpiresAt": NOON + HOUR}
    send(either, key, at(0, id="a", session_id="s", **dates), at(1, id="b"), at(1, id="b"), event(id="c"))
    send(either, key, at(2, id="d", sessionId="t"))
    view = call(either, "GET", "/satori/identities/i", key).json()
    assert view["identity"] == "i"
    assert [(one["id"], one["session"]) for one in view["events"]] == [("a", "s"), ("b", "s"), ("d", "t")]
    assert view["sessions"] == [
        {"id": "s", "issued_at": str(NOON), "expires_at": str(NOON + HOUR), "events": 2},
        {"id": "t", "issued_at": None, "expires_at": None, "events": 1},
    ]


@pytest.mark.parametrize(
    "identity", ["a/b", "ü ?#&", "..", "%2F", "x" * 2000], ids=["slash", "odd", "dots", "hex", "long"]
)
def test_any_identity_has_a_view(server: Server, key: str, identity: str) -> None:
    send(server, key, event(identity_id=identity))
    path = "/satori/identities/" + "".join(f"%{byte:02X}" for byte in identity.encode())
    assert call(server, "GET", path, key).json()["identity"] == identity


def test_one_id_in_two_accounts_is_two_identities(server: Server, key: str) -> None:
    for name in (key, f"{key}-other"):
        send(server, name, event(identity_id=key[::-1]))
    listed = call(server, "GET", "/satori/identities", None).json()["identities"]
    assert [one["events"] for one in listed if one["id"] == key[::-1]] == [1, 1]


def test_an_unknown_identity_is_404(server: Server, key: str) -> None:
    assert call(server, "GET", "/satori/identities/nobody", key).status_code == 404


def test_many_sessions_of_one_identity_are_shown_at_once(server: Server, key: str) -> None:
    send(server, key, *(at(0, session_id=f"s{number}") for number in range(20_000)))
    response = call(server, "GET", "/satori/identities/i", key)
    assert len(response.json()["sessions"]) == 20_000
    assert response.elapsed.total_seconds() < PATIENCE / 2


# The taxonomy

TAXONOMY = {
    "events": {
        "purchase": {"metadata": ["plan", "note"], "value": "integer"},
        "login": None,
        "silent": {"value": "none"},
        "rate": {"value": "number"},
    },
    "max_value_length": 8,
    "max_metadata_bytes": 20,
    "uuid_ids": True,
}
JUDGED = [
    (event(name="login"), None),
    (event(name="purchase", value="5", metadata={"plan": "pro"}), None),
    (event(name="purchase"), None),
    (event(name="rate", value="-1.5e3"), None),
    (event(name="login", id="8b4f3c1e-2a53-4c0e-9d3e-5a7a1d7e9b10"), None),
    (event(name="logout"), "INVALID_NAME"),
    (event(name="LOGIN"), "INVALID_NAME"),
    (event(name="purchase", value="five"), "INVALID_VALUE"),
    (event(name="silent", value="x"), "INVALID_VALUE"),
    (event(name="rate", value="1,5"), "INVALID_VALUE"),
    (event(name="purchase", metadata={"colour": "red"}), "INVALID_METADATA"),
    (event(name="login", value="x" * 9), "VALUE_LENGTH_EXCEEDED"),
    (event(name="purchase", metadata={"note": "ü" * 9}), "METADATA_SIZE_EXCEEDED"),
    (event(name="login", id="one"), "INVALID_ID"),
]


def judged() -> Iterator[tuple[str, str | None]]:
    return (("accepted" if reason is None else "dropped", reason) for _, reason in JUDGED)


def test_a_taxonomy_throws_away_with_the_debuggers_reasons(either: Server, key: str) -> None:
    response = call(either, "PUT", "/satori/taxonomy", key, TAXONOMY)
    assert (response.status_code, response.json()) == (200, TAXONOMY)
    send(either, key, *(sent for sent, _ in JUDGED))
    assert outcomes(either, SATORI, key) == list(judged())
    send(either, f"{key}-other", event(name="logout"))
    assert outcomes(either, SATORI, f"{key}-other") == [ACCEPTED]


def test_a_taxonomy_of_names(either: Server, key: str) -> None:
    call(either, "PUT", "/satori/taxonomy", key, {"events": ["login"]})
    send(either, key, event(name="login", value="anything"), event(name="logout"))
    call(either, "PUT", "/satori/taxonomy", key, {})
    send(either, key, event(name="logout"))
    assert [outcome for outcome, _ in outcomes(either, SATORI, key)] == ["accepted", "dropped", "accepted"]


def test_a_settings_file_gives_every_project_a_taxonomy(tmp_path: Path, key: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps({"satori_taxonomy": TAXONOMY}), "utf-8")
    with serving("--config", str(file)) as server:
        send(server, key, *(sent for sent, _ in JUDGED))
        assert outcomes(server, SATORI, key) == list(judged())


BAD_TAXONOMIES = [
    pytest.param({"event": []}, "event", id="an unknown member"),
    pytest.param({"events": "login"}, "events", id="names as text"),
    pytest.param({"events": [1]}, "events", id="a name that is a number"),
    pytest.param({"events": {"a": False}}, "events.a", id="a rule that is none"),
    pytest.param({"events": {"a": {"colour": 1}}}, "events.a", id="an unknown rule"),
    pytest.param({"events": {"a": {"metadata": "plan"}}}, "events.a.metadata", id="keys as text"),
    pytest.param({"events": {"a": {"value": "float"}}}, "events.a.value", id="an unknown kind"),
    pytest.param({"events": {"a": {"value": []}}}, "events.a.value", id="a kind that is a list"),
    pytest.param({"max_value_length": -1}, "max_value_length", id="a negative length"),
    pytest.param({"max_metadata_bytes": True}, "max_metadata_bytes", id="a boolean size"),
    pytest.param({"uuid_ids": "yes"}, "uuid_ids", id="text for a truth"),
]


@pytest.mark.parametrize(("taxonomy", "place"), BAD_TAXONOMIES)
def test_a_bad_taxonomy_is_refused_by_the_control_call(server: Server, key: str, taxonomy: Any, place: str) -> None:
    response = call(server, "PUT", "/satori/taxonomy", key, taxonomy)
    assert response.status_code == 400
    assert re.match(rf"{re.escape(place)}\b", response.json()["detail"])


@pytest.mark.parametrize(("taxonomy", "place"), BAD_TAXONOMIES[::5])
def test_a_bad_taxonomy_stops_the_server_with_exit_code_2(tmp_path: Path, taxonomy: Any, place: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps({"satori_taxonomy": taxonomy}), "utf-8")
    done = run("serve", "--port", "0", "--config", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mockserver: {file}: satori_taxonomy: {place}:")


@pytest.mark.parametrize(
    ("method", "path", "account", "query"),
    [
        ("PUT", "/satori/taxonomy", None, {}),
        ("PUT", "/satori/taxonomy", "k", {"vendor": "datadog"}),
        ("PUT", "/satori/taxonomy", "k", {"acount": "k"}),
        ("GET", "/satori/identities", "k", {"vendor": "supalytics"}),
        ("GET", "/satori/identities", "k", {"vendor": "nobody"}),
        ("GET", "/satori/identities/i", "k", {"name": "x"}),
    ],
)
def test_a_wrong_control_call_is_a_problem(
    server: Server, method: str, path: str, account: str | None, query: dict[str, str]
) -> None:
    response = call(server, method, path, account, {} if method == "PUT" else None, **query)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


def test_a_taxonomy_that_is_too_long_to_show_is_cut(server: Server, key: str) -> None:
    response = call(server, "PUT", "/satori/taxonomy", key, {"events": "x" * 100_000})
    assert response.status_code == 400
    assert len(response.content) < 1000
