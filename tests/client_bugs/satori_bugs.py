"""Wrong clients of Satori, each under the assertions that a user writes by habit."""

from __future__ import annotations

import base64

import pytest
import requests

from mockserver.testing import Datadog, Satori
from tests.client_bugs.catching import caught
from tests.client_bugs.sending import PRODLYTICS, SERVER_EVENT, ago, batch, level_up, paid, post, post_raw


def basic(credential: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credential.encode()).decode()}


# Where it is sent


@caught(assertion="received 0", contract="the nearest is POST /v1/server-event")
def test_plural_path(satori: Satori) -> None:
    post(satori.url + "/v1/server-events", batch(), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="the nearest is POST /v1/server-event")
def test_path_without_its_version(satori: Satori) -> None:
    post(satori.url + "/server-event", batch(), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/v1/server-event takes POST")
def test_put_for_post(satori: Satori) -> None:
    requests.put(satori.url + SERVER_EVENT, json=batch(), headers=satori.headers, timeout=10)
    satori.assert_received("levelUp")


# As whom it is sent


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_key_as_the_password(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(), basic(f":{satori.api_key}"))
    satori.assert_received("levelUp")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_as_the_password_of_a_user(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(), basic(f"api:{satori.api_key}"))
    satori.assert_received("levelUp")


@caught(assertion="rejected: 401", contract="header Authorization does not hold Basic credentials")
def test_key_without_its_colon(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(), basic(satori.api_key))
    satori.assert_received("levelUp")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_key_as_bearer(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(), {"Authorization": f"Bearer {satori.api_key}"})
    satori.assert_received("levelUp")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_scheme_in_lower_case(satori: Satori) -> None:
    headers = {"Authorization": satori.headers["Authorization"].replace("Basic", "basic")}
    post(satori.url + SERVER_EVENT, batch(), headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_key_without_base64(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(), {"Authorization": f"Basic {satori.api_key}:"})
    satori.assert_received("levelUp")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_encoded_twice(satori: Satori) -> None:
    once = base64.b64encode(f"{satori.api_key}:".encode()).decode()
    post(satori.url + SERVER_EVENT, batch(), basic(once))
    satori.assert_received("levelUp")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_line_break_in_the_key(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(), basic(f"{satori.api_key}\n:"))
    satori.assert_received("levelUp")


@caught(unclaimed="nobody claims the credential")
def test_key_of_another_vendor(satori: Satori, datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    post(satori.url + SERVER_EVENT, batch(), basic(f"{datadog.api_key}:"))
    datadog.assert_received("paid")


# What it says


@caught(assertion="received 0", contract="/events is missing")
def test_event_of_another_vendor(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, paid(), satori.headers)
    satori.assert_received("paid")


@caught(assertion="received 0", contract="/events is missing")
def test_no_list(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, level_up(), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events must be of type array")
def test_one_event_for_the_list(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, {"events": level_up()}, satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events is missing")
def test_no_body(satori: Satori) -> None:
    post_raw(satori.url + SERVER_EVENT, b"", satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0/timestamp must be of type string")
def test_time_in_seconds(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(timestamp=int(ago(minutes=1).timestamp()))), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0/timestamp must be a valid date-time")
def test_time_without_a_zone(satori: Satori) -> None:
    timestamp = ago(minutes=1).replace(tzinfo=None).isoformat()
    post(satori.url + SERVER_EVENT, batch(level_up(timestamp=timestamp)), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0/timestamp must be a valid date-time")
def test_time_with_a_space(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(timestamp=str(ago(minutes=1)))), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0/timestamp is missing")
def test_no_time(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch({"name": "levelUp"}), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/1/name is missing")
def test_no_name_in_the_second_event(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(), {"timestamp": "2025-07-15T12:00:00Z"}), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0/value must be of type null or string")
def test_number_as_value(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(value=3)), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0/metadata/level must be of type string")
def test_number_in_the_metadata(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(metadata={"level": 3})), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 0", contract="/events/0 one field is given under both of its names")
def test_both_spellings_of_a_field(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(identity_id="i1", identityId="i1")), satori.headers)
    satori.assert_received("levelUp")


@caught(contract="/events/0/identityID unknown field 'identityID'; did you mean 'identity_id'?")
@pytest.mark.mockserver(strict=True)
def test_misspelt_field(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(identityID="i1")), satori.headers)
    satori.assert_received("levelUp")


# Which events, and how often


@caught(assertion="received 0")
def test_only_the_first_of_a_batch(satori: Satori) -> None:
    events = [level_up(), level_up(name="gameOver")]
    post(satori.url + SERVER_EVENT, batch(events[0]), satori.headers)
    satori.assert_received("gameOver")


@caught(assertion="received 20")
def test_all_but_the_last_of_a_batch(satori: Satori) -> None:
    events = [level_up(value=str(number)) for number in range(25)]
    for first in range(0, len(events) - 10, 10):
        post(satori.url + SERVER_EVENT, batch(*events[first : first + 10]), satori.headers)
    satori.assert_received("levelUp", times=25)


@caught(assertion="received 21")
def test_batches_that_overlap(satori: Satori) -> None:
    events = [level_up(value=str(number)) for number in range(20)]
    for first in (0, 10):
        post(satori.url + SERVER_EVENT, batch(*events[first : first + 11]), satori.headers)
    satori.assert_received("levelUp", times=20)


@caught(assertion="expected 2 events in this order; number 2 did not come after number 1")
def test_batch_in_another_order(satori: Satori) -> None:
    events = [level_up(), level_up(name="gameOver")]
    post(satori.url + SERVER_EVENT, batch(*sorted(events, key=lambda event: str(event["name"]))), satori.headers)
    satori.assert_sequence("levelUp", "gameOver")


@caught(assertion="received 0")
def test_one_object_shared_by_all_events(satori: Satori) -> None:
    event, events = level_up(), []
    for name in ("levelUp", "gameOver"):
        event["name"] = name
        events.append(event)
    post(satori.url + SERVER_EVENT, batch(*events), satori.headers)
    satori.assert_received("levelUp")


@caught(assertion="received 1")
def test_constant_id(satori: Satori) -> None:
    for number in range(3):
        post(satori.url + SERVER_EVENT, batch(level_up(id="event-1", value=str(number))), satori.headers)
    satori.assert_received("levelUp", times=3)
