"""Facts about Datadog's events v2: ids and uids, the wording of a 400, what the published OpenAPI adds, alerts."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest

from tests.support.fact_finding import HOUR, NOON, call, events, set_clock
from tests.support.harness import V1, V2, Server, marks

AT = "$.data.attributes"


def sent(**fields: Any) -> dict[str, Any]:
    body = V2.body
    body["data"]["attributes"].update(fields)
    return body


def alert(**fields: Any) -> dict[str, Any]:
    """An alert with category-specific attributes."""
    return sent(attributes={"status": "error", **fields})


def change(**fields: Any) -> dict[str, Any]:
    specific = {"changed_resource": {"name": "flag", "type": "feature_flag"}, **fields}
    return sent(category="change", attributes=specific)


def evt(server: Server, key: str, body: Any = None) -> Any:
    """The id and uid that an accepted event was given."""
    response = server.post(V2, key, json=body)
    assert response.status_code == 202, response.text
    return response.json()["data"]["attributes"]["attributes"]["evt"]


def detail(server: Server, key: str, body: Any) -> str:
    """What a 400 says of the only thing that is wrong."""
    response = server.post(V2, key, json=body)
    assert response.status_code == 400, response.text
    (error,) = response.json()["errors"]
    return str(error["detail"])


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")


def test_the_202_body(either: Server, key: str) -> None:
    body = either.post(V2, key).json()
    given = body["data"]["attributes"]["attributes"]["evt"]
    assert body == {
        "data": {"attributes": {"attributes": {"evt": given}}, "id": "_", "type": "event"},
        "links": {"self": f"https://app.datadoghq.com/event/event?uid={given['uid']}"},
    }
    assert given.keys() == {"id", "uid"}


def test_the_uid_is_18_bytes_of_time_zeros_and_chance(either: Server, key: str) -> None:
    set_clock(either, V2, key, NOON + 0.5)
    raw, again = (base64.urlsafe_b64decode(evt(either, key)["uid"]) for _ in range(2))
    assert len(raw) == 18
    assert int.from_bytes(raw[:6], "big") == NOON * 1000 + 500
    assert raw[6:8] == raw[16:] == b"\0\0"
    assert raw[8:16] != again[8:16]


def test_the_id_is_that_of_v1_for_the_same_millisecond(either: Server, key: str) -> None:
    for _ in range(20):  # the clock runs
        given = evt(either, key)
        milliseconds = int.from_bytes(base64.urlsafe_b64decode(given["uid"])[:6], "big")
        assert (int(given["id"]) >> 24) + 1264262866000 == milliseconds


def test_ids_of_v1_and_v2_grow_together_under_a_frozen_clock(either: Server, key: str) -> None:
    set_clock(either, V2, key)
    ids = []
    for _ in range(10):
        ids += [either.post(V1, key).json()["event"]["id"], int(evt(either, key)["id"])]
    assert ids == sorted(set(ids))


def test_a_400_lists_the_values_in_alphabetical_order_with_a_full_stop(observed: Server, key: str) -> None:
    response = observed.post(V2, key, json=sent(category="x"))
    message = f'JSON validation failed at {AT}.category: value must be one of: ["alert", "change"].'
    assert response.status_code == 400
    assert response.json() == {"errors": [{"status": "400", "title": "Bad Request", "detail": message}]}


def test_by_the_pages_a_400_has_its_source(server: Server, key: str) -> None:
    (error,) = server.post(V2, key, json=sent(category="x")).json()["errors"]
    assert error["source"] == {"pointer": "/data/attributes/category"}


STRICTER = {
    "attributes": (sent(colour="red"), f"{AT}.colour"),
    "alert attributes": (alert(colour="red"), f"{AT}.attributes.colour"),
    "change attributes": (change(colour="red"), f"{AT}.attributes.colour"),
    "author": (change(author={"name": "a", "type": "user", "colour": "red"}), f"{AT}.attributes.author.colour"),
    "changed resource": (
        change(changed_resource={"name": "a", "type": "feature_flag", "colour": "red"}),
        f"{AT}.attributes.changed_resource.colour",
    ),
    "impacted resource": (
        change(impacted_resources=[{"name": "a", "type": "service", "colour": "red"}]),
        f"{AT}.attributes.impacted_resources[0].colour",
    ),
    "link": (
        alert(links=[{"category": "runbook", "url": "https://example.com", "colour": "red"}]),
        f"{AT}.attributes.links[0].colour",
    ),
    "empty title": (sent(title=""), f"{AT}.title"),
    "empty message": (sent(message=""), f"{AT}.message"),
    "empty aggregation key": (sent(aggregation_key=""), f"{AT}.aggregation_key"),
    "empty host": (sent(host=""), f"{AT}.host"),
    "empty url": (alert(links=[{"category": "runbook", "url": ""}]), f"{AT}.attributes.links[0].url"),
    "no tag": (sent(tags=[]), f"{AT}.tags"),
    "empty tag": (sent(tags=[""]), f"{AT}.tags[0]"),
    "long tag": (sent(tags=["a", "x" * 201]), f"{AT}.tags[1]"),
    "no link": (alert(links=[]), f"{AT}.attributes.links"),
}


@pytest.mark.parametrize("case", STRICTER)
def test_stricter_than_the_tables_when_observed(observed: Server, key: str, case: str) -> None:
    body, path = STRICTER[case]
    said = detail(observed, key, body)
    assert said.startswith(f"JSON validation failed at {path}: value ")
    assert said.endswith(".")


@pytest.mark.parametrize("case", STRICTER)
def test_the_stricter_rules_are_evidence_for_warnings_by_the_pages(server: Server, key: str, case: str) -> None:
    body, path = STRICTER[case]
    evt(server, key, body)
    exchange = server.last(V2, key)
    assert exchange["verdict"] == "valid"
    pointers = [warning["pointer"] for warning in exchange["warnings"]]
    assert "$" + pointers[0].replace("/0", "[0]").replace("/1", "[1]").replace("/", ".") == path


@pytest.mark.parametrize("tags", [["x"], ["x" * 200], ["a", "b"]], ids=len)
def test_a_tag_has_1_to_200_characters(observed: Server, key: str, tags: list[str]) -> None:
    evt(observed, key, sent(tags=tags))


def test_an_alerts_priority_is_a_string(either: Server, key: str) -> None:
    evt(either, key, alert(priority="2"))
    assert either.post(V2, key, json=alert(priority=2)).status_code == 400
    assert marks(either.last(V2, key)["violations"]) == [("/data/attributes/attributes/priority", "enum")]


def test_an_alerts_priority_is_5_by_default(either: Server, key: str) -> None:
    evt(either, key)
    evt(either, key, alert(priority="1"))
    alerts = call(either, "GET", "/datadog/alerts", key).json()["alerts"]
    assert [alert["priority"] for alert in alerts] == ["5", "1"]


def test_category_and_attributes_must_agree(either: Server, key: str) -> None:
    evt(either, key, change())
    assert either.post(V2, key, json=sent(category="change")).status_code == 400
    wrong = change()
    wrong["data"]["attributes"]["category"] = "alert"
    assert either.post(V2, key, json=wrong).status_code == 400


def test_alerts_with_one_aggregation_key_are_one_alert(either: Server, key: str) -> None:
    bodies = [
        sent(aggregation_key="disk", title="Disk is filling", attributes={"status": "warn", "priority": "3"}),
        sent(title="Alone"),
        sent(aggregation_key="disk", title="Disk is full", attributes={"status": "error", "priority": "1"}),
        sent(title="Alone"),
        sent(aggregation_key="disk", title="Disk is fine", attributes={"status": "ok"}),
    ]
    ids = [evt(either, key, body)["uid"] for body in bodies]
    evt(either, key, change())
    either.post(V1, key, json={**V1.body, "aggregation_key": "disk"})
    disk = {"aggregation_key": "disk", "title": "Disk is fine", "status": "ok", "priority": "5"}
    alone = {"aggregation_key": None, "title": "Alone", "status": "error", "priority": "5"}
    assert call(either, "GET", "/datadog/alerts", key).json()["alerts"] == [
        {**disk, "events": [ids[0], ids[2], ids[4]]},
        {**alone, "events": [ids[1]]},
        {**alone, "events": [ids[3]]},
    ]


def test_alerts_of_two_accounts_with_one_aggregation_key_are_two(server: Server, key: str) -> None:
    for name in (key, f"{key}-other"):
        evt(server, name, sent(aggregation_key=key[::-1]))
    alerts = call(server, "GET", "/datadog/alerts", None).json()["alerts"]
    assert len([alert for alert in alerts if alert["aggregation_key"] == key[::-1]]) == 2


def test_refused_alerts_are_in_no_alert(either: Server, key: str) -> None:
    detail(either, key, sent(category="x"))
    either.post(V2, key, headers={"Prefer": "code=429"})
    assert call(either, "GET", "/datadog/alerts", key).json() == {"alerts": []}
    assert [event["outcome"] for event in events(either, V2, key)] == ["rejected", "rejected"]


def test_18_hours_back_by_the_accounts_clock(either: Server, key: str) -> None:
    set_clock(either, V2, key)
    evt(either, key, sent(timestamp=iso(NOON - 18 * HOUR)))
    assert f"{AT}.timestamp:" in detail(either, key, sent(timestamp=iso(NOON - 18 * HOUR - 1)))
    set_clock(either, V2, key, NOON - HOUR)
    evt(either, key, sent(timestamp=iso(NOON - 18 * HOUR - 1)))


NOW = "2026-01-01T12:00:00"


@pytest.mark.parametrize(
    "timestamp",
    [
        NOW,
        f"{NOW}+0000",
        f"{NOW}+00",
        "2026-01-01T12:00Z",
        "20260101T120000Z",
        f"{NOW},5Z",
        f"{NOW}.5",
        "2026-W01-4T12",
    ],
)
def test_the_timestamp_is_any_iso_8601(either: Server, key: str, timestamp: str) -> None:
    set_clock(either, V2, key)
    evt(either, key, sent(timestamp=timestamp))
    exchange = either.last(V2, key)
    assert (exchange["violations"], exchange["warnings"]) == ([], [])


@pytest.mark.parametrize("timestamp", ["2026-01-01t12:00:00Z", "2026-01-01T12:00:00z"])
def test_what_is_rfc_3339_only_is_a_warning(either: Server, key: str, timestamp: str) -> None:
    set_clock(either, V2, key)
    evt(either, key, sent(timestamp=timestamp))
    (warning,) = either.last(V2, key)["warnings"]
    assert "lower case" in warning["message"]


@pytest.mark.parametrize(
    "timestamp", ["2026-02-30T12:00:00", "20261301T00Z", "9999-12-31T23:59:59-25:00", "0000-01-01T00"]
)
def test_an_impossible_date_is_a_400(either: Server, key: str, timestamp: str) -> None:
    assert either.post(V2, key, json=sent(timestamp=timestamp)).status_code == 400
    assert marks(either.last(V2, key)["violations"]) == [("/data/attributes/timestamp", "format")]


@pytest.mark.parametrize("form", ["{}", "{}+0000", "{}+00", "{}Z", "{},5Z", "{}z"])
def test_the_window_holds_in_every_form(either: Server, key: str, form: str) -> None:
    set_clock(either, V2, key)
    evt(either, key, sent(timestamp=form.format("2025-12-31T18:00:01")))
    assert either.post(V2, key, json=sent(timestamp=form.format("2025-12-31T17:59:58"))).status_code == 400
    assert marks(either.last(V2, key)["violations"]) == [("/data/attributes/timestamp", "time-window")]


def test_the_members_of_an_error_are_in_the_recorded_order(observed: Server, key: str) -> None:
    (error,) = observed.post(V2, key, json=sent(category="x")).json()["errors"]
    assert list(error) == ["status", "title", "detail"]
