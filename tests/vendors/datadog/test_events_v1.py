"""Facts about Datadog's events v1: the answer as recorded, the leniency of the live service, the two windows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fact_finding import HOUR, NOON, events, set_clock
from tests.support.harness import V1, Server

FORBIDDEN = {
    "status": "error",
    "code": 403,
    "errors": ["Forbidden"],
    "statuspage": "http://status.datadoghq.com",
    "twitter": "http://twitter.com/datadogops",
    "email": "support@datadoghq.com",
}
NULLABLE = ("aggregation_key", "alert_type", "date_happened", "device_name", "host", "priority", "related_event_id")


def sent(**fields: Any) -> dict[str, Any]:
    return {**V1.body, **fields}


def accepted(server: Server, key: str, **fields: Any) -> Any:
    """The event of the answer."""
    response = server.post(V1, key, json=sent(**fields))
    assert response.status_code == 202, response.text
    return response.json()["event"]


def test_the_key_may_be_in_the_query(either: Server, key: str) -> None:
    response = either.client.post(V1.path, json=V1.body, params={"api_key": key})
    assert (response.status_code, either.last(V1, key)["status"]) == (202, 202)


def test_the_202_body_is_compact_with_its_keys_in_order_and_nulls(observed: Server, key: str) -> None:
    set_clock(observed, V1, key)
    text = observed.post(V1, key, json={"text": "b", "title": "a"}).text
    identifier = json.loads(text)["event"]["id"]
    assert text == (
        f'{{"status":"ok","event":{{"id":{identifier},"id_str":"{identifier}","title":"a","text":"b",'
        f'"date_happened":{NOON},"handle":null,"priority":null,"related_event_id":null,"tags":null,'
        f'"url":"https://app.datadoghq.com/event/event?id={identifier}"}}}}'
    )


def test_by_the_pages_nulls_are_left_out(server: Server, key: str) -> None:
    assert list(accepted(server, key)) == ["id", "id_str", "title", "text", "date_happened", "url"]


def test_priority_and_tags_are_as_sent(either: Server, key: str) -> None:
    event = accepted(either, key, priority="low", tags=["b", "a", "b"])
    assert (event["priority"], event["tags"]) == ("low", ["b", "a", "b"])


def test_live_replies_have_none_of_the_other_fields(observed: Server, key: str) -> None:
    given = {"alert_type": "error", "device_name": "d", "host": "h", "source_type_name": "s", "aggregation_key": "k"}
    assert not given.keys() & accepted(observed, key, **given).keys()
    assert "payload" not in accepted(observed, key)


def test_the_id_is_exact_and_tells_the_millisecond(either: Server, key: str) -> None:
    set_clock(either, V1, key, NOON + 0.25)
    event = accepted(either, key)
    assert (event["id"] >> 24) + 1264262866000 == NOON * 1000 + 250
    assert event["id_str"] == str(event["id"])


def test_ids_grow_though_the_clock_stands_still(either: Server, key: str) -> None:
    set_clock(either, V1, key)
    ids = [accepted(either, key)["id"] for _ in range(50)]
    set_clock(either, V1, key, NOON - HOUR)
    ids += [accepted(either, key)["id"] for _ in range(5)]
    set_clock(either, V1, key, NOON + HOUR)
    ids.append(accepted(either, key)["id"])
    assert ids == sorted(set(ids))


def test_a_400_is_plain_text_that_holds_json(observed: Server, key: str) -> None:
    set_clock(observed, V1, key)
    response = observed.post(V1, key, json=sent(date_happened=NOON - 19 * HOUR))
    assert (response.status_code, response.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert response.json() == {"errors": ["Event too far in the past"]}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({}, "'title' is a required field for events", id="neither"),
        pytest.param({"title": "a"}, "'text' is a required field for events", id="no text"),
        pytest.param({"text": "a", "related_event_id": []}, "'title' is a required field for events", id="no title"),
    ],
)
def test_a_400_names_only_the_first_required_field(observed: Server, key: str, body: Any, error: str) -> None:
    response = observed.post(V1, key, json=body)
    assert (response.status_code, response.json()) == (400, {"errors": [error]})


@pytest.mark.parametrize("body", [{}, {"title": "a", "text": "b"}])
def test_the_recorded_headers_come_with_success_and_failure(observed: Server, key: str, body: Any) -> None:
    headers = observed.post(V1, key, json=body).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=15724800;"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["content-security-policy"].startswith("frame-ancestors 'self'; report-uri ")


def test_by_the_pages_a_400_is_json_and_names_everything(server: Server, key: str) -> None:
    response = server.post(V1, key, json={})
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert response.json() == {
        "errors": ["'text' is a required field for events", "'title' is a required field for events"]
    }


@pytest.mark.parametrize("name", [*NULLABLE, "source_type_name", "tags"])
def test_null_is_accepted_for_every_optional_field_with_a_warning(either: Server, key: str, name: str) -> None:
    accepted(either, key, **{name: None})
    exchange = either.last(V1, key)
    (warning,) = exchange["warnings"]
    assert (exchange["verdict"], warning["pointer"], warning["fix"]) == ("valid", f"/{name}", "leave it out")


def test_what_a_legacy_client_sends_is_accepted(either: Server, key: str) -> None:
    """The Ruby client sends every field that it knows, most of them null."""
    unset = dict.fromkeys(("date_happened", "aggregation_key", "source_type_name", "related_event_id", "host"))
    accepted(either, key, **unset, priority="normal", alert_type="info", tags=None)
    assert len(either.last(V1, key)["warnings"]) == 6


@pytest.mark.parametrize("value", [None, 5])
def test_a_value_of_another_type_than_those_listed_is_one_finding(server: Server, key: str, value: Any) -> None:
    server.post(V1, key, json=sent(alert_type=value))
    exchange = server.last(V1, key)
    assert len(exchange["violations"] + exchange["warnings"]) == 1


@pytest.mark.parametrize("name", ["title", "text"])
def test_null_is_refused_for_a_required_field(observed: Server, key: str, name: str) -> None:
    assert observed.post(V1, key, json=sent(**{name: None})).status_code == 400


def test_unknown_fields_are_accepted(either: Server, key: str) -> None:
    accepted(either, key, colour={"of": ["the", "event"]})
    assert either.last(V1, key)["verdict"] == "valid"


def test_a_fraction_of_date_happened_is_cut_off(observed: Server, key: str) -> None:
    set_clock(observed, V1, key)
    event = accepted(observed, key, date_happened=NOON - 0.25)
    assert (event["date_happened"], type(event["date_happened"])) == (NOON - 1, int)


def test_titles_over_100_characters_are_accepted(either: Server, key: str) -> None:
    assert accepted(either, key, title="x" * 101)["title"] == "x" * 101


@pytest.mark.parametrize("fields", [{"alert_type": "fatal"}, {"alert_type": 5}, {"priority": "urgent"}], ids=str)
def test_a_wrong_alert_type_or_priority_is_answered_202(observed: Server, key: str, fields: Any) -> None:
    assert accepted(observed, key, **fields)["priority"] == fields.get("priority")
    assert observed.last(V1, key)["verdict"] == "invalid"


@pytest.mark.parametrize("tags", ["a:b", {"a": "b"}, 5, True, [5, None], 10**30], ids=str)
def test_tags_that_are_no_list_are_answered_202(observed: Server, key: str, tags: Any) -> None:
    assert accepted(observed, key, tags=tags)["tags"] == tags
    assert events(observed, V1, key)[0]["attributes"]["tags"] == tags


def test_success_headers(observed: Server, key: str) -> None:
    headers = observed.post(V1, key).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=15724800;"
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_no_rate_limit_headers_on_success(either: Server, key: str) -> None:
    assert not [name for name in either.post(V1, key).headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        (-18 * HOUR, None),
        (-18 * HOUR - 1, "Event too far in the past"),
        (2 * HOUR, None),
        (2 * HOUR + 1, "Event too far in the future"),
    ],
)
def test_18_hours_back_and_2_hours_ahead_by_the_accounts_clock(
    either: Server, key: str, seconds: int, error: str | None
) -> None:
    set_clock(either, V1, key)
    response = either.post(V1, key, json=sent(date_happened=NOON + seconds))
    assert response.status_code == (202 if error is None else 400)
    if error is not None:
        assert response.json() == {"errors": [error]}
    else:
        assert response.json()["event"]["date_happened"] == NOON + seconds


def test_the_windows_follow_the_clock(either: Server, key: str) -> None:
    set_clock(either, V1, key)
    accepted(either, key, date_happened=NOON)
    set_clock(either, V1, key, NOON + 19 * HOUR)
    assert either.post(V1, key, json=sent(date_happened=NOON)).status_code == 400
    accepted(either, key, date_happened=NOON + 21 * HOUR)
